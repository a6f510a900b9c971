#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# How the program is called: the overview, the help of a command, and what it says to a wrong call.

load common

@test "help lists every command with its summary" {
	run -0 parc help
	[[ ${lines[0]} == "Usage: parc COMMAND [OPTION]..." ]]
	overview=$output
	names=$(parc help --names)
	for name in $names; do
		grep -Eq "^  $name +[^ ]" <<<"$overview"
	done
	for name in help version sim gen; do
		grep -Eq "^  $name +[^ ]" <<<"$overview"
	done
}

@test "help of each command begins with its usage, and --help shows the same" {
	names=$(parc help --names)
	for name in $names; do
		run -0 parc help "$name"
		[[ ${lines[0]} == "Usage: parc $name"* ]]
		text=$output
		run -0 parc "$name" --help
		[[ $output == "$text" ]]
		run -0 parc "$name" -h
		[[ $output == "$text" ]]
	done
}

@test "parc --help is parc help" {
	run -0 parc help
	overview=$output
	run -0 parc --help
	[[ $output == "$overview" ]]
	run -0 parc -h
	[[ $output == "$overview" ]]
}

@test "no command at all is a usage error with the overview on standard error" {
	run -2 --separate-stderr parc
	[[ -z $output ]]
	[[ ${stderr_lines[0]} == "Usage: parc COMMAND [OPTION]..." ]]
}

@test "an unknown command names the nearest" {
	run -2 --separate-stderr parc hlep
	[[ -z $output ]]
	[[ $stderr == "parc: there is no command 'hlep'; the nearest is 'help'; 'parc help' lists all commands" ]]
	run -2 parc verson
	[[ $output == *"the nearest is 'version'"* ]]
	run -2 parc si
	[[ $output == *"the nearest is 'sim'"* ]]
	run -2 parc help versoin
	[[ $output == *"the nearest is 'version'"* ]]
}

@test "what is like no command gets no guess" {
	run -2 parc zzzzzz
	[[ $output == "parc: there is no command 'zzzzzz'; 'parc help' lists all commands" ]]
	run -2 parc ""
	[[ $output == "parc: there is no command ''; 'parc help' lists all commands" ]]
	long=$(printf 'a%.0s' {1..5000})
	run -2 parc "$long"
	[[ ${#output} -lt 120 ]]
}

@test "an unknown option is a usage error that points to the help" {
	names=$(parc help --names)
	for name in $names; do
		run -2 --separate-stderr parc "$name" --no-such-option
		[[ -z $output ]]
		[[ ${stderr_lines[0]} == "parc $name: "*"--no-such-option"* ]]
		[[ $stderr == *"'parc help $name'"* ]]
	done
}

@test "help refuses a second command" {
	run -2 parc help sim gen
	[[ ${lines[0]} == "parc help: 'gen' is too many"* ]]
	run -2 parc help --names sim
	run -2 parc help --man sim
}

@test "output that cannot be written is a failure" {
	[[ -e /dev/full ]] || skip "there is no /dev/full"
	run -1 bash -c '"$PARC" help >/dev/full'
	[[ $output == "parc: the output could not be written: No space left on device" ]]
}
