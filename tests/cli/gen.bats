#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# parc gen: what it writes, that the same seed writes the same, and what it says to a wrong call.

load common

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || exit 1
	out=$BATS_TEST_TMPDIR
}

@test "gen fleet writes each form with the nodes asked for" {
	for form in yaml csv openb; do
		run -0 parc gen fleet --mix examples/bench-fleet.yaml --nodes 100 --format $form
		[[ -n $output ]]
	done
	[[ ${#lines[@]} -eq 101 ]]
	[[ ${lines[0]} == "sn,cpu_milli,memory_mib,gpu,model" ]]
	[[ ${lines[1]} == node-00,* ]]
	[[ ${lines[100]} == node-99,* ]]
}

@test "gen fleet takes the number of nodes from the mix" {
	run -0 parc gen fleet --mix examples/bench-fleet.yaml --format csv
	[[ ${#lines[@]} -eq 1001 ]]
	[[ ${lines[1]} == node-000,site-0,pod-0,rack-0,* ]]
}

@test "gen fleet: the same seed writes the same, another seed another fleet" {
	parc gen fleet --mix examples/bench-fleet.yaml --nodes 400 --seed 7 >"$out/a"
	parc gen fleet --mix examples/bench-fleet.yaml --nodes 400 --seed 7 -o "$out/b"
	parc gen fleet --mix examples/bench-fleet.yaml --nodes 400 --seed 8 --output "$out/c"
	cmp "$out/a" "$out/b"
	run ! cmp -s "$out/a" "$out/c"
}

@test "gen trace writes tasks for every form of the fleet" {
	for form in yaml csv openb; do
		parc gen fleet --mix examples/bench-fleet.yaml --nodes 400 --format $form \
			-o "$out/fleet"
		run -0 parc gen trace --fleet "$out/fleet" --mix examples/bench-mix.yaml --tasks 500
		[[ ${#lines[@]} -eq 501 ]]
		[[ ${lines[0]} == name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,* ]]
		[[ ${lines[0]} == *,scheduled_time,gang,close,link,device_memory_mib ]]
	done
}

@test "gen trace: the same seed writes the same, another seed other tasks" {
	parc gen fleet --mix examples/bench-fleet.yaml --nodes 400 -o "$out/fleet"
	for seed in 1 1 2; do
		parc gen trace --fleet "$out/fleet" --mix examples/bench-mix.yaml --tasks 300 \
			--seed $seed >>"$out/all"
	done
	[[ $(head -n 301 "$out/all" | cksum) == "$(sed -n 302,602p "$out/all" | cksum)" ]]
	[[ $(head -n 301 "$out/all" | cksum) != "$(tail -n 301 "$out/all" | cksum)" ]]
}

@test "gen trace refuses a mix that names a chip which the fleet lacks" {
	run -1 parc gen trace --fleet examples/openb/nodes.csv --mix examples/bench-mix.yaml --tasks 1
	[[ $output == "parc: examples/bench-mix.yaml: the mix names the chip H100, which the fleet lacks; "* ]]
}

@test "a malformed mix is refused with its place, and no file is written" {
	printf 'fleet_mix:\n  chips: []\n  modles: []\n' >"$out/mix"
	run -1 parc gen fleet --mix "$out/mix" --nodes 5 -o "$out/fleet"
	[[ $output == *'/mix:3:3: a fleet mix has no key "modles", expected one of models, chips, nodes, '* ]]
	[[ ! -e $out/fleet ]]
}

@test "a mix that is not there is refused" {
	run -1 parc gen fleet --mix "$out/none" --nodes 5
	[[ $output == *"/none: No such file or directory" ]]
}

@test "a file that can't be written is an error" {
	run -1 parc gen fleet --mix examples/bench-fleet.yaml -o "$out/no/such/folder"
	[[ $output == *"No such file or directory" ]]
	[[ -e /dev/full ]] || skip "there is no /dev/full"
	run -1 parc gen fleet --mix examples/bench-fleet.yaml -o /dev/full
	[[ $output == "parc: "* ]]
	[[ $output == *"/dev/full cannot be written: No space left on device" ]]
	[[ -c /dev/full ]]
}

# No file may grow above 4 KiB; writing on fails as on a full disk.
limited() {
	bash -c 'trap "" XFSZ; ulimit -f 4; exec "$PARC" "$@"' - "$@"
}

@test "what stood there is kept until the new file is whole" {
	echo "the old one" >"$out/fleet"
	run -1 limited gen fleet --mix examples/bench-fleet.yaml --nodes 1000 --format csv -o "$out/fleet"
	[[ $output == *"/fleet cannot be written: File too large" ]]
	[[ $(cat "$out/fleet") == "the old one" && $(ls "$out") == fleet ]]
	run -0 parc gen fleet --mix examples/bench-fleet.yaml --nodes 10 --format csv -o "$out/fleet"
	[[ $(wc -l <"$out/fleet") == 11 && $(ls "$out") == fleet ]]
}

@test "a signal while it is written leaves what stood there, and nothing beside it" {
	echo "the old one" >"$out/fleet"
	"$PARC" gen fleet --mix examples/bench-fleet.yaml --nodes 1048576 --format csv \
		-o "$out/fleet" &
	pid=$!
	deadline=$((SECONDS + 60))
	until compgen -G "$out/fleet.*" >/dev/null || ((SECONDS > deadline)); do :; done
	kill -TERM "$pid"
	wait "$pid" && false || [[ $? == 143 ]]
	[[ $(cat "$out/fleet") == "the old one" && $(ls "$out") == fleet ]]
}

@test "openb's form refuses nodes with two pools" {
	cat >"$out/mix" <<-END
		fleet_mix:
		  chips: [{name: A}, {name: cpu}]
		  models: [{weight: 1, cores: 4, pools: [{chip: A, devices: 1}, {chip: cpu}]}]
	END
	run -1 parc gen fleet --mix "$out/mix" --nodes 2 --format openb
	[[ $output == *"the node node-0 has 2 pools, openb's list has at most one; write YAML or CSV" ]]
}

@test "a wrong call says what is wrong" {
	run -2 parc gen
	[[ $output == *"what to make is missing: fleet or trace"* ]]
	run -2 parc gen flete --mix x
	[[ $output == *'"flete" can'"'"'t be made, expected fleet or trace'* ]]
	run -2 parc gen fleet
	[[ $output == *"--mix is missing"* ]]
	run -2 parc gen fleet --mix examples/bench-fleet.yaml --nodes 0
	[[ $output == *'--nodes is "0", expected a whole number from 1 to 1048576'* ]]
	run -2 parc gen fleet --mix examples/bench-fleet.yaml --format xml
	[[ $output == *'--format is "xml", expected yaml, csv or openb'* ]]
	run -2 parc gen fleet --mix examples/bench-fleet.yaml more
	[[ $output == *'"more" is too much'* ]]
	run -2 parc gen fleet --tasks 4
	[[ $output == *"parc gen fleet: unrecognized option"* ]]
	run -2 parc gen trace --mix examples/bench-mix.yaml --tasks 3
	[[ $output == *"--fleet is missing"* ]]
	run -2 parc gen trace --mix examples/bench-mix.yaml --fleet examples/mixed.yaml
	[[ $output == *"--tasks is missing"* ]]
}
