#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A full disk, and folders that are not what a daemon left: what goes on, and what is said.

load common
load daemon

disk=$BATS_TEST_TMPDIR/disk

teardown() {
	[[ -z ${daemon:-} ]] || stop_daemon KILL
	umount -l "$disk" 2>/dev/null || true
}

room_is_kept() { [[ $(stat -c %b "$data/parc.db-wal") -gt 30000 ]] && echo kept; }

# refused WORDS: a start fails and says so.
refused() {
	run -1 parc serve --data "$data" --socket "$PARC_SOCKET" --dry --fleet "$BATS_TEST_TMPDIR/fleet.yaml"
	[[ $output == *"$1"* ]]
}

@test "on a disk that others have filled cancels and ends are taken, and no new jobs" {
	mkdir "$disk"
	mount -t tmpfs -o size=130m none "$disk" 2>/dev/null || skip "no file system can be mounted"
	data=$disk/data
	start_daemon
	parc submit --json --hold --array 1-40 -- true
	parc submit "${stay[@]}" --devices 1 -- true
	until_is kept room_is_kept
	cat /dev/zero >"$disk/others" 2>/dev/null || true
	[[ $(stat -f -c %a "$disk") -eq 0 ]]
	for ((i = 0; i < 60; i++)); do
		call POST /v1/nodes/gpu0/drain >/dev/null
		call POST /v1/nodes/gpu0/resume >/dev/null
	done
	for ((i = 1; i <= 41; i++)); do parc cancel $i; done
	until_is cancelled field result 41
	run ! parc submit --hold -- true
	[[ $output == *"nearly full: jobs are taken again when there is room"* ]]
	stop_daemon KILL
	rm "$disk/others"
	run -0 parc audit "$data"
	start_daemon
	[[ $(field result 40) == cancelled ]]
}

@test "a database that is gone or older than a snapshot is told, not begun anew" {
	start_daemon
	parc submit --hold -- true
	stop_daemon
	cp -r "$data" "$BATS_TEST_TMPDIR/copy"
	start_daemon
	parc submit --hold -- true
	stop_daemon
	cp "$BATS_TEST_TMPDIR/copy/parc.db" "$data/parc.db"
	refused "is newer than the journal, which ends at record"
	rm "$data"/parc.db*
	refused "is newer than the journal, which ends at record 0"
}

@test "a database that is none is told, and what to do" {
	start_daemon
	parc submit --hold -- true
	stop_daemon
	printf garbage | dd of="$data/parc.db" bs=1 conv=notrunc status=none
	refused "file is not a database; the file is damaged: put back a copy"
	truncate -s 20000 "$data/parc.db"
	refused "the file is damaged"
}
