#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0

load common

@test "version is that of the file VERSION" {
	run -0 parc version
	[[ $output == "parc $(cat VERSION) ("*")" ]]
	text=$output
	run -0 parc --version
	[[ $output == "$text" ]]
}

@test "version --json is one object" {
	run -0 parc version --json
	[[ $output == *"\"name\": \"parc\""* ]]
	[[ $output == *"\"version\": \"$(cat VERSION)\""* ]]
	[[ $output == *"\"compiler\": \""* ]]
	[[ $output == *"\"licence\": \"Apache-2.0\""* ]]
	[[ ${lines[0]} == "{" && ${lines[-1]} == "}" ]]
}

@test "version takes no arguments" {
	run -2 --separate-stderr parc version now
	[[ -z $output ]]
	[[ ${stderr_lines[0]} == "parc version: 'now' is too many: it takes no arguments" ]]
}

@test "version --json fails when its output is lost" {
	[[ -e /dev/full ]] || skip "there is no /dev/full"
	run -1 bash -c '"$PARC" version --json >/dev/full'
	[[ $output == "parc: the output could not be written: No space left on device" ]]
}
