#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Rounds of kill -9 while jobs are submitted: what was answered is there again, what the disk has
# is applied to the same digest, and an audit of the whole journal is clean. ROUNDS=20.
set -u
cd "$(dirname "$0")/.." || exit 1
# shellcheck source=tools/tap.sh
. tools/tap.sh
rounds=${ROUNDS:-20}
work=$(mktemp -d)
export PARC_SOCKET=$work/s
PARC=$(realpath "${PARC:-build/parc}")
daemon=
trap '[ -z "$daemon" ] || kill -9 $daemon 2>/dev/null; rm -rf "$work"' EXIT

cat >"$work/fleet.yaml" <<'END'
fleet:
  chips: [{name: A100, memory_gib: 80, step_milli: 10}]
  nodes: [{name: gpu, count: 2, cores: 16, memory_gib: 64, pools: [{chip: A100, devices: 4}]}]
END
echo "serve: {snapshot_records: 1000}" >"$work/config.yaml"

# Start the daemon and return when it listens.
start() {
	local line
	rm -f "$work/pipe"
	mkfifo "$work/pipe"
	"$PARC" serve --data "$work/data" --socket "$PARC_SOCKET" --config "$work/config.yaml" --dry \
		--fleet "$work/fleet.yaml" 2>"$work/pipe" &
	daemon=$!
	exec 4<"$work/pipe"
	while read -r -u 4 line; do
		echo "$line" >>"$work/log"
		case $line in *"listening on"*) break ;; esac
	done
	cat <&4 >>"$work/log" &
	exec 4<&-
	case $line in *"listening on"*) ;; *) return 1 ;; esac
}

# Submit until the daemon is gone; each number that was answered goes to a file.
load() {
	while "$PARC" submit --json --devices 1 --share 0.25 --requeue --env PARC_DRY_S=0.01 \
		--key "$1.$RANDOM.$RANDOM" -- true >>"$work/answered.$1" 2>/dev/null; do
		:
	done
}

round() {
	local number=$1 before after
	start || { echo "round $number: it did not start: $(tail -n 1 "$work/log")" && return 1; }
	before=$(cat "$work"/answered.* 2>/dev/null | wc -l)
	load "$number.a" &
	load "$number.b" &
	# Kill it at a moment that depends on how far the load got, not on a clock.
	after=$((before + 1 + number % 7))
	while [ "$(cat "$work"/answered.* 2>/dev/null | wc -l)" -lt $after ]; do
		kill -0 $daemon 2>/dev/null || { echo "round $number: it died by itself" && return 1; }
	done
	kill -9 $daemon
	wait $daemon 2>/dev/null
	daemon=
	wait
}

failed=
for number in $(seq "$rounds"); do
	failed=$(round "$number" 2>/dev/null)
	[ -z "$failed" ] || break
done
tap_report "$rounds rounds of kill -9 while jobs are submitted" "$failed"

start
missing=$(cat "$work"/answered.* | sed -n 's/.*"job": \([0-9]*\).*/\1/p' | while read -r job; do
	[ -n "$("$PARC" show "$job" 2>/dev/null)" ] || echo "job $job was answered and is not there"
done)
answered=$(cat "$work"/answered.* | wc -l)
tap_report "all $answered jobs that were answered are there" "$missing"
twice=$(cat "$work"/answered.* | sort | uniq -d)
tap_report "no number was given twice" "$twice"
kill -TERM $daemon
wait $daemon
tap_report "it stops cleanly" "$([ $? -eq 0 ] || tail -n 1 "$work/log")"
daemon=
tap_run "an audit of the whole journal is clean" "$PARC" audit "$work/data"
tap_end
