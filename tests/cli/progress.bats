#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Jobs that say how far they have come.

load common
load daemon

# said JOB: its progress and its last checkpoint, as `parc show` has them, without the time.
said() {
	parc show "$1" | sed -n 's/^\(progress\|checkpoint\)  *\(.*\), .* ago$/\1 \2/p'
}

@test "a job says how far it has come, and show shows it" {
	start_daemon
	parc submit "${stay[@]}" --devices 1 -- true
	[[ -z $(said 1) ]]
	parc progress --job 1 12/50
	[[ $(said 1) == "progress 12 of 50 (24 %)" ]]
	parc checkpoint --job 1
	[[ $(said 1) == $'progress 12 of 50 (24 %)\ncheckpoint 12 of 50 (24 %)' ]]
	parc progress --job 1 70%
	parc checkpoint --job 1 20/50
	[[ $(said 1) == $'progress 20 of 50 (40 %)\ncheckpoint 20 of 50 (40 %)' ]]
	parc progress --job 1 90.25
	[[ $(said 1) == "progress 90.25 s of work on the reference chip"* ]]
	run -0 parc progress --json --job 1 1/4
	[[ $output == '{"job": 1}' ]]
	parc show 1 --json | jq -e '.progress.done == 1 and .progress.total == 4 and .checkpoint.done == 20'
	run -0 parc audit "$data"
}

@test "without a report there is none, and what cannot be is refused" {
	start_daemon
	parc submit "${stay[@]}" --devices 1 -- true
	parc submit --hold --devices 1 -- true
	[[ $(parc show 1 --json | jq -c '[.progress, .checkpoint]') == "[null,null]" ]]
	for words in "progress" "progress 1/0" "progress 3/2" "progress -- -1" "progress 1e3" "progress 101%" \
		"progress 1 2" "progress --job x 1" "progress 1/2" "checkpoint"; do
		# shellcheck disable=SC2086  # words are a command line
		run -2 env -u PARC_JOB "$PARC" $words
	done
	[[ $output == *"this is no job of parc; name one with --job"* ]]
	run -1 parc progress --job 2 1/2
	[[ $output == *"job 2 does not run now"* ]]
	run -1 parc checkpoint --job 7
	[[ $output == *"there is no job 7"* ]]
	run -1 env PARC_JOB=1 PARC_ATTEMPT=2 "$PARC" progress 1/2
	[[ $output == *"attempt 2 of job 1 is over"* ]]
	PARC_JOB=1 PARC_ATTEMPT=1 parc progress 1/2
	while IFS='|' read -r body words; do
		run -0 call POST /v1/jobs/1/progress -d "$body"
		[[ $output == *"$words"*400 ]] || { echo "$body: $output" && false; }
	done <<-'END'
		|done is missing
		[]|a report is a JSON object
		{"done": -1}|done has to be a number
		{"done": "1"}|done has to be a number
		{"done": 1e10}|done has to be a number
		{"done": 3, "total": 2}|done has to be at most total
		{"done": 0, "total": 0}|total has to be above 0
		{"total": 2}|done is missing
		{"done": 1, "of": 2}|there is no field 'of'
		{"done": 1, "attempt": 0}|attempt has to be
	END
	[[ $(said 1) == "progress 1 of 2 (50 %)" ]]
}

@test "a job reports for itself only" {
	port=$((20000 + RANDOM % 20000))
	start_daemon --listen $port
	parc submit "${stay[@]}" --devices 1 -- true
	secret=$(parc token add --user nobody --role operator)
	export PARC_TOKEN=$secret
	run -1 parc progress --socket "http://127.0.0.1:$port" --job 1 1/2
	[[ $output == *"a job reports for itself only"* ]]
	PARC_TOKEN=$(parc token add --user nobody)
	run -1 parc checkpoint --socket "http://127.0.0.1:$port" --job 1
	[[ $output == *"there is no job 1"* ]]
	[[ -z $(said 1) ]]
}

@test "the file for reports is written where it is one, and no other file" {
	cd "$BATS_TEST_TMPDIR"
	mkfifo report other
	exec 5<>report 6<>other 7>plain
	PARC_REPORT_FD=5 PARC_JOB=1 parc progress 3/4
	PARC_REPORT_FD=5 PARC_JOB=1 parc checkpoint
	read -r -t 5 first <&5
	read -r -t 5 second <&5
	[[ $first == "progress 3/4" && $second == "checkpoint" ]]
	for file in 6 7 8; do
		PARC_REPORT_FD=$file PARC_JOB=1 run -1 parc progress 3/4
		[[ $output == *"no daemon answers"* ]]
	done
	[[ ! -s plain ]]
	run ! read -r -t 0 first <&6
}

@test "a job that gave way goes on from its checkpoint, knows why it stopped, and who it is" {
	echo "serve: {policy: {preempt: true, run_min_s: 0, grace_s: 60}}" >"$BATS_TEST_TMPDIR/c.yaml"
	start_engine --config "$BATS_TEST_TMPDIR/c.yaml"
	cores=$(nproc)
	# shellcheck disable=SC2016  # the job's shell expands it
	parc submit --cpu "$cores" --preemptible --requeue --expected 1000s --env "PARC=$PARC" -- sh -c '
		trap "cat <&$PARC_NOTICE_FD; $PARC checkpoint 7/10; exit 1" TERM
		echo "attempt $PARC_ATTEMPT from $PARC_DONE of $PARC_TOTAL, $PARC_WORK_US us"
		[ "$PARC_ATTEMPT" = 1 ] || exit 0
		"$PARC" progress 5/10
		while :; do sleep 0.05; done'
	until [[ $(said 1) == "progress 5 of 10 (50 %)" ]]; do sleep 0.02; done
	parc run --cpu "$cores" --tier 5 --expected 1s -- true
	parc logs -f 1
	run -0 bash -c '"$PARC" logs --attempt 1 1; "$PARC" logs 1'
	[[ $output == "attempt 1 from 0 of 0, 0 us"*"
stop preempted grace_us=60000000
attempt 2 from 7 of 10, 700000000 us" ]]
	[[ $(field result 1) == ok ]]
	run -0 parc show 1
	[[ $output == *"attempt 1: preempted"*"attempt 2: ok"* ]]
	run -0 parc audit "$data"
}

@test "why a job ended is said: the limit of its memory; and nothing in it moves the cursor" {
	start_engine
	run parc run --memory 40M -- sh -c 'head -c 200000000 /dev/zero | tail -c 150000000 >/dev/null'
	[[ $status -ne 0 ]]
	! grep -q "memory is limited for each process alone" "$log" || skip "no control group limits memory here"
	run -0 parc show 1
	[[ $output == *"a process of it was killed at its memory limit of 40 MiB"* ]]
	run -127 parc run -- $'no\e[2Jsuch'
	[[ $output == *'its command cannot be run: no?[2Jsuch: No such file'* ]]
}
