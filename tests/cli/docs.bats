#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The table of commands in the program, the man page, the README and the completion are one.

load common

setup() {
	source tools/completion.bash
}

# complete_words WORD...: the choices for the last of the words of a command line.
complete_words() {
	COMP_WORDS=("$PARC" "$@")
	COMP_CWORD=$#
	COMPREPLY=()
	_parc
	printf '%s\n' "${COMPREPLY[@]}"
}

@test "the man page has the program's table of commands (make man)" {
	table=$(sed -n '/^\.\\" commands: begin/,/^\.\\" commands: end/p' docs/parc.1 | sed '1d;$d')
	[[ $table == "$(parc help --man)" ]]
}

@test "the man page is of this version" {
	grep -q "^\.TH PARC 1 .*\"parc $(cat VERSION)\"" docs/parc.1
}

@test "the README names every command" {
	names=$(parc help --names)
	for name in $names; do
		grep -q "^| \`parc $name" README.md
	done
}

@test "the first word completes to commands" {
	run -0 complete_words ""
	names=$(parc help --names)
	for name in $names; do
		grep -qx "$name" <<<"$output"
	done
	run -0 complete_words "ver"
	[[ $output == version ]]
}

@test "help completes to commands" {
	run -0 complete_words help si
	[[ $output == sim ]]
}

@test "an option completes to those in the command's help" {
	run -0 complete_words version --j
	[[ $output == "--json" ]]
	run -0 complete_words help --
	[[ $(sort <<<"$output" | tr '\n' ' ') == "--api --help --man --names --policy --reasons " ]]
}

@test "a command with parts completes to them" {
	run -0 complete_words gen ""
	[[ $(sort <<<"$output" | tr '\n' ' ') == "fleet trace " ]]
	run -0 complete_words chips ch
	[[ $output == check ]]
	run -0 complete_words tenant un
	[[ $output == unset ]]
	run -0 complete_words window ""
	[[ $(sort <<<"$output" | tr '\n' ' ') == "add list remove " ]]
	run -0 complete_words gen fleet ""
	[[ -z $output ]]
}

@test "what is no option is left to bash, which completes files" {
	run -0 complete_words sim --
	[[ $output == *--help* ]]
	run -0 complete_words sim ""
	[[ -z $output ]]
}

@test "docs/reasons.md is what the program says (parc help --reasons)" {
	diff <(parc help --reasons) docs/reasons.md
}
