#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Jobs in files, and what the command line says of gangs, arrays and dependencies.

load common
load daemon

# spec JOB FILTER: what was submitted, through jq.
spec() {
	parc show "$1" --json | jq -c ".spec | $2"
}

@test "a job in YAML has the fields of the interface, and text is text where a field takes text" {
	start_daemon
	cd "$BATS_TEST_TMPDIR"
	cat >job.yaml <<-'END'
		name: train
		command: [python, train.py, --rate, 0.1, --fast, yes]
		environment: {SEED: 7, EMPTY: ""}
		output: out.txt
		devices: 2
		time_limit_s: 90.5
		held: true
		kind: "7"
		array: {count: 2, from: 5}
	END
	run -0 parc submit job.yaml --json --tier 3
	[[ $output == '{"job": 1, "count": 2}' ]]
	[[ $(spec 1 .command) == '["python","train.py","--rate","0.1","--fast","yes"]' ]]
	[[ $(spec 1 '[.environment.SEED, .environment.EMPTY, .devices, .held, .kind, .tier]') == '["7","",2,true,"7",3]' ]]
	spec 1 '.time_limit_s' | grep -q '^90.5'
	[[ $(spec 1 .output) == "\"$PWD/out.txt\"" && $(spec 1 .directory) == "\"$PWD\"" ]]
	[[ $(spec 2 '.array | [.index, .first, .count]') == "[6,1,2]" ]]
	echo '{"command": ["true"], "environment": {"A": "1", "B": "2"}}' >job.json
	run -0 parc run --env B=3 job.json
	[[ $(spec 3 '[.environment.A, .environment.B, .name]') == '["1","3","true"]' ]]
}

