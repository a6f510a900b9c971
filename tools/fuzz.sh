#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Run the fuzzers that the Makefile built.
#
# Usage: tools/fuzz.sh replay NAME      every input of fuzz/corpus/NAME once; prints TAP (variant asan)
#        tools/fuzz.sh seed            write the corpora of encoded events and actions anew, after
#                                      their version changed (build/soak)
#        tools/fuzz.sh hunt SECONDS     look for new crashes; the fuzzers share the time (variant fuzz)
#
# NAME is that of the program, fuzz_text for fuzz/fuzz_text.c; its inputs lie in fuzz/corpus/NAME.
# A hunt keeps what it learns in build/fuzz/corpus/NAME and leaves what crashed in
# build/fuzz/crashes; a mended crash's input belongs into fuzz/corpus/NAME. fuzz/NAME.dict, if it
# is there, lists words of the format.
set -u
cd "$(dirname "$0")/.." || exit 1

limits=(-timeout=10 -rss_limit_mb=2048)

replay() {
	local name=$1 files inputs
	mapfile -t files < <(find "fuzz/corpus/$name" -type f 2>/dev/null)
	inputs=${#files[@]}
	echo "1..1"
	if [ "$inputs" -eq 0 ]; then
		echo "not ok 1 - fuzz/corpus/$name has inputs"
		return 1
	fi
	if "build/asan/replay_${name#fuzz_}" "${files[@]}"; then
		echo "ok 1 - $name survives $inputs inputs"
	else
		echo "not ok 1 - $name survives $inputs inputs"
		return 1
	fi
}

# What once crashed stays; the rest is what a soak meets first, of each kind.
seed() {
	local fuzzer
	for fuzzer in fuzz_event fuzz_actions; do
		find "fuzz/corpus/$fuzzer" -type f ! -name 'crash-*' -delete
	done
	build/soak --seed 1 --runs 1000 --inputs fuzz/corpus
}

hunt_one() {
	local name=$1 seconds=$2 learnt=build/fuzz/corpus/$1 options=()
	mkdir -p "$learnt" "fuzz/corpus/$name" build/fuzz/crashes
	[ -f "fuzz/$name.dict" ] && options=("-dict=fuzz/$name.dict")
	echo "== $name, $seconds s"
	"${calm[@]}" "build/fuzz/$name" "${limits[@]}" "${options[@]}" -max_total_time="$seconds" \
		-print_final_stats=1 -artifact_prefix="build/fuzz/crashes/$name-" \
		"$learnt" "fuzz/corpus/$name"
}

hunt() {
	local programs=() name crashed=0 each
	for name in fuzz/fuzz_*.c; do
		[ -e "$name" ] && programs+=("$(basename "$name" .c)")
	done
	if [ ${#programs[@]} -eq 0 ]; then
		echo "There are no fuzzers yet (fuzz/fuzz_NAME.c)."
		return 0
	fi
	each=$(($1 / ${#programs[@]}))
	[ "$each" -gt 0 ] || each=1
	for name in "${programs[@]}"; do
		hunt_one "$name" "$each" || crashed=$((crashed + 1))
	done
	echo "$crashed of ${#programs[@]} fuzzers found a crash"
	[ "$crashed" -eq 0 ]
}

# The sanitizers of clang 14 crash now and then where the kernel spreads addresses over 32 bits.
calm=()
setarch -R true 2>/dev/null && calm=(setarch -R)

case "${1:-} ${2:-}" in
"replay fuzz_"*) replay "$2" ;;
"seed ") seed ;;
"hunt "[1-9]*) hunt "$2" ;;
*)
	echo "Usage: tools/fuzz.sh replay NAME | seed | hunt SECONDS" >&2
	exit 2
	;;
esac
