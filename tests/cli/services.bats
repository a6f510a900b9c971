#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# parc sim with services beside a log: what is served, what is lent, wrong files.

load common

setup() {
	fleet=$BATS_TEST_TMPDIR/fleet.yaml
	log=$BATS_TEST_TMPDIR/log.csv
	services=$BATS_TEST_TMPDIR/services.yaml
	cat >"$fleet" <<-END
		fleet:
		  chips:
		    - {name: A, rule: whole, memory_gib: 16}
		  nodes:
		    - {name: n, count: 2, cores: 64, memory_gib: 64, pools: [{chip: A, devices: 8}]}
	END
	{
		echo "submit_s,length_s,devices"
		for ((i = 0; i < 40; i++)); do echo "$((i * 60)),2000,1"; done
	} >"$log"
	# The load is 2, an hour later 12, then 2 again.
	printf 'time_s,load_milli\n0,2000\n3600,12000\n7200,2000\n10800,0\n' >"$BATS_TEST_TMPDIR/load.csv"
	cat >"$services" <<-END
		services:
		  - {name: chat, load: load.csv, replicas_min: 1, replicas_max: 16, capacity_milli: 2000,
		     target_milli: 900, tier: 1, ready_s: 30, devices: 1}
	END
}

sim() {
	parc sim --fleet "$fleet" --trace "$log" --format csv --services "$services" \
		--policy fifo+easy:preempt "$@"
}

@test "replicas follow the load, jobs run on what is left, and both books agree" {
	run -0 sim --verify --json
	[[ $(jq '.finished' <<<"$output") == 40 ]]
	[[ $(jq '.services[0].replicas_most' <<<"$output") == 10 ]]
	[[ $(jq '.services[0].fixed_devices' <<<"$output") == 10 ]]
	[[ $(jq '.services[0].in_time_pct > 90 and .services[0].in_time_pct <= 100' <<<"$output") == true ]]
	[[ $(jq '.spared_hours > 0 and .lent_hours > 0 and .lent_hours < .spared_hours' <<<"$output") == true ]]
	[[ $(jq '.services[0].points | length > 10' <<<"$output") == true ]]
}

@test "the table says what was served and lent" {
	run -0 sim
	[[ $output == *"service "*"served in"* ]]
	[[ $output == *"  chat "* ]]
	[[ $output == *"lent: "* ]]
}

@test "the same run twice has one digest, and its record can be decided again" {
	run -0 sim --digest --record "$BATS_TEST_TMPDIR/record"
	first=$output
	run -0 sim --digest
	[[ $output == "$first" ]]
	run -0 parc sim --audit "$BATS_TEST_TMPDIR/record"
}

@test "what is wrong with a list of services is said with its place" {
	sed -i 's/chat, load/chat, lode/' "$services"
	run -1 sim
	[[ $output == *"services.yaml:2:"*'a service has no key "lode"'* ]]
	printf 'services:\n  - {name: a, load: none.csv, replicas_max: 2, capacity_milli: 1, devices: 1}\n' >"$services"
	run -1 sim
	[[ $output == *none.csv* ]]
	sed -i 's/none.csv/load.csv/; s/devices: 1/devices: 1, chips: [B]/' "$services"
	run -1 sim
	[[ $output == *'the fleet has no chip "B", expected A' ]]
	sed 2p "$services" | sed 's/, chips: .B.//' >"$services.two"
	services=$services.two run -1 sim
	[[ $output == *"services.yaml.two:3:"*"the service a stands here twice" ]]
	sed -i 's/, chips: .B.//; s/devices: 1/replicas_min: 3, devices: 1/' "$services"
	run -1 sim
	[[ $output == *"replicas_min is above replicas_max"* ]]
	printf 'time_s,load_milli\n5,1\n5,2\n' >"$BATS_TEST_TMPDIR/load.csv"
	sed -i 's/replicas_min: 3, //' "$services"
	run -1 sim
	[[ $output == *"load.csv:3:1: time_s is not after that of the line before"* ]]
}
