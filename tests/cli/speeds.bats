#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# Speeds in the daemon: learnt from runs that ended, and set by the operator.

load common
load daemon

# Two nodes with one device each, of two makes; the slow one comes first, as long as nobody knows.
two_kinds() {
	cat >"$BATS_TEST_TMPDIR/two.yaml" <<-'END'
		fleet:
		  chips:
		    - {name: new, rule: whole}
		    - {name: old, rule: whole}
		  nodes:
		    - {name: a, cores: 4, memory_gib: 64, pools: [{chip: new, devices: 1}]}
		    - {name: b, cores: 4, memory_gib: 64, pools: [{chip: old, devices: 1}]}
	END
	start_engine --dry --fleet "$BATS_TEST_TMPDIR/two.yaml" "$@"
}

# submit KIND [OPTION]...: a job of 3 s of work, which the new chip does in 1 s.
submit() {
	parc submit --kind "$1" --expected 3 --devices 1 --chip old --chip new \
		--env PARC_DRY_S_old=3 --env PARC_DRY_S_new=1 "${@:2}" -- x
}

chip_of() {
	parc show "$1" --json | jq -r '.devices[0].chip'
}

# until_ended ID...
until_ended() {
	local id
	for id; do parc logs -f "$id" >/dev/null; done
}

@test "the second round of jobs goes to the chip that was measured to be faster" {
	two_kinds
	submit mill
	[[ $(chip_of 1) == old ]]
	submit mill
	submit other --env PARC_DRY_EXIT=1 # a failed run teaches nothing
	until_ended 1 2 3
	run -0 parc speeds
	[[ $output == *mill*new*learnt*mill*old*learnt* ]]
	[[ $(parc speeds --json | jq '[.speeds[] | select(.kind == "mill" and .beside == null) | .runs] | add') == 2 ]]
	[[ $(parc speeds --json | jq '[.speeds[] | select(.kind == "other")] | length') == 0 ]]
	submit mill
	[[ $(chip_of 4) == new ]]
	until_ended 4
	[[ $(parc speeds --json | jq '.speeds[] | select(.chip == "new") | .runs') == 2 ]]

	# It is in the journal, so a daemon that starts again knows it, and decided again it is the same.
	before=$(parc speeds --json)
	stop_daemon KILL
	two_kinds
	[[ $(parc speeds --json) == "$before" ]]
	stop_daemon
	parc audit "$data"
	[[ $(parc whatif "$data" --json | jq .as_recorded) == true ]]
}

@test "a job that counts seconds of the reference chip teaches by what it counted" {
	two_kinds
	parc submit --kind mill --devices 1 --chip new --expected 100 --env PARC_DRY_S=3 -- x
	until (($(parc show 1 --json | jq 'now * 1e6 - .attempt_list[0].started_us | floor') > 1200000)); do :; done
	call POST /v1/jobs/1/progress -d '{"done": 30}'
	until_ended 1
	# 30 s of work in something over 1.2 s, and not 100 s in 3 s
	(($(parc speeds --json | jq '.speeds[0].speed_milli') < 25001))
	[[ $(parc speeds --json | jq -c '.speeds[0] | [.chip, .source, .runs]') == '["new","learnt",1]' ]]
}

@test "a share teaches the speed of what it asked for, also where it was given all of the chip" {
	two_kinds
	parc submit --kind mill --expected 3 --devices 1 --share 0.5 --chip new --env PARC_DRY_S=1 -- x
	until_ended 1
	[[ $(parc show 1 --json | jq '.devices[0].share_milli') == 1000 ]]
	# 3 s of work in 1 s, on twice of what it asked for
	parc speeds --json | jq -e '.speeds[0] | .chip == "new" and .speed_milli > 500 and .speed_milli <= 1500'
	stop_daemon
	parc audit "$data"
}

