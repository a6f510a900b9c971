#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# parc sim --use: holders of whole devices are packed by what half of their samples says.

load common

setup() {
	fleet=$BATS_TEST_TMPDIR/fleet.yaml
	use=$BATS_TEST_TMPDIR/use.csv
	cat >"$fleet" <<-END
		fleet:
		  chips:
		    - {name: A, memory_gib: 80, rule: scalar, step_milli: 10}
		  nodes:
		    - {name: n, cores: 64, memory_gib: 512, pools: [{chip: A, devices: 8}]}
	END
	# Four holders: three use a fifth, the last of these nine tenths in the second half; one has
	# too few samples. Three hours each.
	awk 'BEGIN {
		print "value,timestamp_anon,container_ip"
		for (m = 0; m < 360; m++) {
			for (h = 1; h <= 3; h++)
				printf "%s,%d,h%d\n", ((h == 3 && m >= 180) ? 90 : 20), m * 60, h
			if (m % 60 == 0)
				printf "10.5,%d,h4\n", m * 60
		}
	}' >"$use"
}

pack() {
	parc sim --fleet "$fleet" --use "$use" "$@"
}

@test "holders share devices, and what was over capacity is counted" {
	run -0 pack --memory 10240 --json --verify
	[[ $(jq -c '[.holders, .fitted, .devices, .holders_most, .left]' <<<"$output") == "[4,3,2,3,0]" ]]
	[[ $(jq -c '[.minutes_over, .worst_pct]' <<<"$output") == "[180,130]" ]]
}

@test "memory bounds how many share a device" {
	run -0 pack --memory 40960 --json
	[[ $(jq -c '[.devices, .holders_most]' <<<"$output") == "[3,2]" ]]
}

@test "the table says it in words" {
	run -0 pack --memory 10240 --percentile 99 --margin 10
	[[ $output == *"Holders: 4, of which 3 have 60 samples"* ]]
	[[ $output == *"device-minutes over capacity"* ]]
}

@test "wrong calls and samples are refused" {
	run -2 pack
	[[ $output == *"--use takes --fleet FILE and --memory MIB"* ]]
	run -2 pack --memory 10 --margin 0
	[[ $output == *"--margin '0' must be per cent"* ]]
	echo "120,5,h1" >>"$use"
	run -1 pack --memory 10240
	[[ $output == *'value is "120", expected per cent from 0 to 100'* ]]
	printf 'value,container_ip\n1,a\n' >"$use"
	run -1 pack --memory 10240
	[[ $output == *"the header lacks the column timestamp_anon"* ]]
}
