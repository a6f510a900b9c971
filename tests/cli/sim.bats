#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# parc sim: both experiments on a small fleet, their output, the record and its audit, wrong calls.

load common

setup() {
	fleet=$BATS_TEST_TMPDIR/nodes.csv
	trace=$BATS_TEST_TMPDIR/tasks.csv
	order=$BATS_TEST_TMPDIR/order.txt
	{
		echo "sn,cpu_milli,memory_mib,gpu,model"
		for i in 1 2 3 4 5 6; do
			echo "n$i,96000,393216,8,A"
			echo "m$i,64000,262144,2,B"
		done
	} >"$fleet"
	cat >"$trace" <<-END
		name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,creation_time,deletion_time
		a,12000,16384,1,1000,,0,600
		b,6000,12288,1,460,,0,1200
		c,4000,4096,1,250,A,0,90
		d,88000,196608,8,1000,,0,900
		e,20000,65536,0,0,,0,300
		f,8000,16384,2,1000,B,0,300
		g,1000,1024,1,1000,Z,0,300
	END
	{
		for seed in 5 6 7; do
			echo "SEED $seed N 12 REQ_MILLI 0"
			echo "ORDER 0 1 2 3 4 5 6 0 1 2 3 4"
			echo "NODEPREFIX 3 1 2 0 4 5 11 10 9 8 7 6"
		done
	} >"$order"
}

sim() {
	parc sim --fleet "$fleet" --trace "$trace" "$@"
}

@test "saturation shows a table of at most 80 columns" {
	run -0 sim --saturate 1.3 --compare best-fit,fgd,parc
	[[ ${lines[0]} == "Saturation: 60 devices in 12 nodes, 7 tasks in the list." ]]
	[[ $output == *"130 % arrived"* ]]
	[[ $output == *"refused tasks, by what they asked for"* ]]
	[[ $output == *"CPU of the node exhausted"* ]]
	[[ $output == *"  A (48 devices)"* ]]
	[[ $output == *"deciding, ms a seed"* ]]
	run ! grep -E '.{81}' <<<"$output"
}

@test "seven policies fit beside each other" {
	run -0 sim --saturate 1.3 --seeds 1 \
		--compare parc,first-fit,best-fit,worst-fit,random,dot-product,fgd
	run ! grep -E '.{81}' <<<"$output"
}

@test "saturation as JSON has every level of every seed" {
	run -0 sim --format openb --saturate 1.3 --order-file "$order" --place fgd --json
	[[ ${lines[0]} == "{" && ${lines[-1]} == "}" ]]
	[[ $output == *'"place": "fgd"'* ]]
	[[ $(grep -c '"130":' <<<"$output") == 4 ]]
	[[ $(grep -c '"0":' <<<"$output") == 4 ]]
	[[ $(grep -c '"seed":' <<<"$output") == 3 ]]
	[[ $(grep -c '"elapsed_ms":' <<<"$output") == 5 ]]
}

@test "several policies as JSON stand in a list" {
	run -0 sim --saturate 1.3 --compare fgd,parc --json
	[[ ${lines[1]} == *'"compare": ['* ]]
	[[ $(grep -c '"place":' <<<"$output") == 2 ]]
}

