#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# parc sim with a tree of tenants: whose turn it is, what is lent and taken back, wrong files.

load common

setup() {
	fleet=$BATS_TEST_TMPDIR/fleet.yaml
	log=$BATS_TEST_TMPDIR/jobs.csv
	tenants=$BATS_TEST_TMPDIR/tenants.yaml
	cat >"$fleet" <<-END
		fleet:
		  chips: [{name: A100, memory_gib: 80, rule: whole}]
		  nodes: [{name: n, cores: 8, memory_gib: 8, pools: [{chip: A100, devices: 4}]}]
	END
	cat >"$log" <<-END
		submit_s,length_s,tenant,devices
		0,100000,guest,4
		1000,1000,team,2
		1001,1000,team,2
	END
	cat >"$tenants" <<-END
		tenants:
		  - name: org
		    guarantee_devices: 2
		    guarantee_chips: [A100]
		    tenants:
		      - {name: team, weight: 3, limit_devices: 4}
		  - {name: guest, pending_max: 1}
	END
}

replay() {
	run parc sim --fleet "$fleet" --trace "$log" --format csv --tenants "$tenants" \
		--verify --json "$@"
}

@test "a guarantee is taken back within its time" {
	replay --policy easy:reclaim --run-min 2000 --reclaim-time 60
	[ "$status" -eq 0 ]
	[[ $(jq '.tenants[] | select(.tenant == "team") | .wait_mean_s < 600' <<<"$output") == true ]]
	[[ $(jq '.preempted' <<<"$output") == 1 ]]
	[[ $(jq '.tenants[] | select(.tenant == "guest") | .preempted' <<<"$output") == 1 ]]
}

@test "without reclaim it waits for what others borrowed" {
	replay --policy easy
	[ "$status" -eq 0 ]
	[[ $(jq '.tenants[] | select(.tenant == "team") | .wait_mean_s > 90000' <<<"$output") == true ]]
	[[ $(jq '.guarantees.lent_hours > 0' <<<"$output") == true ]]
}

@test "nobody borrows where nothing is lent" {
	replay --policy easy:nobody
	[ "$status" -eq 0 ]
	[[ $(jq '.tenants[] | select(.tenant == "guest") | .started' <<<"$output") == 0 ]]
	[[ $(jq '.tenants[] | select(.tenant == "team") | .finished' <<<"$output") == 2 ]]
}

@test "a submission above the cap on waiting jobs is refused" {
	printf '0,10,guest,4\n0,10,guest,4\n0,10,guest,4\n' >>"$log"
	replay --policy easy
	[ "$status" -eq 0 ]
	[[ $(jq '.refused' <<<"$output") == 2 ]]
}

@test "what is wrong with a tree of tenants is said with its place" {
	wrong() { # TEXT SENTENCE
		printf '%b' "$1" >"$tenants"
		replay --policy easy
		[ "$status" -eq 1 ]
		[[ $output == *"$2"* ]]
	}
	wrong 'tenants: [{name: a}, {name: a}]\n' 'tenants.yaml:1:22: the tenant a stands here twice'
	wrong 'tenants: [{name: a, weight: 0}]\n' 'weight is "0", expected a whole number from 1'
	wrong 'tenants: [{name: a, guarantee_devices: 1, guarantee_chips: [B]}]\n' \
		'the fleet has no chip "B"'
	wrong 'tenants: [{name: a, guarantee_chips: [A100]}]\n' 'without guarantee_devices'
	wrong 'tenants: [{name: a, guarantee_devices: 1, tenants: [{name: b, guarantee_devices: 2}]}]\n' \
		'the tenants below a are guaranteed 2 devices, it has 1'
	wrong 'tenants: [{name: a, guarantees: [{devices: 1, chips: [A100]}, {devices: 2}]}]\n' \
		'tenants.yaml:1:63: guarantees 1 and 2 of the tenant can both be fulfilled by A100'
	wrong 'tenants: [{name: a, guarantees: [{chips: [A100]}]}]\n' 'chips without devices'
	wrong 'tenants: [{name: a, guarantees: [{devices: 0}]}]\n' 'needs devices, more than 0'
	wrong 'tenants: [{name: a, guarantees: [{device: 1}]}]\n' 'a guarantee has no key "device"'
	wrong 'tenants: [{name: a, guarantee_devices: 1, guarantees: [{devices: 1}]}]\n' \
		'a tenant has either guarantees, a list, or one guarantee'
	wrong 'tenants: [{name: a, guarantees: [{devices: 1}, {devices: 1}, {devices: 1}, {devices: 1}, {devices: 1}]}]\n' \
		'guarantees has 5 entries, at most 4'
	wrong 'tenants: [{name: a, budget: 1}]\n' 'a tenant has no key "budget"'
}

@test "a scheme that cannot preempt refuses to" {
	replay --policy fifo+deal:preempt
	[ "$status" -eq 2 ]
	[[ $output == *"preempt works with every backfill but deal"* ]]
}
