#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# One policy file for the simulator and the daemon.

load common
load daemon

setup() {
	policy=$BATS_TEST_TMPDIR/policy.yaml
	printf 'fleet:\n  nodes: [{name: n, cores: 8, pools: [{chip: A100, devices: 4}]}]\n' \
		>"$BATS_TEST_TMPDIR/small.yaml"
	printf 'submit_s,length_s,devices,tier\n0,4000,4,0\n700,100,4,3\n' >"$BATS_TEST_TMPDIR/jobs.csv"
}

replay() { # replay [OPTION]...: "PREEMPTED MAKESPAN"
	parc sim --fleet "$BATS_TEST_TMPDIR/small.yaml" --trace "$BATS_TEST_TMPDIR/jobs.csv" \
		--format csv --json "$@" | jq -r '"\(.preempted) \(.makespan_s) \(.policy)"'
}

@test "docs/policy.md is what the program says (parc help --policy)" {
	diff <(parc help --policy) docs/policy.md
}

@test "a policy file gives a replay what the options would" {
	echo 'policy: {preempt: true, run_min: 10m}' >"$policy"
	run -0 replay --policy-file "$policy"
	[ "$output" = "1 4100 policy.yaml" ]
	run -0 replay --policy easy:preempt:fair --run-min 600 --requeue 3
	[[ $output == "1 4100 "* ]]
	run -0 replay --policy easy
	[[ $output == "0 4100 "* ]]
}

@test "an option wins over the file, wherever it stands" {
	echo 'policy: {preempt: true, run_min: 10m}' >"$policy"
	run -0 replay --run-min 5000 --policy-file "$policy"
	[[ $output == "0 4100 "* ]]
	run -0 replay --policy-file "$policy" --run-min 5000
	[[ $output == "0 4100 "* ]]
	run -0 replay --policy-file "$policy" --compare fifo
	[[ $output == "1 4100 fifo" ]]
}

@test "rights by tier hold in a replay" {
	echo 'policy: {preempt: true, rights: {5: all}}' >"$policy"
	run -0 replay --policy-file "$policy"
	[[ $output == "0 4100 "* ]]
	echo 'policy: {preempt: true, rights: {3: [0]}}' >"$policy"
	run -0 replay --policy-file "$policy"
	[[ $output == "1 4100 "* ]]
}

@test "a file with a mistake is refused with its place" {
	printf 'policy:\n  order: fifo\n  gracious: 5s\n' >"$policy"
	run -1 parc sim --fleet "$BATS_TEST_TMPDIR/small.yaml" --trace "$BATS_TEST_TMPDIR/jobs.csv" \
		--format csv --policy-file "$policy"
	[[ $output == *"policy.yaml:3:3: a policy has no key \"gracious\""* ]]
	echo 'policy: {}' >"$policy"
	run -2 parc sim --fleet x --trace y --saturate 1 --policy-file "$policy"
}
