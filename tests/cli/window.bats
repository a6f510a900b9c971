#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Reservations and maintenance in the daemon.

load common
load daemon

windows() {
	parc window --json | jq -c '[.windows[] | .phase]'
}

@test "nothing of unknown length starts before maintenance, and why says so" {
	start_daemon
	run -0 parc window add --start 1h --for 2h --maintenance --node gpu0 --node gpu1 --note disks
	[[ $output == "window 1" ]]
	parc submit --devices 1 "${stay[@]}" -- true
	parc submit --devices 1 --time 30m "${stay[@]}" -- true
	[[ $(field state 1) == pending && $(field state 2) != pending ]]
	run -0 parc why 1
	[[ $output == *"go to maintenance before it would end"*"window 1 "*"maintenance of gpu0, gpu1: disks"* ]]
	run -0 parc fleet
	[[ $output == *"window 1 "*"waits  maintenance of gpu0, gpu1: disks"* ]]
	parc window remove 1
	[[ $(field state 1) != pending ]]
	[[ $(windows) == "[]" ]]
	run -1 parc window remove 1
	run -1 parc window remove 7
}

@test "a reservation is for its tenant alone, outlives the daemon, and ends" {
	printf 'serve: {tenants: [{name: vision}, {name: other}]}\n' >"$BATS_TEST_TMPDIR/c.yaml"
	start_daemon --config "$BATS_TEST_TMPDIR/c.yaml"
	parc window add --for 1h --tenant vision --devices 8 --chip A100
	[[ $(windows) == '["begun"]' ]]
	stop_daemon KILL
	start_daemon --config "$BATS_TEST_TMPDIR/c.yaml"
	[[ $(windows) == '["begun"]' ]]
	parc submit --tenant other --devices 1 "${stay[@]}" -- true
	parc submit --tenant vision --devices 1 "${stay[@]}" -- true
	[[ $(field state 1) == pending && $(field state 2) != pending ]]
	[[ $(field reason 1) == reservation ]]
	parc window remove 1
	[[ $(field state 1) != pending ]]
	parc window add --for 100ms --user nobody --devices 1 --chip A100
	until_is "[]" windows
	stop_daemon
	run -0 parc audit "$data"
}

@test "a node is drained at a time" {
	start_daemon
	run -0 parc drain --at 1h --for 30m gpu0
	[[ $output == "window 1" ]]
	parc submit --devices 4 "${stay[@]}" -- true
	parc submit --devices 4 "${stay[@]}" -- true
	[[ $(parc show --json 1 | jq -r '.devices[0].node') == gpu1 ]]
	[[ $(field reason 2) == maintenance ]]
	parc drain gpu1
	run -0 parc fleet --json
	[[ $(jq -r '.nodes[1].state' <<<"$output") == drained ]]
	run -2 parc drain --at never gpu0
	run -1 parc drain --at 1h nowhere
}

@test "a window that cannot be is refused" {
	start_daemon
	wrong() { # SENTENCE ARGUMENT...
		local sentence=$1
		shift
		run -1 parc window add "$@"
		[[ $output == *"$sentence"* ]] || { echo "$*: $output"; return 1; }
	}
	wrong "for maintenance, or for a tenant" --for 1h --node gpu0
	wrong "for maintenance, or for a tenant" --for 1h --node gpu0 --maintenance --tenant default
	wrong "names nodes, or devices" --for 1h --maintenance
	wrong "there is no node 'gpu7'" --for 1h --maintenance --node gpu7
	wrong "stands twice" --for 1h --maintenance --node gpu0 --node gpu0
	wrong "there is no tenant 'x'" --for 1h --tenant x --node gpu0
	wrong "no user 'no-such-user'" --for 1h --user no-such-user --node gpu0
	wrong "there is no chip 'B200'" --for 1h --tenant default --devices 1 --chip B200
	wrong "after now" --start 2020-01-01T00:00 --end 2020-01-02T00:00 --maintenance --node gpu0
	run -2 parc window add --maintenance --node gpu0
	run -2 parc window add --for 1h --end 2h --maintenance --node gpu0
	run -2 parc window add --start soon --for 1h --maintenance --node gpu0
	run -2 parc window list --node gpu0
	[[ $(windows) == "[]" ]]
}

@test "why says by when a job starts, where that is known" {
	start_daemon
	parc submit --devices 4 --time 1h "${stay[@]}" -- true
	parc submit --devices 4 --time 2h "${stay[@]}" -- true
	parc submit --devices 4 "${stay[@]}" -- true
	parc submit --devices 4 "${stay[@]}" -- true
	run -0 parc why 3
	[[ $output == *"too few free devices"*"When: in "*" min "*" at the latest; it starts by then"* ]]
	[[ $(parc why 3 --json | jq '.start_by_us > 0') == true ]]
	run -0 parc why 4
	[[ $output == *"When: probably in "*"; an estimate, "* ]]
	[[ $(parc why 4 --json | jq .start_by_us) == null ]]
	run -0 parc why 1
	[[ $output != *When* ]]
	parc cancel 1
	until_is running field state 3
	parc cancel 2
	until_is running field state 4
	parc submit --devices 4 "${stay[@]}" -- true
	run -0 parc why 5
	[[ $output == *"When: what it waits for is reserved, but has no known end"* ]]
}
