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

# What a command shows on a terminal; its line ends are \r\n there. $1: the command.
on_terminal() { script -qec "$1" /dev/null </dev/null; }

@test "on a terminal, what a job wrote cannot set it; piped or with --raw it is as it is" {
	start_engine
	# A title, an answer that the terminal would type, a line cleared, an 8-bit control character in
	# both its forms, what writes over, and text that is fine.
	wrote=$'\e]0;owned\a\e[6n\e[2K|\x9b|\xc2\x9b|\b\x7f|a\rb\r\n\tgr\xc3\xbc\xc3\x9f \xe4\xb8\xad\n\xc3'
	printf %s "$wrote" >"$BATS_TEST_TMPDIR/wrote"
	parc submit --cpu 0.1 -- cat "$BATS_TEST_TMPDIR/wrote"
	parc logs -f 1 >"$BATS_TEST_TMPDIR/piped"
	cmp "$BATS_TEST_TMPDIR/piped" "$BATS_TEST_TMPDIR/wrote"
	run -0 on_terminal "$PARC logs 1"
	[[ ${output//$'\r'/} == $'^[]0;owned^G^[[6n^[[2K|\\x9b|\\xc2\\x9b|^H^?|a\nb\n\tgrüß 中\n\\xc3' ]]
	run -0 on_terminal "$PARC logs --raw 1"
	[[ $output == *$'\e[6n'* ]]
}

@test "on a terminal, no task of a gang writes the number of another" {
	start_engine
	# shellcheck disable=SC2016  # the job's own variables
	parc submit --tasks 2 --cpu 0.1 -- sh -c 'printf "%s\r1: forged\r\nend" $PARC_TASK'
	parc logs -f 1 >/dev/null
	run -0 on_terminal "$PARC logs 1"
	[[ ${output//$'\r'/} == $'0: 0\n0: 1: forged\n0: end\n1: 1\n1: 1: forged\n1: end' ]]
	run -0 parc logs 1
	[[ $output == $'0: 0\r1: forged\r\n0: end\n1: 1\r1: forged\r\n1: end' ]]
}