@test "the operator sets speeds, also of pairs, in the configuration" {
	config=$BATS_TEST_TMPDIR/c.yaml
	cat >"$config" <<-'END'
		serve:
		  speeds:
		    - {kind: mill, chip: old, speed_milli: 3000}
		    - {kind: mill, beside: other, chip: old, speed_milli: 600}
		    - {kind: mill, chip: new, speed_milli: 500}
	END
	two_kinds --config "$config"
	[[ $(parc speeds --json | jq -c '.speeds[] | [.kind, .beside, .chip, .speed_milli, .source]') == \
		'["mill",null,"old",3000,"set"]
["mill","other","old",600,"set"]
["mill",null,"new",500,"set"]' ]]
	submit mill
	[[ $(chip_of 1) == old ]]

	# One is changed, one goes; a file with a mistake changes nothing.
	printf 'serve:\n  speeds: [{kind: mill, chip: new, speed_milli: 9000}]\n' >"$config"
	parc reload
	[[ $(parc speeds --json | jq -c '[.speeds[] | select(.source == "set") | [.chip, .speed_milli]]') == '[["new",9000]]' ]]
	submit mill
	[[ $(chip_of 2) == new ]]
	printf 'serve:\n  speeds: [{kind: mill, chip: none, speed_milli: 1}]\n' >"$config"
	run -1 parc reload
	[[ $output == *'c.yaml:2:'*'the fleet has no chip "none"'* ]]
	[[ $(parc speeds --json | jq -c '[.speeds[] | select(.source == "set") | .speed_milli]') == '[9000]' ]]
	stop_daemon
	parc audit "$data"
}

@test "two jobs share a device when their pair is worth it, and the receipt counts both shares" {
	cat >"$BATS_TEST_TMPDIR/one.yaml" <<-'END'
		fleet:
		  chips: [{name: A100, memory_gib: 80, step_milli: 10}]
		  nodes: [{name: a, cores: 4, memory_gib: 64, pools: [{chip: A100, devices: 1}]}]
	END
	cat >"$BATS_TEST_TMPDIR/c.yaml" <<-'END'
		serve:
		  policy: {backfill: deal, pairs: true, order: attained}
		  speeds:
		    - {kind: x, chip: A100, speed_milli: 1000}
		    - {kind: y, chip: A100, speed_milli: 1000}
		    - {kind: x, beside: y, chip: A100, speed_milli: 900}
		    - {kind: y, beside: x, chip: A100, speed_milli: 900}
	END
	start_engine --dry --fleet "$BATS_TEST_TMPDIR/one.yaml" --config "$BATS_TEST_TMPDIR/c.yaml"
	parc submit --kind x --preemptible --devices 1 --device-memory 8G --expected 3 --env PARC_DRY_S=3 -- x
	parc submit --kind y --preemptible --devices 1 --device-memory 8G --expected 1 --env PARC_DRY_S=1.2 -- y
	until_ended 2
	[[ $(parc show 2 --json | jq '.devices[0].share_milli') == 500 ]]
	until_ended 1
	# The first had all of it, then half for 1.2 s or more of 3 s, then all again.
	receipt=$(parc show 1 --json | jq '(.promised.milli_us | tonumber) / (.attempt_list[0] | .end_us - .started_us)')
	jq -ne "$receipt > 500 and $receipt < 850"
	# What ran beside another teaches nothing of the chip alone.
	[[ $(parc speeds --json | jq '[.speeds[].runs] | add') == 0 ]]
	stop_daemon
	parc audit "$data"
}

@test "a kind is a tenant's own, unless the operator says that it is shared" {
	config=$BATS_TEST_TMPDIR/c.yaml
	tenants='tenants: [{name: lab, users: [root]}, {name: shop, users: [root]}]'
	printf 'serve: {%s}\n' "$tenants" >"$config"
	two_kinds --config "$config"
	learnt() { parc speeds --json | jq -c '[.speeds[] | select(.source == "learnt") | [.tenant, .kind, .chip, .runs]] | sort'; }
	submit mill --tenant lab
	submit mill --tenant lab
	until_ended 1 2
	[[ $(learnt) == '[["lab","mill","new",1],["lab","mill","old",1]]' ]]
	# The other tenant's mill is another kind: nothing is known of it, so it goes where lab's would not.
	submit mill --tenant lab
	submit mill --tenant shop
	[[ $(chip_of 3) == new && $(chip_of 4) == old ]]
	until_ended 3 4
	[[ $(learnt) == *'["shop","mill","old",1]'* ]]
	run -0 parc speeds
	[[ $output == *"shop          mill"* ]]

	# Shared: from now on one kind of a new number, of both.
	printf 'serve: {%s, shared_kinds: [mill]}\n' "$tenants" >"$config"
	parc reload
	submit mill --tenant lab
	submit mill --tenant shop
	until_ended 5 6
	[[ $(parc speeds --json | jq -c '[.speeds[] | select(.tenant == null) | .runs] | add') == 2 ]]

	# What the operator sets is of one tenant, or of all.
	printf 'serve: {%s, speeds: [{tenant: shop, kind: mill, chip: old, speed_milli: 7000}]}\n' "$tenants" >"$config"
	parc reload
	[[ $(parc speeds --json | jq -c '[.speeds[] | select(.source == "set") | [.tenant, .kind]]') == '[["shop","mill"]]' ]]
	printf 'serve: {%s, shared_kinds: [mill], speeds: [{tenant: shop, kind: mill, chip: old, speed_milli: 1}]}\n' "$tenants" >"$config"
	run -1 parc reload
	[[ $output == *"take the one or the other"* ]]
	printf 'serve: {%s, speeds: [{tenant: nobody, kind: mill, chip: old, speed_milli: 1}]}\n' "$tenants" >"$config"
	run -1 parc reload
	[[ $output == *"of 'nobody', which is no tenant"* ]]
	printf 'serve: {shared_kinds: [lab/mill]}\n' >"$config"
	run -1 parc reload
	[[ $output == *"expected a name of 1 to 63 letters"* ]]
	stop_daemon
	parc audit "$data"
}
