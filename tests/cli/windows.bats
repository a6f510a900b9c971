#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# parc sim with windows: maintenance and advance reservations beside a log, wrong files.

load common

setup() {
	fleet=$BATS_TEST_TMPDIR/fleet.yaml
	log=$BATS_TEST_TMPDIR/log.csv
	windows=$BATS_TEST_TMPDIR/windows.yaml
	cat >"$fleet" <<-END
		fleet:
		  chips:
		    - {name: A, rule: whole, memory_gib: 16}
		  nodes:
		    - {name: n, count: 2, cores: 64, memory_gib: 64, pools: [{chip: A, devices: 4}]}
	END
	{
		echo "submit_s,length_s,devices,tenant"
		for ((i = 0; i < 30; i++)); do echo "$((i * 100)),600,1,t$((i % 2))"; done
	} >"$log"
	cat >"$windows" <<-END
		windows:
		  - {start_s: 1000, end_s: 3000, maintenance: true, nodes: [n0]}
		  - {start_s: 4000, end_s: 6000, tenant: t1, chip: A, devices: 4}
	END
}

sim() {
	parc sim --fleet "$fleet" --trace "$log" --format csv --windows "$windows" "$@"
}

@test "nodes leave service and come back, and all jobs end" {
	for policy in greedy strict easy conservative; do
		policy=fifo+${policy/strict/none}
		run -0 sim --policy "$policy" --verify --json
		[[ $(jq '.finished' <<<"$output") == 30 ]]
		# Four devices for 2,000 seconds.
		[[ $(jq -r '.waterfall | tostring' <<<"$output") == *maintenance* ]]
	done
}

@test "nothing runs in maintenance that could have known" {
	run -0 sim --policy fifo+easy --lengths true --json
	[[ $(jq '.requeues' <<<"$output") == 0 ]]
	run -0 sim --policy fifo+greedy --lengths true --json
	[[ $(jq '.requeues' <<<"$output") == 0 ]]
}

@test "the record of a run with windows can be decided again" {
	run -0 sim --digest --record "$BATS_TEST_TMPDIR/record"
	run -0 parc sim --audit "$BATS_TEST_TMPDIR/record"
}

@test "what is wrong with a list of windows is said with its place" {
	sed -i 's/n0/n7/' "$windows"
	run -1 sim
	[[ $output == *'windows.yaml:2:'*'the fleet has no node "n7"'* ]]
	sed -i 's/n7/n0/; s/t1/t9/' "$windows"
	run -1 sim
	[[ $output == *'the log has no tenant "t9"'* ]]
	sed -i 's/devices: 4/devices: 40/' "$windows"
	run -1 sim
	[[ $output == *'windows.yaml:3:'*'a window of 40 devices, the fleet has 8 of this chip' ]]
	sed -i 's/devices: 40/devices: 4/' "$windows"
	sed -i 's/tenant: t9, //' "$windows"
	run -1 sim
	[[ $output == *"a window is for maintenance, or for a tenant or a user"* ]]
	sed -i 's/chip: A, devices: 4/maintenance: true/' "$windows"
	run -1 sim
	[[ $output == *"a window names nodes, or devices of a chip"* ]]
	sed -i 's/end_s: 3000/end_s: 1000/' "$windows"
	run -1 sim
	[[ $output == *"end_s is not after start_s"* ]]
}
