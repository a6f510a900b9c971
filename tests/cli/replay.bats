#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# parc sim with a job log: the report, its JSON, compared policies, the world's options, the record
# and its audit, wrong calls.

load common

setup() {
	fleet=$BATS_TEST_TMPDIR/fleet.yaml
	log=$BATS_TEST_TMPDIR/log.csv
	cat >"$fleet" <<-END
		fleet:
		  chips:
		    - {name: A, rule: whole, memory_gib: 16}
		  nodes:
		    - {name: n, count: 4, cores: 8, memory_gib: 64, pools: [{chip: A, devices: 4}]}
	END
	# Gangs and small jobs of two tenants in turn, more than the fleet can take at once.
	{
		echo "submit_s,length_s,devices,tasks,tenant,kind,limit_s"
		for ((i = 0; i < 60; i++)); do
			echo "$((i * 40)),$((100 + i % 7 * 200)),$((i % 4 + 1)),$((i % 5 == 0 ? 3 : 1)),t$((i % 2)),k$((i % 7)),$((3000 + i % 3))"
		done
	} >"$log"
}

replay() {
	parc sim --fleet "$fleet" --trace "$log" --format csv "$@"
}

# value KEY: of the JSON in $output, a whole number or a string.
value() {
	sed -n "s/^ *\"$1\": \"\{0,1\}\([^\",]*\)\"\{0,1\},\{0,1\}\$/\1/p" <<<"$output" | head -n 1
}

@test "the report is a table of at most 80 columns with units" {
	run -0 replay
	[[ ${lines[0]} == "Jobs:  60 of log.csv over 0.0 days, offered load "* ]]
	[[ ${lines[1]} == "Fleet: 16 devices in 4 nodes of fleet.yaml" ]]
	[[ $output == *"wait until the first start, minutes"* ]]
	[[ $output == *"where the device-hours went, % of the capacity"* ]]
	[[ $output == *"known of lengths"*"limit"* ]]
	[[ $output == *"tenant"*"device-hours"* ]]
	run ! grep -E '.{81}' <<<"$output"
}

@test "seven policies fit beside each other, long names as letters with a legend" {
	run -0 replay --compare \
		strict,easy,conservative,tiers,shortest:true,largest+greedy@fgd:none,attained:learnt
	[[ $output == *"  F  largest+greedy@fgd:none"* ]]
	run ! grep -E '.{81}' <<<"$output"
}

@test "speeds are learnt with trials however many jobs wait" {
	sed -i 's/memory_gib: 16}/memory_gib: 16, speed: {train: 1000}}/' "$fleet"
	{
		echo "submit_s,length_s,devices,tenant,kind"
		for ((i = 0; i < 3000; i++)); do
			echo "0,$((100 + i % 7)),4,t,k$((i % 7))"
		done
	} >"$log"
	run -0 replay --json --trials 2
	[[ $(value finished) == 3000 ]]
}

@test "the JSON has the promised keys, and its waterfall adds up to the capacity" {
	run -0 replay --json --policy strict
	for key in jobs started finished failed wait_s completion_s slowdown mean p50 p90 p99 max \
		makespan_s use_pct waterfall capacity steps decisions elapsed_ms digest tenants; do
		grep -q "\"$key\":" <<<"$output"
	done
	[[ $(value jobs) == 60 && $(value finished) == 60 && $(value policy) == strict ]]
	capacity=$(value capacity)
	sum=0
	for part in $(sed -n '/"waterfall"/,/^ }/s/.*: "\([0-9]*\)".*/\1/p' <<<"$output"); do
		sum=$((sum + part))
	done
	[[ $sum == "$capacity" && $capacity -gt 0 ]]
}

@test "compared policies come as a list" {
	run -0 replay --json --compare strict,shortest:learnt
	[[ $(grep -c '"policy":' <<<"$output") == 2 ]]
	[[ $output == *'"compare": ['* ]]
	[[ $output == *'"lengths": "learnt"'* ]]
}

@test "a rerun has the same digest, another seed of faults another" {
	run -0 replay --digest --mtbf 2 --seed 3
	first=$output
	run -0 replay --digest --mtbf 2 --seed 3 --check 1
	[[ $output == "$first" ]]
	run -0 replay --digest --mtbf 2 --seed 4
	[[ $output != "$first" ]]
}

@test "failures cost hours, and checkpoints give some of them back" {
	run -0 replay --json --mtbf device=10,node=5 --mttr 0.5 --fence 30
	[[ $(value finished) == 60 ]]
	(($(value requeues) > 0 && $(value node) > 0 && $(value device) > 0))
	run -0 replay --json --mtbf node=1 --requeue 0
	(($(value lost) > 0))
	[[ $(($(value lost) + $(value finished))) == 60 ]]
	run -0 replay --mtbf node=5 --checkpoint 60 --verify
	[[ $output == *"failures of nodes"* ]]
}

@test "starting and stopping take time, and limits can be lifted" {
	run -0 replay --json --start-time 20 --stop-time 10
	(($(value starting) > 0))
	sed -i 's/,300[0-2]$/,250/' "$log"
	run -0 replay --json --stop-time 10
	(($(value timed_out) > 0 && $(value stopping) > 0))
	run -0 replay --json --limits no
	[[ $(value timed_out) == 0 && $(value finished) == 60 ]]
}

