#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# When jobs without a reservation start, by looking ahead.
load common
load daemon

# Two nodes of four devices, nothing reserved.
start_unreserved() {
	echo "serve: {policy: {backfill: none}}" >"$BATS_TEST_TMPDIR/config.yaml"
	start_daemon --config "$BATS_TEST_TMPDIR/config.yaml"
}

job() { parc submit "${stay[@]}" --devices 4 "$@" -- true; }

# Hundreds of seconds from now until the estimated start of a job, rounded.
starts_in() { parc why --json "$1" | jq '(.estimate.start_us / 1000000 - now) / 100 | round'; }

@test "a start is estimated from the lengths of what runs and of what comes before" {
	start_unreserved
	job --expected 1000s
	job --time 2000s
	job --expected 500s
	job --tasks 2 --expected 300s
	job
	until_is running field state 2
	[[ $(starts_in 3) == 10 ]]
	[[ $(starts_in 4) == 20 ]]
	[[ $(starts_in 5) == 23 ]]
	run -0 parc why 3
	[[ $output == *"When: probably in 16 min"*"an estimate, in which jobs run as long"* ]]
	run -0 parc queue --start
	[[ ${lines[0]} == *START && ${lines[1]} != *"~"* && ${lines[3]} == *"~ 16 min"* ]]
	[[ $(parc queue --start --json | jq -c '[.estimate.state, .jobs[0].start_estimate_us]') == '["ready",null]' ]]
	[[ $(parc queue --json | jq '.jobs[2] | has("start_estimate_us")') == false ]]
}

@test "without known lengths there is no estimate, and it says why" {
	start_unreserved
	job
	job --expected 1000s
	job
	job --tasks 2
	until_is running field state 2
	run -0 parc why 4
	[[ $output == *"Estimate: there is none: 1 of the 2 jobs that run, and 1 of those that would start before it, have no known length"* ]]
	[[ $(starts_in 3) == 10 ]]
	run -0 parc why 3
	[[ $output == *"1 of the 2 that run have no known length and are taken to run on"* ]]
}

@test "what is reserved has its bound, what is held no estimate" {
	start_daemon
	job --expected 1000s
	job --expected 1000s
	job --expected 1000s
	job --hold
	until_is running field state 2
	[[ $(parc why --json 3 | jq -c '[.estimate, (.start_by_us > 0)]') == '[null,true]' ]]
	[[ $(parc why --json 4 | jq -c '[.estimate, .start_by_us]') == '[null,null]' ]]
	run -0 parc queue --start
	[[ ${lines[3]} == *"by 16 min"* && ${lines[4]} == *"?" ]]
}
