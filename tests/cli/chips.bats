#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# parc chips: the table, one chip with its sources, JSON, the check of a file, and wrong calls.

load common

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || exit 1
	out=$BATS_TEST_TMPDIR
}

measured() { # measured FIGURES: a file that corrects the P800
	printf 'catalogue:\n  sources: [{name: lab, kind: measured, date: "2026-11-02", title: our bench}]\n'
	printf '  chips: [{name: P800, %s}]\n' "$1"
}

@test "chips lists the catalogue, with ranges and unknowns" {
	run -0 parc chips
	[[ ${lines[0]} == "chip "*"runtime"*"train"* ]]
	grep -qE '^910B +ascend +cann .* 700 +800$' <<<"$output"
	grep -qE '^810E +zhenwu +ppu .* 119\.\.386 .* - +-$' <<<"$output"
	[[ ${lines[-1]} == "Rates and speeds are in thousandths of the A100."* ]]
}

@test "chips NAME says where each figure is from" {
	run -0 parc chips 910B
	[[ ${lines[0]} == "910B: Huawei Ascend 910B 64 GB" ]]
	grep -q '^speed, train .* 700 thousandths .*\[press, 2023\]' <<<"$output"
	grep -q '^dense FP16/BF16 peak .*\[measured, 2024\]' <<<"$output"
	grep -qE '^power, idle +unknown$' <<<"$output"
}

@test "chips --json has claims with their sources, and null for unknown" {
	run -0 parc chips --json P800
	[[ ${lines[0]} == "{" && ${lines[-1]} == "}" ]]
	[[ $output == *'"value": null'* && $output == *'"claims": []'* ]]
	run -0 parc chips --json
	[[ $output == *'"reference": "A100"'* && $output == *'"makes": ['* ]]
}

@test "chips --chips lays a file over the catalogue" {
	measured 'speed_train_milli: {value: 655, from: lab}' >"$out/lab.yaml"
	run -0 parc chips --chips "$out/lab.yaml" P800
	grep -q '^speed, train .* 655 thousandths .*\[measured, 2026-11-02\] our bench' <<<"$output"
	grep -qE '^memory +98304 MiB' <<<"$output"
}

@test "chips check says what is wrong, where, and what would be right" {
	measured 'speed_train_milli: {value: 655, from: lab}' >"$out/good.yaml"
	run -0 parc chips check "$out/good.yaml"
	[[ $output == "$out/good.yaml: good; with it the catalogue has "* ]]
	measured 'speed_train_milli: 655' >"$out/bad.yaml"
	run -1 --separate-stderr parc chips check "$out/bad.yaml"
	[[ -z $output ]]
	[[ $stderr == "parc: $out/bad.yaml:3:43: speed_train_milli has no source, expected {value: N, from: SOURCE} or unknown" ]]
	run -1 parc chips check "$out/none.yaml"
	run -0 parc chips check "$out/good.yaml" --json
	[[ $(jq -c '[.file, .chips]' <<<"$output") == "[\"$out/good.yaml\",25]" ]]
}

@test "chips: wrong calls" {
	run -1 parc chips Z80
	[[ $output == "parc: the catalogue has no chip 'Z80'; 'parc chips' lists all" ]]
	run -1 parc chips h800
	[[ $output == "parc: the catalogue has no chip 'h800', but H800" ]]
	run -2 parc chips A100 H100
	run -2 parc chips check
	run -2 parc chips --makes A100
	run -2 parc chips --colour
}

@test "chips --makes names device files, libraries and what is not to be mistaken" {
	run -0 parc chips --makes
	[[ $output == *"/dev/davinci"* && $output == *"libhgml.so"* ]]
	[[ $output == *"must not be taken for NVIDIA"* && $output == *"must not be taken for AMD"* ]]
}

@test "a fleet may name a chip that it does not define, and --chips reaches it" {
	printf 'fleet:\n  nodes: [{name: n, cores: 8, memory_gib: 8, pools: [{chip: P800, devices: 8}]}]\n' \
		>"$out/fleet.yaml"
	printf 'submit_s,length_s,devices\n0,1000,8\n' >"$out/jobs.csv"
	run -0 parc sim --fleet "$out/fleet.yaml" --trace "$out/jobs.csv" --format csv --json
	[[ $output == *'"makespan_s": 1000'* ]]
	measured 'speed_train_milli: {value: 500, from: lab}' >"$out/lab.yaml"
	run -0 parc sim --fleet "$out/fleet.yaml" --trace "$out/jobs.csv" --format csv --json \
		--chips "$out/lab.yaml"
	[[ $output == *'"makespan_s": 2000'* ]]
	printf 'fleet_mix:\n  models: [{weight: 1, cores: 8, pools: [{chip: P800, devices: 8}]}]\n' >"$out/mix.yaml"
	run -0 parc gen fleet --mix "$out/mix.yaml" --nodes 4 --chips "$out/lab.yaml"
	[[ $output == *"train: 500"* && $output == *"link_size: 4"* ]]
}