@test "a load compresses the arrivals" {
	run -0 replay --load 0.5
	[[ ${lines[0]} == *"offered load 0.50" ]]
	run -0 replay --load 150%
	[[ ${lines[0]} == *"offered load 1.50" ]]
}

@test "the page of charts is written beside the table" {
	page=$BATS_TEST_TMPDIR/report.html
	run -0 replay --compare strict,easy --html "$page"
	[[ $output == *"where the device-hours went"* ]]
	grep -q "<html" "$page"
	run ! grep -qE '(src|href)="(http|//)' "$page"
	run -1 --separate-stderr replay --html /nowhere/report.html
	[[ $stderr == *"/nowhere/report.html"* ]]
}

@test "a record is decided again and compared" {
	record=$BATS_TEST_TMPDIR/record
	run -0 replay --digest --compare strict,shortest:true --mtbf 5 --record "$record"
	run -0 parc sim --audit "$record"
	[[ $output == *"of 2 cores decided again, all as recorded"* ]]
}

@test "malformed rows are named, and passed over when asked" {
	echo "x,1,1,1,t0,k0," >>"$log"
	run -1 --separate-stderr replay
	[[ -z $output && $stderr == *"log.csv:62:1:"* ]]
	run -0 --separate-stderr replay --lenient
	[[ $stderr == *"1 malformed row was passed over"* ]]
	echo "0,1,1,1,t0,k0,1,Z" >>"$log"
	sed -i -e '/^x/d' -e '1s/$/,chips/' -e '2,61s/$/,A/' "$log"
	run -0 --separate-stderr replay
	[[ $stderr == *"1 job asks for a chip that the fleet does not have (Z)"* ]]
	[[ $output == *"never started"* ]]
}

@test "who never starts has a reason, in the table and in the JSON" {
	printf 'submit_s,length_s,devices,chips\n0,10,20,\n0,10,1,Z\n0,10,1,\n' >"$BATS_TEST_TMPDIR/jobs.csv"
	never=(parc sim --fleet "$fleet" --trace "$BATS_TEST_TMPDIR/jobs.csv" --format csv)
	run -0 --separate-stderr "${never[@]}"
	[[ $output == *"never started"*" 2"*"no-chip"*" 1"*"too-large"*" 1"* ]]
	[[ $output == *"too-large: no node of this fleet could hold one of its tasks, even empty;"* ]]
	[[ $output == *"what would help: ask for less a task"* ]]
	run -0 --separate-stderr "${never[@]}" --json
	[[ $(jq -c .left_reasons <<<"$output") == '{"no-chip":1,"too-large":1}' ]]
}

@test "wrong calls say what would be right and do nothing" {
	while IFS='|' read -r options message; do
		# shellcheck disable=SC2086
		run -2 --separate-stderr replay $options
		[[ -z $output ]]
		[[ $stderr == *"$message"* ]] || { echo "$options: $stderr"; return 1; }
	done <<-END
		--format x|no format "x", expected one of openb, philly, itp, swf, sacct
		--policy best|there is no order 'best'; there are fifo, shortest, largest, attained
		--policy fifo+x|there is no backfill 'x'; there are greedy, none, easy
		--policy fifo+deal:preempt|preempt works with every backfill but deal
		--policy fifo@x|there is no placement 'x'
		--policy fifo:x|there is no option 'x'; there are none, true, limit, declared, learnt, tiers, preempt
		--policy fifo --compare fifo|give one
		--compare fifo,|there is no order ''
		--compare a,b,c,d,e,f,g,h|there is no order 'a'
		--compare fifo,fifo,fifo,fifo,fifo,fifo,fifo,fifo|at most 7
		--lengths tail|must be true, limit, declared, learnt or none
		--load 0|must be a multiple of the fleet
		--load 1.1x|must be a multiple of the fleet
		--tiers big|must be job or size
		--limits maybe|must be yes or no
		--mtbf disk=3|must be hours, or device=HOURS
		--mtbf 0|must be hours
		--mttr x|must be hours from 0
		--start-time -1|must be seconds from 0
		--check 0|must be a whole number from 1
		--requeue x|must be a whole number
		--reserve 1000|must be a whole number from 1 to 256
		extra|takes options only
		--arrivals 5|--arrivals is for --churn
		--order-file x|--order-file is for --saturate and --churn
		--memory 5|--memory is for --use
		--audit x|--fleet is for all but --audit
		--task-size 4|--task-size is for --format philly, itp and swf
		--devices|--devices is for --format swf
	END
	run -2 --separate-stderr parc sim --fleet "$fleet" --trace "$log"
	[[ $stderr == *"--format NAME is needed to replay a job log"* ]]
	run -1 --separate-stderr replay --mtbf rack=5
	[[ $stderr == *"a rack is to fail now and then, but the fleet has none"* ]]
	run -1 --separate-stderr replay --record /nowhere/record
	[[ $stderr == *"/nowhere/record"* ]]
}