@test "what is wrong in a file is said with file, line, column and field" {
	start_daemon
	cd "$BATS_TEST_TMPDIR"
	while IFS='|' read -r text words; do
		printf '%b' "$text" >job.yaml
		run ! parc submit job.yaml
		[[ $output == *"$words"* ]] || { echo "$text: $output" && false; }
	done <<-'END'
		command: [true]\ndevices: -1\n|parc: job.yaml:2:10: devices has to be a whole number from 0 to 32
		command: [true]\ngroups:\n  - {tasks: 1}\n  - {tasks: 0}\n|job.yaml:4:13: tasks has to be
		command: [true]\nchips: [A100, Z9]\ndevices: 1\n|job.yaml:2:15: there is no chip 'Z9'
		command: [true]\ncolour: red\n|job.yaml:2:9: there is no field 'colour'
		command: [true]\nenvironment: {A: 1, B-C: 2}\n|job.yaml:2:26: environment: 'B-C' is no name
		command: [true]\narray: {count: 0}\n|job.yaml:2:16: array: count
		command: [true]\nafter: [7]\n|there is no job 7
		command: [true]\nvariants: [{chips: [A100]}, {command: [x]}]\n|job.yaml:2:29: a variant names chips or a runtime
		command: [true]\ndevices: 1\ndevices: 2\n|job.yaml:3:1: 'devices' stands twice
		command: [\n|job.yaml:2:1: not YAML
		- 1\n|job.yaml: a job is a mapping
		devices: 1\n|job.yaml: command is missing
	END
	echo '{"command": ["true"], "devices": 99}' >job.json
	run -1 parc submit job.json
	[[ $output == "parc: job.json:1:34: devices has to be"* ]]
	echo '{"command": ["true"],' >job.json
	run -2 parc submit job.json
	[[ $output == *"job.json:"* ]]
	run -2 parc submit missing.yaml
	run -2 parc submit job.json more
	run -0 parc queue
	[[ ${#lines[@]} -eq 1 ]]
}

@test "a word behind -- is a command, whatever it is called" {
	start_daemon
	run -0 parc submit --hold -- job.yaml
	[[ $(spec 1 .command) == '["job.yaml"]' ]]
}

@test "gangs of equal and of unlike tasks on the command line" {
	start_daemon
	parc submit "${stay[@]}" --tasks 2-3 --devices 1 --close require:node -- true
	[[ $(spec 1 '[.tasks, .tasks_max, .close]') == '[2,3,"require:node"]' ]]
	[[ $(parc show 1 --json | jq '.devices | length') == 3 ]]
	parc submit "${stay[@]}" --group tasks=1,cpu=2 --group tasks=2,devices=1,share=0.5,chip=A100 -- true
	[[ $(spec 2 .groups) == '[{"tasks":1,"cpu_milli":2000},{"tasks":2,"devices":1,"share_milli":500,"chips":["A100"]}]' ]]
	[[ $(parc show 2 --json | jq -c '[.devices[].share_milli] | sort') == "[0,500,500]" ]]
	for group in x=1 tasks tasks= cpu=a name=x mixed-chips=1 "$(printf 'a%.0s' {1..400})"; do
		run -2 parc submit --group "$group" -- true
	done
}

@test "arrays and dependencies on the command line" {
	start_daemon
	run -0 parc submit --json "${stay[@]}" --array 3-7%2 --devices 1 -- true
	[[ $output == '{"job": 1, "count": 5}' ]]
	[[ $(spec 1 .array.index) == 3 && $(spec 5 .array.index) == 7 ]]
	[[ $(field state 2) == running && $(field reason 3) == array ]]
	parc submit --after 1:ok --after 2:any --devices 1 -- true
	[[ $(spec 6 .after) == '[{"job":1,"if":"ok"},{"job":2,"if":"any"}]' && $(field reason 6) == dependency ]]
	for array in 0 x 7-3 1- -3 1-2%x 1-2x 5%; do
		run -2 parc submit --array "$array" -- true
	done
}

@test "each variant runs its own command, and each group" {
	start_engine
	cat >"$BATS_TEST_TMPDIR/job.yaml" <<-'END'
		command: [sh, -c, "echo job $PARC_GROUP"]
		groups:
		  - {cpu_milli: 100}
		  - {cpu_milli: 100, command: [sh, -c, "echo group $PARC_GROUP"]}
	END
	run -0 parc run "$BATS_TEST_TMPDIR/job.yaml"
	# The tasks run beside each other: which of them says something first is not said.
	[[ $(sort <<<"$output") == $'0: job 0\n1: group 1' ]]
	run -0 parc logs --task 1 1
	[[ $output == "group 1" ]]
}

# A fleet of two makes out of the catalogue, on an engine that runs nothing.
start_mixed() {
	cat >"$BATS_TEST_TMPDIR/mixed.yaml" <<-'END'
		fleet:
		  nodes:
		    - {name: cuda, cores: 8, memory_gib: 64, pools: [{chip: A100, devices: 2}]}
		    - {name: cann, cores: 8, memory_gib: 64, pools: [{chip: "910B", devices: 2}]}
	END
	start_engine --dry --fleet "$BATS_TEST_TMPDIR/mixed.yaml" "$@"
}

# node JOB: where it runs; "" when it does not.
node() {
	parc show "$1" --json | jq -r '.devices[0].node // ""'
}

@test "work for one runtime lands on no other, and nobody guesses which it is for" {
	start_mixed
	run -1 parc submit --devices 1 -- true
	[[ $output == *"several runtimes, such as cuda and cann"* ]]
	run -1 parc submit --devices 1 --runtime rocm -- true
	[[ $output == *"no chip of the runtime 'rocm'"* ]]
	run -1 parc submit --devices 1 --runtime cuda --chip 910B -- true
	[[ $output == *"none of these chips is of the runtime 'cuda'"* ]]
	parc submit "${stay[@]}" --devices 2 --runtime cann -- true
	[[ $(node 1) == cann ]]
	parc submit "${stay[@]}" --devices 2 --runtime cuda -- true
	[[ $(node 2) == cuda ]]
	parc submit "${stay[@]}" --devices 1 --runtime cuda -- true
	parc cancel 1
	parc logs -f 1
	[[ $(field state 3) == pending ]]
	parc submit "${stay[@]}" --devices 1 --runtime any -- true
	[[ $(node 4) == cann ]]
	parc submit --hold --cpu 1 -- true
}

@test "a job of two variants runs as the one of the chip that it gets" {
	start_mixed
	cat >"$BATS_TEST_TMPDIR/job.yaml" <<-'END'
		command: ["true"]
		environment: {PARC_DRY_S: "100000"}
		devices: 2
		variants:
		  - {runtime: cuda, speed_milli: 1000}
		  - {runtime: cann, speed_milli: 700, command: [torchrun-npu, train.py]}
	END
	parc submit "$BATS_TEST_TMPDIR/job.yaml"
	parc submit "$BATS_TEST_TMPDIR/job.yaml"
	[[ $(node 1) == cuda && $(node 2) == cann ]]
	[[ $(parc show 2 --json | jq -c '[.devices[0].variant, .devices[0].chip]') == '[1,"910B"]' ]]
	sed -i 's/runtime: cann/runtime: cuda/' "$BATS_TEST_TMPDIR/job.yaml"
	run -1 parc submit "$BATS_TEST_TMPDIR/job.yaml"
	[[ $output == *"job.yaml:6:5: an earlier variant is for all chips of this one" ]]
}

@test "a catalogue of one's own lies over the program's" {
	cat >"$BATS_TEST_TMPDIR/own.yaml" <<-'END'
		catalogue:
		  sources: [{name: me, kind: measured, date: "2026", title: "this fleet"}]
		  chips: [{name: A100, runtime: {value: mine, from: me}}]
	END
	echo "serve: {catalogue: own.yaml}" >"$BATS_TEST_TMPDIR/c.yaml"
	start_mixed --config "$BATS_TEST_TMPDIR/c.yaml"
	parc submit "${stay[@]}" --devices 1 --runtime mine -- true
	[[ $(node 1) == cuda ]]
}

@test "a part of a device is asked for by its name" {
	start_mixed
	run -0 parc submit --json --partition 1g.10gb "${stay[@]}" -- true
	[[ $(spec 1 '[.devices, .partition]') == '[null,"1g.10gb"]' ]]
	[[ $(parc show 1 --json | jq -c '.devices[0] | [.chip, .share_milli, .device_memory_mib]') == '["A100",125,10240]' ]]
	parc submit --tasks 2 --partition 3g.40gb "${stay[@]}" -- true
	[[ $(parc show 2 --json | jq -c '[.devices[].share_milli]') == "[500,500]" ]]
	parc submit --partition 7g.80gb --chip A100 "${stay[@]}" -- true
	run -0 parc why 3
	[[ $output == *"it asks for 1 device in 1 task"* ]]
	local refused=(
		"--partition gpu|no chip that it can use here has a partition 'gpu'"
		"--partition 1g.10gb --chip 910B|no chip that it can use"
		"--partition 1g.10gb --share 0.5|a partition has its own share_milli"
		"--partition 1g.10gb --devices 2|a partition is of one device"
		"--partition 1g.10gb --device-memory 1G|a partition has its own device_memory_mib"
	)
	for line in "${refused[@]}"; do
		# shellcheck disable=SC2086  # words are a command line
		run -1 parc submit ${line%%|*} -- true
		[[ $output == *"${line#*|}"* ]]
	done
	parc submit --group partition=1g.10gb,tasks=2 --group cpu=1 -- true
}
