#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Tenants of the daemon: from its configuration, and set by command.

load common
load daemon

setup() {
	config=$BATS_TEST_TMPDIR/c.yaml
	cat >"$config" <<-'END'
		serve:
		  tenants: tenants.yaml
	END
	cat >"$BATS_TEST_TMPDIR/tenants.yaml" <<-'END'
		tenants:
		  - name: lab
		    guarantee_devices: 6
		    guarantee_chips: [A100]
		    tenants:
		      - {name: vision, weight: 2, guarantee_devices: 4, users: [alice]}
		      - {name: speech, users: [carol]}
		  - {name: web, parent: lab}
	END
}

# of FIELD NAME: one field of `parc tenant show --json`.
of() {
	parc tenant show "$2" --json | jq -c ".$1"
}

@test "the daemon takes the tree of tenants that the simulator reads" {
	start_daemon --config "$config"
	run -0 parc tenant
	[[ ${lines[2]} == "lab  "*" 6 "* ]]
	[[ ${lines[3]} == "  vision "*" 2 "*" 4 "*alice ]]
	[[ $(of parent web) == '"lab"' ]]
	[[ $(of guarantee_chips lab) == '["A100"]' ]]
	[[ $(of guarantee_chips vision) == '[]' ]]
	printf 'fleet:\n  nodes: [{name: n, cores: 8, pools: [{chip: A100, devices: 4}]}]\n' \
		>"$BATS_TEST_TMPDIR/small.yaml"
	printf 'submit_s,length_s,tenant,devices\n0,10,web,1\n' >"$BATS_TEST_TMPDIR/jobs.csv"
	run -0 parc sim --fleet "$BATS_TEST_TMPDIR/small.yaml" --trace "$BATS_TEST_TMPDIR/jobs.csv" \
		--format csv --tenants "$BATS_TEST_TMPDIR/tenants.yaml" --json
}

@test "a tenant set by command is in force at once, is kept, and can be unset" {
	start_daemon --config "$config"
	parc tenant set speech --weight 5 --limit 2.5 --add-user dave
	parc tenant set new --parent speech --guarantee 1 --chips A100 --jobs-max 1
	[[ $(of weight speech) == 5 && $(of limit_milli speech) == 2500 ]]
	[[ $(of users speech) == '["carol","dave"]' && $(of set_by speech) == '"command"' ]]
	parc submit --tenant new "${stay[@]}" --devices 1 -- true
	parc submit --tenant new "${stay[@]}" --devices 1 -- true
	run -0 parc why 2
	[[ $output == *"its tenant is at its limit"* ]]
	[[ $(of held_milli new) == 1000 ]]
	stop_daemon KILL
	start_daemon --config "$config"
	[[ $(of weight speech) == 5 && $(of parent new) == '"speech"' ]]
	parc tenant set new --jobs-max 0
	[[ $(field state 2) != pending ]]
	parc tenant unset new
	run -1 parc tenant show new
	run -1 parc submit --tenant new -- true
	parc tenant unset speech
	[[ $(of weight speech) == 1 && $(of users speech) == '["carol"]' ]]
	run -1 parc tenant unset speech
	[[ $output == *"as the configuration file has it"* ]]
	stop_daemon
	run -0 parc audit "$data"
}

@test "what was set by command holds until the file says something else of that tenant" {
	start_daemon --config "$config"
	parc tenant set speech --weight 5
	sed -i 's/weight: 2/weight: 3/' "$BATS_TEST_TMPDIR/tenants.yaml"
	parc reload
	[[ $(of weight speech) == 5 && $(of weight vision) == 3 ]]
	sed -i 's/users: \[carol\]/users: [zoe]/' "$BATS_TEST_TMPDIR/tenants.yaml"
	parc reload
	[[ $(of weight speech) == 1 && $(of users speech) == '["zoe"]' ]]
	grep -q "speech by command gives way" "$log"
}

