#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The daemon and the commands that talk to it, on an engine that runs nothing.

load common
load daemon

@test "a job is submitted, runs and ends" {
	start_daemon
	run -0 parc submit --json --devices 1 --name first -- true
	[[ $output == '{"job": 1}' ]]
	parc logs -f 1
	[[ $(field state 1) == ended ]]
	[[ $(field result 1) == ok ]]
	[[ $(field exit_code 1) == 0 ]]
	[[ $(field attempts 1) == 1 ]]
	run -0 parc show 1
	[[ $output == *"name         first"* ]]
}

@test "run ends with the job's exit code" {
	start_daemon
	run -0 parc run -- true
	run -7 parc run --env PARC_DRY_EXIT=7 -- false
	[[ $output == *"job 2: failed"* ]]
}

@test "the queue shows who runs and who waits, and why" {
	start_daemon
	parc submit "${stay[@]}" --devices 4 --name one -- true
	parc submit "${stay[@]}" --devices 4 --name two -- true
	parc submit "${stay[@]}" --devices 4 --name three -- true
	run -0 parc queue
	[[ ${#lines[@]} -eq 4 ]]
	[[ ${lines[1]} == *" one "*"running"* ]]
	[[ ${lines[3]} == *" three "*"pending"*"devices"* ]]
	run -0 parc why 3
	[[ $output == *"too few free devices"* ]]
	run -0 parc fleet
	[[ $output == *"gpu0"*"A100   0   0   0   0"* ]]
	parc cancel 1
	parc logs -f 1
	[[ $(field result 1) == cancelled ]]
	[[ $(field state 3) != pending ]]
}

@test "a held job waits until it is released" {
	start_daemon
	parc submit --hold --devices 1 -- true
	[[ $(field reason 1) == held ]]
	parc release 1
	parc logs -f 1
	[[ $(field result 1) == ok ]]
	run -1 parc hold 1
	[[ $output == "parc: job 1 has ended: ok" ]]
}

@test "an array is as many jobs; those behind it wait for what they name" {
	start_daemon
	run -0 parc submit --json --array 3:1 "${stay[@]}" --devices 1 -- true
	[[ $output == '{"job": 1, "count": 3}' ]]
	[[ $(field state 1) == running ]]
	[[ $(field reason 2) == array ]]
	parc submit --after 1:ok --devices 1 -- true
	[[ $(field reason 4) == dependency ]]
}

@test "what a job waits for may have ended before" {
	start_daemon
	parc run -- true
	run -1 parc run --env PARC_DRY_EXIT=1 -- false
	run -0 parc run --after 1:ok --after 2:failed -- true
	run -1 parc submit --after 2:ok -- true
	[[ $output == *"job 2 has ended failed"* ]]
	run -1 parc submit --after 77 -- true
	[[ $output == *"there is no job 77"* ]]
}

@test "the number of an array is waited for as a whole" {
	start_daemon
	parc submit --array 3 --env PARC_DRY_S=0 --hold -- true
	parc submit --after afterany:1 -- true
	parc submit --after afterok:1,afterany:2 -- true
	parc submit --after 1:failed -- true
	parc release 1 3
	until_is ok field result 1
	until_is ok field result 3
	[[ $(field reason 4) == dependency && $(field reason 5) == dependency ]]
	parc cancel 2
	until_is ok field result 4
	until_is cancelled field result 5
	until_is ok field result 6
	run -1 parc submit --after 1:ok -- true
	[[ $output == *"a job of array 1 has not ended well"* ]]
	parc run --after 1:failed -- true
	parc submit --array 2 --env PARC_DRY_S=0 -- true
	until_is ok field result 8
	until_is ok field result 9
	run -1 parc submit --after afternotok:8 -- true
	[[ $output == *"array 8 has ended ok"* ]]
	run -2 parc submit --after singleton -- true
	run -2 parc submit --after afterok: -- true
	run -2 parc submit --after afterok:1: -- true
}

@test "why says what stands behind the reason, in numbers" {
	start_daemon
	parc tenant set lab --limit 2 --jobs-max 3
	parc tenant set vision --parent lab
	parc submit "${stay[@]}" --devices 2 --tenant vision -- true
	parc submit "${stay[@]}" --devices 1 --tenant lab -- true
	run -0 parc why 2
	[[ $output == *"tenant lab holds 2 devices; its limit is 2 devices"*"tenant lab runs 1 jobs; its limit is 3"* ]]
	[[ $output == *"When: not before its tenant holds less"* ]]
	parc submit "${stay[@]}" --devices 4 --tasks 2 -- true
	run -0 parc why 3
	[[ $output == *"it asks for 8 devices in 2 tasks; 6 are free"*"1 job submitted before it waits, too"* ]]
	parc submit --cpu 99 -- true
	run -0 parc why 4
	[[ $output == *"it asks for 99 cores in 1 task; 32 are free, at most 16 on one node"*"When: never"* ]]
	parc submit "${stay[@]}" --array 3%1 -- true
	run -0 parc why 7
	[[ $output == *"at most 1 jobs of array 5 run at a time"* ]]
	parc submit --after 5:ok --after 3 -- true
	run -0 parc why 8
	[[ $output == *"array 5 (ok), of which 3 of 3"*"job 3 (any), which is pending"* ]]
	[[ $(parc why 8 --json | jq -c '[(.details | length), .start_by_us]') == "[2,null]" ]]
	parc submit --devices 4 --tasks 3 -- true
	run -0 parc why 9
	[[ $output == *"all its tasks at once are more than the nodes in service could hold"* ]]
	[[ $output == *"When: never, as the fleet is now"* ]]
}

@test "a node that is drained starts nothing more" {
	start_daemon
	parc drain gpu0
	parc drain gpu1
	parc submit --devices 1 -- true
	[[ $(field reason 1) == node-down ]]
	parc resume gpu1
	parc logs -f 1
	[[ $(field result 1) == ok ]]
	run -1 parc drain gpu9
	[[ $output == *"no node 'gpu9'"* ]]
}

@test "a time limit ends a job" {
	start_daemon
	parc submit "${stay[@]}" --time 0.05s --devices 1 -- true
	parc logs -f 1
	[[ $(field result 1) == timeout ]]
}

@test "usage and report are there, and the waterfall's integers add up" {
	start_daemon
	parc run --env PARC_DRY_S=0.1 --devices 4 -- true
	run -0 parc usage
	[[ $output == *"default"* ]]
	run -0 parc report
	[[ $output == *"capacity"*"100.00%"* ]]
	run -0 parc report --json
	total=$(sed -n 's/^  "capacity_milli_us": "\([0-9]*\)".*/\1/p' <<<"$output")
	sum=$(sed -n 's/^      "milli_us": "\([0-9]*\)".*/\1/p' <<<"$output" | paste -sd+ | bc 2>/dev/null ||
		sed -n 's/^      "milli_us": "\([0-9]*\)".*/\1/p' <<<"$output" |
		awk '{ s += $1 } END { printf "%d", s }')
	[[ $total == "$sum" ]]
}

@test "report and usage of a period" {
	start_daemon
	parc run --devices 4 --env PARC_DRY_S=0.1 -- true
	run -0 parc report --last 1h
	[[ $output == *"capacity"*"100.00%"*"WHO HELD THEM"*"default"* ]]
	run -0 parc report --last 1h --json
	[[ $(jq '.capacity_milli_us == ([.steps[].milli_us | tonumber] | add | tostring)' <<<"$output") == true ]]
	[[ $(jq '.from_us <= .to_us' <<<"$output") == true ]]
	run -0 parc usage --from 2020-01-01 --json
	[[ $(jq -r '.tenants[0].held_milli_us | tonumber > 0' <<<"$output") == true ]]
	for words in "--last 3x" "--last 0d" "--from yesterday" "--to 2020-13-01" "--last 1d --from 2020-01-01" \
		"--from 2020-01-02 --to 2020-01-01" "--last 1d 7"; do
		# shellcheck disable=SC2086  # words are a command line
		run -2 parc report $words
		[[ $output == *"'parc help report'"* ]]
	done
	run -0 call GET "/v1/report?from=x"
	[[ $output == *"from has to be a whole number"*400 ]]
}

@test "the same key makes one job, and another request with it is refused" {
	start_daemon
	run -0 parc submit --json --key abc --devices 1 -- true
	[[ $output == '{"job": 1}' ]]
	run -0 parc submit --json --key abc --devices 1 -- true
	[[ $output == '{"job": 1}' ]]
	run -1 parc submit --key abc --devices 2 -- true
	[[ $output == *"idempotency key"* ]]
	run -0 parc submit --json --key abd --devices 1 -- true
	[[ $output == '{"job": 2}' ]]
}

@test "after a clean stop all is there again" {
	start_daemon
	parc submit "${stay[@]}" --devices 1 --requeue --name kept -- true
	parc run -- true
	stop_daemon
	[[ -e $data/snapshot-$(ls "$data" | sed -n 's/^snapshot-\([0-9]*\).parc/\1/p').parc ]]
	start_daemon
	[[ $(field name 1) == kept ]]
	[[ $(field result 2) == ok ]]
	run -0 parc submit --json --devices 1 -- true
	[[ $output == '{"job": 3}' ]]
}

@test "after kill -9 all that was answered is there, and what ran is said to be lost" {
	start_daemon
	parc submit "${stay[@]}" --devices 1 -- true
	parc submit "${stay[@]}" --devices 1 --requeue -- true
	parc submit --hold --devices 1 -- true
	stop_daemon KILL
	start_daemon
	parc logs -f 1
	[[ $(field result 1) == lost ]]
	[[ $(field reason 3) == held ]]
	run -0 parc audit "$data"
	[[ $output == *"all as recorded"* ]]
}

@test "an audit finds a changed action" {
	command -v sqlite3 >/dev/null || skip "there is no sqlite3"
	start_daemon
	parc run --devices 1 -- true
	stop_daemon
	sqlite3 "$data/parc.db" "UPDATE journal SET actions = (SELECT actions FROM journal WHERE number = 1) WHERE number > 4"
	run -1 parc audit "$data"
	[[ $output == *"decided again"* ]]
}

@test "two daemons on one folder: the second is refused" {
	start_daemon
	run -1 parc serve --data "$data" --socket "$PARC_SOCKET.2" --dry --fleet "$BATS_TEST_TMPDIR/fleet.yaml"
	[[ $output == *"in use by the daemon with process id $daemon"* ]]
}

@test "two daemons on one socket: the second is refused" {
	start_daemon
	run -1 parc serve --data "$data.2" --socket "$PARC_SOCKET" --dry --fleet "$BATS_TEST_TMPDIR/fleet.yaml"
	[[ $output == *"another daemon listens on"* ]]
}

@test "SIGHUP reads the configuration again, and one that is wrong changes nothing" {
	cat >"$BATS_TEST_TMPDIR/c.yaml" <<-'END'
		serve:
		  policy: {order: fifo}
		  tenants: [{name: vision, weight: 2, users: [alice]}]
	END
	start_daemon --config "$BATS_TEST_TMPDIR/c.yaml"
	run -0 parc tenant
	[[ $output == *vision* ]]
	sed -i 's/vision/speech/' "$BATS_TEST_TMPDIR/c.yaml"
	run -0 call POST /v1/reload
	run -0 parc tenant
	[[ $output == *speech* && $output != *vision* ]]
	echo "serve: {polcy: {}}" >"$BATS_TEST_TMPDIR/c.yaml"
	run -0 call POST /v1/reload
	[[ $output == *"c.yaml:1:9"*400 ]]
	run -0 parc tenant
	[[ $output == *speech* ]]
}

@test "without a daemon each command says what to do" {
	for words in "submit -- true" queue "show 1" "cancel 1" fleet usage report "why 1"; do
		# shellcheck disable=SC2086  # words are a command line
		run -1 parc $words
		[[ $output == "parc: no daemon answers at $PARC_SOCKET "*"parc serve"* ]]
	done
}

@test "wrong command lines are usage errors" {
	for words in "submit" "submit --cpu x -- true" "submit --memory 1Q -- true" "submit --time 1w -- true" \
		"submit --after x -- true" "submit --array 0 -- true" "show" "show x" "show 1 2" "cancel" \
		"cancel x" "why" "logs" "drain" "serve" "serve --data x --listen 0x1" "serve --data x --listen h:70000" "audit" "token revoke" \
		"token frob" "queue 1" "run --array 2 -- true" "serve --data x --fleet y" "serve --data x --log z" "serve --data x --jobs-max 5x"; do
		# shellcheck disable=SC2086  # words are a command line
		run -2 parc $words
		[[ $output == *"'parc help "* ]]
	done
}

@test "what others chose to name a job cannot move the cursor" {
	start_daemon
	parc submit --hold --name $'a\e[2Jb\nc' -- true
	run -0 parc queue
	[[ ${#lines[@]} -eq 2 && ${lines[1]} == *"a?[2Jb?c"* ]]
	parc submit --hold --name $'训练 é \xc2\x9b31m\xe2\x80\xae' -- true
	run -0 parc queue
	[[ ${lines[2]} == *"训练 é ?31m?  "* ]]
	run -0 parc show 2
	[[ $output == *"训练 é ?31m?"* ]]
}