@test "--seed and --seeds choose from the order file" {
	run -0 sim --saturate 1.3 --order-file "$order" --seed 6 --digest
	[[ ${#lines[@]} == 2 && ${lines[0]} == "parc 6 "* && ${lines[1]} == "parc 7 "* ]]
	run -0 sim --saturate 1.3 --order-file "$order" --seeds 1 --digest
	[[ ${#lines[@]} == 1 && ${lines[0]} == "parc 5 "* ]]
	run -1 --separate-stderr sim --saturate 1.3 --order-file "$order" --seed 9
	[[ $stderr == *"has no seed 9"* ]]
	run -1 --separate-stderr sim --saturate 1.3 --order-file "$order" --seed 6 --seeds 3
	[[ $stderr == "parc: the order file $order has 2 seeds from 6 on, --seeds asks for 3" ]]
}

@test "a run stopped half way and continued ends in the same state" {
	for experiment in "--saturate 1.3" "--churn --arrivals 300 --load 100"; do
		# shellcheck disable=SC2086  # options and their values
		run -0 sim $experiment --digest
		whole=$output
		# shellcheck disable=SC2086
		run -0 sim $experiment --digest --halfway --verify
		[[ $output == "$whole" ]]
	done
}

@test "a recorded run is decided again; a changed one is found" {
	record=$BATS_TEST_TMPDIR/record
	run -0 sim --churn --arrivals 200 --load 95 --seeds 2 --dump "$record"
	run -0 parc sim --audit "$record"
	[[ $output == *"steps of 2 cores decided again, all as recorded"* ]]
	size=$(stat -c %s "$record")
	printf '\377' | dd of="$record" bs=1 seek=$((size - 1)) conv=notrunc status=none
	run -1 --separate-stderr parc sim --audit "$record"
	[[ -z $output && $stderr == *"the digest is"* ]]
	truncate -s $((size / 2)) "$record"
	run -1 parc sim --audit "$record"
	run -1 --separate-stderr parc sim --audit "$trace"
	[[ $stderr == *"is not a record"* ]]
}

@test "churn shows a table of at most 80 columns, and what it measured as JSON" {
	run -0 sim --churn --arrivals 500 --compare best-fit,fgd,parc
	[[ $output == *"load 85.0 %"*"load 95.0 %"*"load 105.0 %"* ]]
	[[ $output == *"8 devices and more: arrived"* ]]
	run ! grep -E '.{81}' <<<"$output"
	run -0 sim --churn --hours 3 --load 90,99.5 --lengths tail --json
	[[ $output == *'"load_pct": 99.5'* ]]
	[[ $output == *'"lengths": "tail"'* ]]
	[[ $output == *'"rows_excluded": 1'* ]]
	[[ $(grep -c '"wide":' <<<"$output") == 8 ]]
}

@test "a list without times has no lengths" {
	cut -d, -f1-6 "$trace" >"$BATS_TEST_TMPDIR/untimed.csv"
	trace=$BATS_TEST_TMPDIR/untimed.csv
	run -1 --separate-stderr sim --churn --lengths trace
	[[ $stderr == *"has no lengths; use --lengths tail"* ]]
	run -0 sim --churn --arrivals 100
	[[ $output == *"lengths: tail"* ]]
}

@test "wrong calls say what would be right and do nothing" {
	while IFS='|' read -r options message; do
		# shellcheck disable=SC2086
		run -2 --separate-stderr sim $options
		[[ -z $output ]]
		[[ $stderr == *"$message"* ]] || { echo "$options: $stderr"; return 1; }
	done <<-END
		|choose an experiment
		--saturate 1.3 --churn|exclude each other
		--saturate 1.3 --json --digest|exclude each other
		--churn --arrivals 5 --hours 5|exclude each other
		--saturate 1 --load 85|--load is for replays and --churn
		--saturate 1 --tenants x|--tenants is for replays, without --saturate and --churn
		--saturate x|must be a number from 0.01 to 10
		--saturate 1.2.3|must be a number
		--saturate 11|must be a number
		--saturate 1 --place best|there is no placement 'best'
		--saturate 1 --compare fgd,|there is no placement ''
		--saturate 1 --seeds 0|must be a whole number from 1 to 1000
		--saturate 1 --seeds 1e3|must be a whole number
		--saturate 1 --profile none|must be list or learn
		--saturate 1 --format philly|read task lists of --format openb
		--churn --load 0|must be per cent from 1 to 500
		--churn --lengths long|must be trace or tail
		--churn --arrivals 99999999|must be a whole number
		--churn more|takes options only
	END
	run -2 --separate-stderr parc sim --saturate 1.3 --fleet "$fleet"
	[[ $stderr == *"--fleet FILE and --trace FILE are needed"* ]]
}

@test "files that cannot be read are named" {
	run -1 --separate-stderr parc sim --fleet /nowhere/f --trace "$trace" --saturate 1
	[[ $stderr == *"/nowhere/f"* ]]
	run -1 --separate-stderr sim --saturate 1 --dump /nowhere/record
	[[ $stderr == *"/nowhere/record"* ]]
}
