#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What gangs and arrays write, and `parc run --json`.
load common
load daemon

@test "the lines of a gang have the task's number before them" {
	start_engine
	# shellcheck disable=SC2016  # the job's own variables
	run -0 parc run --tasks 2 --cpu 0.1 -- sh -c 'echo task $PARC_TASK; printf "no end"'
	# Streamed, what the two write comes as they write it.
	[[ $(sort <<<"$output") == $'0: no end\n0: task 0\n1: no end\n1: task 1' ]]
	run -0 parc logs 1
	[[ $output == $'0: task 0\n0: no end\n1: task 1\n1: no end' ]]
	run -0 parc logs --task 1 1
	[[ $output == $'task 1\nno end' ]]
	run -2 parc logs --task x 1
	run -2 parc logs --json 1
	run -2 parc logs --array 1
	[[ $output == *"job 1 is of no array"* ]]
}

@test "the lines of an array have the job's number before them" {
	start_engine
	# shellcheck disable=SC2016  # the job's own variables
	parc submit --array 5-6 --cpu 0.1 -- sh -c 'echo $PARC_ARRAY_INDEX'
	run -0 parc logs -f --array 2
	[[ $(sort <<<"$output") == $'1: 5\n2: 6' ]]
	run -0 parc logs -f 2
	[[ $output == 6 ]]
}

@test "run --json shows the job at its end, and what it writes beside it" {
	start_engine
	run -3 --separate-stderr parc run --json --cpu 0.1 -- sh -c 'echo beside; exit 3'
	[[ $(jq -c '[.job, .state, .result, .exit_code]' <<<"$output") == '[1,"ended","failed",3]' ]]
	# shellcheck disable=SC2154  # of run --separate-stderr
	[[ $stderr == $'beside\nparc run: job 1: failed: exit code 3' ]]
}