@test "a tenant has several guarantees, each for chips of its own" {
	fleet_write
	sed -i '/A100, memory/a\    - {name: H100, memory_gib: 80}\n    - {name: H800, memory_gib: 80}' \
		"$BATS_TEST_TMPDIR/fleet.yaml"
	cat >"$config" <<-'END'
		serve:
		  policy: {lend: none}
		  tenants:
		    - name: lab
		      guarantees:
		        - {devices: 6, chips: [A100]}
		        - {milli: 2500, chips: [H100, H800]}
		    - {name: other}
	END
	start_engine --dry --fleet "$BATS_TEST_TMPDIR/fleet.yaml" --config "$config"
	[[ $(of guarantees lab) == '[{"milli":6000,"chips":["A100"]},{"milli":2500,"chips":["H100","H800"]}]' ]]
	[[ $(of guarantee_milli lab) == 8500 && $(of guarantee_chips lab) == '["A100","H100","H800"]' ]]
	run -0 parc tenant show lab
	[[ $output == *"guarantee        6 devices of A100"*"guarantee        2.5 devices of H100, H800"* ]]
	# Of A100 two are left for others, whatever is guaranteed of other chips.
	parc submit --tenant other "${stay[@]}" --devices 3 --chip A100 -- true
	run -0 parc why 1
	[[ $output == *"guaranteed to other tenants"* ]]
	parc submit --tenant other "${stay[@]}" --devices 2 --chip A100 -- true
	[[ $(field state 2) != pending ]]
	parc tenant set other --guarantee 1:A100 --guarantee 2:H800,H100
	[[ $(of guarantees other) == '[{"milli":1000,"chips":["A100"]},{"milli":2000,"chips":["H100","H800"]}]' ]]
	stop_daemon KILL
	start_engine --dry --fleet "$BATS_TEST_TMPDIR/fleet.yaml" --config "$config"
	[[ $(of guarantees other) == '[{"milli":1000,"chips":["A100"]},{"milli":2000,"chips":["H100","H800"]}]' ]]
	run -1 parc tenant set other --guarantee 3
	[[ $output == *"other has several: give guarantees, all of them"* ]]
	run -1 parc tenant set other --guarantee 1:A100 --guarantee 2:H100,A100
	[[ $output == *"guarantees 1 and 2 of the tenant can both be fulfilled by A100"* ]]
	run -1 parc tenant set other --guarantee 1:A100 --guarantee 2:B200
	[[ $output == *"there is no chip 'B200' here"* ]]
	run -2 parc tenant set other --guarantee 1:A100 --guarantee 2
	run -2 parc tenant set other --guarantee 1:
	run -2 parc tenant set other --guarantee 1:A100 --chips A100
	run -1 parc tenant set sub --parent lab --guarantee 1:A100 --guarantee 3:H100
	[[ $output == *"the tenants below lab are guaranteed 3 devices of its guarantee 2, which has 2.5"* ]]
	parc tenant set sub --parent lab --guarantee 6:A100 --guarantee 2:H100
	parc tenant set other --guarantee 0
	[[ $(of guarantees other) == '[]' ]]
	parc tenant set other --guarantee 2 --chips A100
	[[ $(of guarantees other) == '[{"milli":2000,"chips":["A100"]}]' ]]
	stop_daemon
	run -0 parc audit "$data"
}

@test "a setting that cannot be is refused and changes nothing" {
	start_daemon --config "$config"
	before=$(parc tenant --json)
	wrong() { # SENTENCE ARGUMENT...
		local sentence=$1
		shift
		run -1 parc tenant set "$@"
		[[ $output == *"$sentence"* ]] || { echo "$*: $output"; return 1; }
	}
	wrong "the tenants below lab are guaranteed 7 devices, it has 6" vision --guarantee 7
	wrong "would be below itself" lab --parent speech
	wrong "the parent 'nobody' of vision is no tenant" vision --parent nobody
	wrong "there is no chip 'B200' here" vision --chips B200
	wrong "weight has to be a whole number from 1" vision --weight 0
	wrong "tenant has to be a name" "a b" --weight 2
	wrong "stands below no other" default --parent lab
	run -2 parc tenant set vision
	run -2 parc tenant set vision --guarantee much
	run -2 parc tenant --weight 3
	[[ $(parc tenant --json) == "$before" ]]
}

@test "a configuration that the core refuses half way changes nothing" {
	start_daemon --config "$config"
	parc tenant set deep1 --parent web
	for i in {2..14}; do parc tenant set deep$i --parent deep$((i - 1)); done
	before=$(parc tenant --json)
	cat >"$BATS_TEST_TMPDIR/tenants.yaml" <<-'END'
		tenants:
		  - {name: early, weight: 9}
		  - name: top
		    tenants: [{name: lab, weight: 7, tenants: [{name: web}]}]
	END
	run -1 parc reload
	[[ $output == *"would make the tree 17 levels deep"* ]]
	[[ $(parc tenant --json) == "$before" ]]
	run -1 parc tenant show early
}

@test "a tenant that is taken out of the file loses its guarantee" {
	start_daemon --config "$config"
	printf 'serve: {policy: {lend: none}, tenants: [{name: a, guarantee_devices: 8}, {name: b}]}\n' \
		>"$config"
	parc reload
	parc submit --tenant b "${stay[@]}" --devices 1 -- true
	run -0 parc why 1
	[[ $output == *"guaranteed to other tenants"* ]]
	printf 'serve: {policy: {lend: none}, tenants: [{name: b}]}\n' >"$config"
	parc reload
	[[ $(field state 1) != pending ]]
}
