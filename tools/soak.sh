#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Run the soak (tests/soak) as a check; prints TAP.
#
# Usage: tools/soak.sh short N    the Nth part of the short runs: 2500 seeds
#        tools/soak.sh long       fewer runs of more events
#        tools/soak.sh asan       some of both with the sanitizers
#        tools/soak.sh plant      each planted fault must be found, and shrunk to a few events
#
# The seeds are fixed, so that a check that failed fails again; `make soak SEED=..` tries others.
set -u
cd "$(dirname "$0")/.." || exit 1

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
number=0
failed=0

say() { # verdict text
	number=$((number + 1))
	[ "$1" = "ok" ] || failed=1
	echo "$1 $number - $2"
}

# No invariant may be broken.
sound() { # text program options...
	local text=$1
	shift
	if "$@" >"$work/log" 2>&1 && grep -q 'no invariant was broken' "$work/log"; then
		say ok "$text: $(tail -n 1 "$work/log")"
	else
		say "not ok" "$text"
		sed 's/^/# /' "$work/log"
	fi
}

# The fault must be found as one of these kinds, and at most 12 events may be left.
found() { # fault kinds
	local kind left
	build/soak --seed 1 --runs 400 --plant "$1" >"$work/log" 2>&1
	kind=$(sed -n 's/^Shrunk from .* tries: \([^:]*\):.*/\1/p' "$work/log")
	left=$(grep '^[0-9]*s\{0,1\} [a-z]' "$work/log" | grep -vc ' runs, ')
	if [[ -n $kind && " $2 " == *" $kind "* && $left -ge 1 && $left -le 12 ]]; then
		say ok "a planted fault in $1 is found ($kind) and shrunk to $left events"
	else
		say "not ok" "a planted fault in $1 is found and shrunk"
		sed 's/^/# /' "$work/log"
	fi
}

# What a failure leaves must fail again when it is run from its text.
again() { # fault
	local seed
	build/soak --seed 1 --runs 400 --plant "$1" >"$work/log" 2>&1
	seed=$(sed -n 's/^FAILED: seed \([0-9]*\),.*/\1/p' "$work/log")
	if build/soak --seed "$seed" --script "$work/log" >"$work/sound" &&
		! build/soak --seed "$seed" --script "$work/log" --plant "$1" >"$work/broken"; then
		say ok "the script that a fault in $1 leaves fails again, and only with the fault"
	else
		say "not ok" "the script that a fault in $1 leaves fails again, and only with the fault"
		sed 's/^/# /' "$work/log" "$work/sound"
	fi
}

case "${1:-} ${2:-}" in
"short "[1-4])
	echo "1..1"
	sound "short runs, part $2" \
		build/soak --seed $((($2 - 1) * 2500 + 1)) --runs 2500 --events 30
	;;
"long ")
	echo "1..23"
	sound "long runs" build/soak --seed 500000 --runs 60 --events 400
	# Tenants' gates: trials that run just then, and a queue in strict order that ends early. Told to
	# give way for nobody: a guest whose host's node has no core left; pairs that are not allowed any
	# more; a reservation that counted on what was given back for a try. Gates left half open after a
	# deal; holds that left a node in the order of a list. Strict order, and a recall for who fits as
	# things are. Deals: stopped for one whom what started before barred; parts of devices taken for
	# room. A guarantee that short work used up, with others at its gate; a new one, and a
	# reservation in its place. A recall that a stop allowed.
	for seed in 71308:120 80033:120 80136:120 70595:120 71319:100 91133:100 92162:100 \
		200224:200 200340:200 200880:300 202099:300 200868:300 203534:200 202222:300 \
		600211:250 600245:250 600299:250 880037:250 990130:250 2107043:250 600625:250 600475:250; do
		sound "seed ${seed%:*}, which failed once" \
			build/soak --seed "${seed%:*}" --runs 1 --events "${seed#*:}"
	done
	;;
"asan ")
	echo "1..2"
	sound "short runs" build/asan/soak --seed 600000 --runs 120 --events 40
	sound "long runs" build/asan/soak --seed 700000 --runs 4 --events 300
	;;
"plant ")
	echo "1..6"
	found action "apply apply-digest audit"
	found share "N1"
	found ledger "L1 L2"
	found state "audit audit-digest"
	found wake "audit forgotten liveness"
	again wake
	;;
*)
	echo "Usage: tools/soak.sh short 1..4 | long | asan | plant" >&2
	exit 2
	;;
esac
exit $failed
