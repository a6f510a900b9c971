#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Services in the daemon: replicas are jobs, started and stopped for the load.

load common
load daemon

first=2000000000000001 # the id of the first replica

serve_web() { # serve_web [OPTION]...
	parc submit --service 1:5 --capacity 10 --devices 1 "${stay[@]}" --name web "$@" -- true
}

replicas() {
	parc service --json | jq -c '.services[0] | [.replicas, (.wanted_milli / 1000 | ceil)]'
}

@test "a service has its replicas, and more when its load grows" {
	start_daemon
	serve_web
	[[ $(replicas) == "[1,0]" ]]
	[[ $(field name $first) == web/1 && $(field state $first) == running ]]
	run -0 parc queue
	[[ $output == *"web "*"service"*"web/1"*running* ]]
	parc service load 1 25
	[[ $(replicas) == "[5,5]" ]]
	[[ $(field state $((first + 4))) != pending ]]
	run -0 parc service
	[[ ${lines[1]} == *"1  web "*" 5 "*" 1 to 5 "*" 10" ]]
	run -0 parc why 1
	[[ $output == *"its replicas wait and run for it"* ]]
	[[ $(parc show --json $((first + 2)) | jq -c '[.service, .replica]') == "[1,3]" ]]
}

@test "a replica that ends is replaced, a service that is cancelled ends with all of them" {
	start_daemon
	serve_web --grace 1s
	parc cancel $first
	until_is ended field state $first
	until_is "[1,0]" replicas
	parc cancel 1
	until_is ended field state 1
	[[ $(parc queue --json | jq '.jobs | length') == 0 ]]
	run -0 parc submit --json -- true
	[[ $output == '{"job": 2}' ]]
	stop_daemon
	run -0 parc audit "$data"
}

@test "replicas outlive the daemon, and jobs have numbers below theirs" {
	start_daemon
	serve_web
	stop_daemon
	start_daemon
	[[ $(replicas) == "[1,0]" ]]
	run -0 parc submit --json -- true
	[[ $output == '{"job": 2}' ]]
}

@test "what a service cannot be is said" {
	start_daemon
	run -1 parc submit --service 2:1 --capacity 1 -- true
	[[ $output == *"replicas_min is above replicas_max"* ]]
	run -1 parc submit --service 1:2 -- true
	[[ $output == *"replicas_max and capacity_milli"* ]]
	run -1 parc submit --service 1:2 --capacity 1 --time 1h -- true
	[[ $output == *"no time_limit_s"* ]]
	run -1 parc submit --service 1:2 --capacity 1 --target 1.1 -- true
	[[ $output == *"target_milli has to be a whole number from 0 to 1000"* ]]
	run -2 parc submit --service many --capacity 1 -- true
	parc submit -- true
	run -1 parc service load 1 3
	serve_web
	run -1 parc hold $first
	[[ $output == *"is a replica; hold or release its service"* ]]
	run -2 parc service load 2 much
	run -2 parc service grow
}

@test "each replica knows its number (on the real engine)" {
	start_engine
	parc submit --service 2 --capacity 1 --cpu 0.1 --name web -- \
		sh -c 'echo "$PARC_REPLICA of $PARC_SERVICE"; exec sleep 1000'
	until_is "1 of 1" parc logs $first
	until_is "2 of 1" parc logs $((first + 1))
	parc cancel 1
	until_is ended field state 1
}
