#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# parc sim --format gavel: which policy deals a list when none is named, where a job may run, and
# that moves cost what they are said to cost.

load common

setup() {
	jobs=$BATS_TEST_TMPDIR/jobs.csv
	speeds=$BATS_TEST_TMPDIR/speeds.json
	# Two kinds: one three times as fast on a V100 as on a P100, one that runs on a V100 only.
	cat >"$speeds" <<-'END'
		{"v100": {"('a', 1)": {"null": 3.0}, "('b', 1)": {"null": 2.0}},
		 "p100": {"('a', 1)": {"null": 1.0}, "('b', 1)": {"null": 0.0}},
		 "k80": {"('a', 1)": {"null": 0.0}, "('b', 1)": {"null": 0.0}}}
	END
	{
		echo "job_id,job_type,scale_factor,duration_s_on_v100,total_steps,unit_exp_gap_to_next"
		for ((i = 0; i < 80; i++)); do
			if ((i % 2 == 0)); then
				echo "$i,a,1,600.0,1800.0,0.01"
			else
				echo "$i,b,1,900.0,1800.0,0.01"
			fi
		done
	} >"$jobs"
}

gavel() {
	parc sim --format gavel --trace "$jobs" --speeds "$speeds" --json "$@"
}

figure() {
	jq "$1" <<<"$output"
}

@test "without a policy the lists are dealt, by what is known of lengths" {
	run -0 gavel --rate 1
	[[ $(figure .policy) == '"attained+deal:none"' ]]
	run -0 gavel --rate 1 --know-lengths no
	[[ $(figure .policy) == '"attained+deal:none"' ]]
	run -0 gavel --rate 1 --know-lengths yes
	[[ $(figure .policy) == '"shortest+deal"' ]]
	run -0 gavel --static 10 --know-lengths yes
	[[ $(figure .policy) == '"longest+deal"' ]]
	run -0 gavel --static 10 --policy fifo+easy
	[[ $(figure .policy) == '"fifo+easy"' ]]
}

@test "the kind that needs a V100 gets it, the other goes where it loses least" {
	run -0 gavel --static 72 --know-lengths yes
	# 36 of b take all V100s for 900 s; the 36 of a run on P100s meanwhile, for 1800 s there at most.
	(($(figure '.makespan_s | floor') >= 900))
	(($(figure '.makespan_s | floor') <= 1800))
}

@test "figures may be of some jobs only, and a move that costs makes nothing end sooner" {
	run -0 gavel --rate 200 --round 60 --measure 10:19
	free=$(figure '.completion_s.mean * 1000 | floor')
	run -0 gavel --rate 200 --round 60 --measure 10:19 --move-cost 0
	[[ $(figure '.completion_s.mean * 1000 | floor') == "$free" ]]
	run -0 gavel --static 80 --know-lengths yes --move-cost 600
	(($(figure '.makespan_s | floor') >= 900))
}

@test "jobs that the list does not have are neither measured nor there at time 0" {
	run -0 gavel --rate 200 --measure 10:19
	[[ $(figure .measured) == 10 ]]
	run -0 --separate-stderr gavel --rate 200 --measure 70:99
	[[ $(figure .measured) == 10 ]]
	[[ $stderr == *"whose numbers go from 0 to 79: 10 jobs are measured"* ]]
	run -1 --separate-stderr gavel --rate 200 --measure 80:99
	[[ $stderr == *"no job with a number from 80 to 99"*"from 0 to 79"* ]]
	run -1 --separate-stderr gavel --static 81
	[[ $stderr == *"the list has 80 jobs, expected at least the 81"* ]]
	run -0 gavel --static 80
	[[ $(figure .jobs) == 80 ]]
}

@test "the table has the measure of fairness, and use by chip until the last end when all came at once" {
	run -0 parc sim --format gavel --trace "$jobs" --speeds "$speeds" --static 80
	[[ $output == *"as a multiple of the time with an equal part of the fleet"* ]]
	[[ $output == *"allocated by chip, % until last end"* ]]
	[[ $output != *"until last arrival"* ]]
	run -0 parc sim --format gavel --trace "$jobs" --speeds "$speeds" --rate 200 --json
	use=$(figure '.chips[] | select(.chip == "V100") | .use_arrivals_pct * 100 | round / 100')
	run -0 parc sim --format gavel --trace "$jobs" --speeds "$speeds" --rate 200
	[[ $output == *"allocated by chip, % until last arrival"*V100*"$use"*P100* ]]
}

@test "two jobs share a device where the file says how fast they are together" {
	# 36 V100 and twice as many jobs of b, which run nowhere else: two on one keep 80 % each.
	cat >"$speeds" <<-'END'
		{"v100": {"('b', 1)": {"null": 2.0, "('b', 1)": [1.6, 1.6]}}}
	END
	{
		echo "job_id,job_type,scale_factor,duration_s_on_v100,total_steps,unit_exp_gap_to_next"
		for ((i = 0; i < 72; i++)); do echo "$i,b,1,900.0,1800.0,0.01"; done
	} >"$jobs"
	run -0 gavel --static 72 --round 360
	[[ $(figure '.makespan_s | floor') == 1980 ]] # the second half at the round after the first
	[[ $(figure .left) == 0 ]]
	run -0 gavel --static 72 --round 360 --policy attained+deal --pairs --verify
	[[ $(figure '.makespan_s | floor') == 1125 ]] # all at once, at 0.8 of the speed
	run -2 --separate-stderr parc sim --format philly --trace "$jobs" --fleet x --pairs
	[[ $stderr == *"--pairs are for --format gavel"* ]]
}

@test "the example shows what dealing and pairs are worth" {
	local example=$BATS_TEST_DIRNAME/../../examples/gavel queue dealt paired
	jobs=$example/jobs.csv
	speeds=$example/throughputs.json
	run -0 gavel --rate 15 --round 360 --policy fifo+easy
	queue=$(figure '.completion_s.mean / 360 | round')
	run -0 gavel --rate 15 --round 360
	dealt=$(figure '.completion_s.mean / 360 | round')
	run -0 gavel --rate 15 --round 360 --pairs
	paired=$(figure '.completion_s.mean / 360 | round')
	# Tenths of an hour, as the README says.
	[[ $queue == 182 && $dealt == 116 && $paired == 113 ]]
}

@test "wrong calls say what would be right" {
	run -2 --separate-stderr gavel
	[[ $stderr == *"one of --rate R and --static N"* ]]
	run -2 --separate-stderr gavel --rate 1 --know-lengths perhaps
	[[ $stderr == *"must be yes or no"* ]]
	run -2 --separate-stderr parc sim --format gavel --trace "$jobs" --rate 1
	[[ $stderr == *"--speeds FILE"* ]]
}
