#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Looking back at a daemon's journal: audit and what-if, beside the daemon and without it.

load common
load daemon

# Some jobs: two wait for the first, which runs until it is cancelled, one for one of these.
some_jobs() {
	parc submit --devices 4 --env PARC_DRY_S=600 -- true
	parc submit --devices 4 --env PARC_DRY_S=0.2 -- true
	parc submit --devices 4 --env PARC_DRY_S=0.1 --expected 0.1s -- true
	parc submit --devices 1 --env PARC_DRY_S=0.01 --expected 0.01s --after 2:ok -- true
	parc submit --hold --devices 1 -- true
	parc cancel 5
	parc cancel 1
	for job in 1 2 3 4; do parc logs -f $job; done
}

@test "the recorded policy decides the same again, beside the daemon and after it" {
	start_daemon
	some_jobs
	run -0 parc whatif "$data"
	[[ $output == *"Every event and every action is as recorded"* ]]
	stop_daemon KILL
	start_daemon
	parc run --devices 1 -- true
	stop_daemon
	run -0 parc whatif "$data" --json
	[[ $(jq .as_recorded <<<"$output") == true ]]
	[[ $(jq -c .recorded.wait <<<"$output") == $(jq -c .tried.wait <<<"$output") ]]
	[[ $(jq -c .recorded.waterfall <<<"$output") == $(jq -c .tried.waterfall <<<"$output") ]]
	[[ $(jq -r .rests_on.assumed_length_milli_us <<<"$output") == 0 ]]
	run -0 parc audit "$data"
	[[ $output == *"all as recorded"* ]]
}

@test "another policy is shown beside the record" {
	start_daemon
	some_jobs
	echo "policy: {order: shortest, backfill: conservative}" >"$BATS_TEST_TMPDIR/p.yaml"
	run -0 parc whatif "$data" --policy "$BATS_TEST_TMPDIR/p.yaml"
	[[ $output == *"order "*"fifo"*"shortest"* ]]
	[[ $output == *"The first difference is at record "* ]]
	run -0 parc whatif "$data" --policy "$BATS_TEST_TMPDIR/p.yaml" --json
	[[ $(jq -r .tried.policy.order <<<"$output") == shortest ]]
	[[ $(jq .tried.jobs <<<"$output") == 5 ]]
	[[ $(jq -r .tried.capacity_milli_us <<<"$output") == $(jq -r .recorded.capacity_milli_us <<<"$output") ]]
}

@test "a changed state is found" {
	command -v sqlite3 >/dev/null || skip "there is no sqlite3"
	start_daemon
	parc submit --hold --devices 1 -- true
	parc submit --hold --devices 1 -- true
	stop_daemon
	rm -f "$data"/snapshot-*
	sqlite3 "$data/parc.db" "UPDATE journal SET digest = digest + 1 WHERE number = (SELECT max(number) FROM journal)"
	run -1 parc audit "$data"
	[[ $output == *"the state is another"* ]]
}

@test "what is no folder of a daemon, and no policy, is refused" {
	run -1 parc whatif "$BATS_TEST_TMPDIR/none"
	[[ $output == "parc: $BATS_TEST_TMPDIR/none: No such file or directory" ]]
	run -2 parc whatif
	[[ $output == *"name the folder of a daemon"* ]]
	run -2 parc whatif a b
	[[ $output == *"'b' is too many"* ]]
	start_daemon
	echo "policy: {order: best}" >"$BATS_TEST_TMPDIR/p.yaml"
	run -1 parc whatif "$data" --policy "$BATS_TEST_TMPDIR/p.yaml"
	[[ $output == *"p.yaml:1:"* ]]
	run -1 parc whatif "$data" --policy "$BATS_TEST_TMPDIR/q.yaml"
	[[ $output == *"q.yaml"* ]]
}
