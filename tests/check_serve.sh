#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Rounds of kill -9 under load with real processes: the daemon, in every third round its
# supervisors too. What was answered is there again, no attempt runs twice, what ended is known,
# and an audit of the whole journal is clean. ROUNDS=20.
set -u
cd "$(dirname "$0")/.." || exit 1
# shellcheck source=tools/tap.sh
. tools/tap.sh
rounds=${ROUNDS:-20}
work=$(mktemp -d)
export PARC_SOCKET=$work/s
PARC=$(realpath "${PARC:-build/parc}")
daemon=

# Processes of the supervisors of this test's folder.
supervisors() { pgrep -f "supervise $work/data/engine/claims" || true; }

cleanup() {
	[ -z "$daemon" ] || kill -9 "$daemon" 2>/dev/null
	# shellcheck disable=SC2046  # process ids
	kill -9 $(supervisors) 2>/dev/null
	rm -rf "$work"
}
trap cleanup EXIT

# Start the daemon and return when it listens.
start() {
	local line=
	rm -f "$work/pipe"
	mkfifo "$work/pipe"
	"$PARC" serve --data "$work/data" --socket "$PARC_SOCKET" --config "$work/config.yaml" \
		2>"$work/pipe" &
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

# Submit until the daemon is gone; each number that was answered goes to a file. A job writes a
# line of its own number and attempt: one that is there twice ran twice.
load() {
	# shellcheck disable=SC2016  # the job's shell expands it
	while "$PARC" submit --json --cpu 0.1 --requeue --env "RAN=$work/ran" --directory / \
		--key "$1.$RANDOM.$RANDOM" -- sh -c 'echo "$PARC_JOB.$PARC_ATTEMPT" >>"$RAN"' \
		>>"$work/answered.$1" 2>/dev/null; do
		:
	done
}

answered() { cat "$work"/answered.* 2>/dev/null | wc -l; }

round() {
	local number=$1 enough
	start || { echo "round $number: it did not start: $(tail -n 1 "$work/log")" && return 1; }
	enough=$(($(answered) + 1 + number % 5))
	load "$number.a" &
	load "$number.b" &
	# Kill it at a moment that depends on how far the load got, not on a clock.
	while [ "$(answered)" -lt $enough ]; do
		kill -0 $daemon 2>/dev/null || { echo "round $number: it died by itself" && return 1; }
	done
	kill -9 $daemon
	wait $daemon 2>/dev/null
	daemon=
	# shellcheck disable=SC2046  # process ids
	[ $((number % 3)) -ne 0 ] || kill -9 $(supervisors) 2>/dev/null
	wait
}

echo "serve: {snapshot_records: 1000, policy: {requeue_max: 1000, preempt: true, run_min: 0s, grace: 1s}}" >"$work/config.yaml"
touch "$work/ran"
failed=
for number in $(seq "$rounds"); do
	failed=$(round "$number" 2>/dev/null)
	[ -z "$failed" ] || break
done
tap_report "$rounds rounds of kill -9 under load" "$failed"

# What the load has not: gangs, one that fails, a job that gives way and goes on, an array, a time
# limit, a cancel; the daemon and its supervisors die in the middle of it.
mixed() {
	local low high cores
	cores=$(nproc)
	# shellcheck disable=SC2016  # the job's shell expands it
	low=$(submit --cpu "$cores" --preemptible --requeue -- sh -c '[ "$PARC_ATTEMPT" -gt 1 ] || exec sleep 1000')
	until_running "$low" || { echo "job $low does not run" && return; }
	high=$(submit --cpu "$cores" --tier 3 -- true)
	# shellcheck disable=SC2016
	submit --group tasks=1,cpu=0.1 --group tasks=2,cpu=0.1 -- sh -c '[ "$PARC_TASK" -ne 2 ]' >/dev/null
	submit --group tasks=1,cpu=0.1 --group tasks=3,cpu=0.2 --requeue -- true >/dev/null
	# shellcheck disable=SC2016
	submit --cpu 0.3 --array 1-6%2 -- sh -c 'exit $((PARC_JOB % 2))' >/dev/null
	submit --cpu 0.1 --time 1s -- sleep 1000 >/dev/null
	"$PARC" cancel "$(submit --cpu 0.1 -- sleep 1000)" >/dev/null
	kill -9 $daemon
	wait $daemon 2>/dev/null
	# shellcheck disable=SC2046  # process ids
	kill -9 $(supervisors) 2>/dev/null
	start || { echo "it did not start again" && return; }
	for _ in $(seq 2000); do
		[ "$("$PARC" queue --json | grep -c '"job"')" -ne 0 ] || return
	done
	echo "not all of it ended; job $low, which gave way to $high: $("$PARC" show "$low")"
}

submit() { "$PARC" submit --json --directory / "$@" | sed -n 's/.*"job": \([0-9]*\).*/\1/p'; }

until_running() {
	for _ in $(seq 2000); do
		"$PARC" show "$1" --json | grep -q '"state": "running"' && return
	done
	return 1
}

start
jobs=$(cat "$work"/answered.* | sed -n 's/.*"job": \([0-9]*\).*/\1/p')
problems=
for job in $jobs; do
	shown=$("$PARC" logs -f "$job" >/dev/null 2>&1 && "$PARC" show "$job" --json 2>/dev/null)
	case $shown in
	*'"state": "ended"'*) ;;
	*) problems+="job $job was answered and did not end"$'\n' ;;
	esac
	case $shown in
	*'"result": "ok"'* | *'"result": "lost"'*) ;;
	*) problems+="job $job: $(sed -n 's/^  "result"/result/p' <<<"$shown")"$'\n' ;;
	esac
done
tap_report "all $(answered) jobs that were answered are there and came to an end" "${problems%$'\n'}"
tap_report "no number was given twice" "$(cat "$work"/answered.* | sort | uniq -d)"
mixed >"$work/mixed"
tap_report "gangs, preemption, an array, limits, and a kill in the middle of them" "$(cat "$work/mixed")"
tap_report "no attempt ran twice, of $(wc -l <"$work/ran") that ran" "$(sort "$work/ran" | uniq -d)"
tap_report "none ran that nobody knew of" "$(grep 'nobody knows' "$work/log")"
kill -TERM $daemon
wait $daemon
tap_report "it stops cleanly" "$([ $? -eq 0 ] || tail -n 1 "$work/log")"
daemon=
tap_run "an audit of the whole journal is clean" "$PARC" audit "$work/data"
tap_run "its outside events decide the same again" "$PARC" whatif "$work/data"
gave_way=$("$PARC" whatif "$work/data" | grep -c '^gave way to others')
tap_report "among them one that gave way" "$([ "$gave_way" -eq 1 ] || echo "none did")"
tap_end
