#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Run every check that `make check` has built and close with one line, "N passed, N failed".
#
# A check is a name and a command that prints TAP. Each runs in the root of the project with a
# TMPDIR of its own; its output goes to build/check/NAME.log and is shown if it failed.
#
# Environment: ONLY=text       run the checks whose name contains it, for example /gcc/
#              JOBS=n          so many at one time
#              CHECK_SECONDS   kill a check after so long (it counts as failed); default 300
set -u
cd "$(dirname "$0")/.." || exit 1

export out=build/check limit=${CHECK_SECONDS:-300}
export CMOCKA_MESSAGE_OUTPUT=TAP
# A status that no command of parc uses, so that a test that expects a failure cannot hide a crash.
export ASAN_OPTIONS=exitcode=99:detect_stack_use_after_return=1
export UBSAN_OPTIONS=print_stacktrace=1:exitcode=99

# Tests make and drop thousands of cores of some megabytes. What is dropped stays with the process, so
# that its pages are not cleared anew each time: that took most of the time of test_ledger.
export MALLOC_TRIM_THRESHOLD_=268435456 MALLOC_MMAP_THRESHOLD_=67108864 MALLOC_TOP_PAD_=16777216

# The sanitizers of clang 14 crash now and then where the kernel spreads addresses over 32 bits.
calm=
setarch -R true 2>/dev/null && calm="setarch -R"

# The slow ones first, so that the processors are busy to the end.
list_checks() {
	local file name
	echo "soak/asan $calm tools/soak.sh asan"
	for name in 1 2 3 4; do
		echo "soak/short-$name tools/soak.sh short $name"
	done
	echo "soak/long tools/soak.sh long"
	echo "soak/plant tools/soak.sh plant"
	for file in tests/unit/test_*.c; do
		name=$(basename "$file" .c)
		echo "unit/asan/$name $calm build/asan/tests/$name"
		echo "unit/gcc/$name build/tests/$name"
	done
	for file in fuzz/fuzz_*.c; do
		name=$(basename "$file" .c)
		echo "fuzz/$name $calm tools/fuzz.sh replay $name"
	done
	for file in tests/check_*.sh; do
		name=$(basename "$file" .sh)
		echo "script/$name env PARC=build/parc $file"
	done
	for file in tests/cli/*.bats; do
		name=$(basename "$file" .bats)
		echo "cli/asan/$name env PARC=build/asan/parc $calm bats --tap $file"
		echo "cli/gcc/$name env PARC=build/parc bats --tap $file"
	done
	echo "style tools/check_style.sh"
	echo "layers tools/check_layers.sh"
}

run_check() {
	local name words log began took verdict
	read -r name words <<<"$1"
	log=$out/$name.log
	mkdir -p "$(dirname "$log")"
	began=${EPOCHREALTIME/[.,]/}
	TMPDIR=$(mktemp -d "$PWD/$out/tmp.XXXXXX")
	export TMPDIR
	# shellcheck disable=SC2086  # words are a command and its arguments
	timeout -k 10 "$limit" $words >"$log" 2>&1 </dev/null
	printf '\n# exit %d\n' $? >>"$log"
	rm -rf "$TMPDIR"
	took=$(((${EPOCHREALTIME/[.,]/} - began) / 100000))
	verdict=$(tools/tally.sh "$log")
	local state=$?
	exec 9>>"$out/terminal.lock"
	flock 9
	if [ $state -eq 0 ]; then
		printf '  pass  %-36s %s, %d.%d s\n' "$name" "${verdict/, 0 failed/}" \
			$((took / 10)) $((took % 10))
	else
		printf '  FAIL  %s (%s)\n' "$name" "$verdict"
		sed 's/^/        /' "$log"
	fi
	exec 9>&-
}
export -f run_check

rm -rf "$out"
mkdir -p "$out"
shopt -s nullglob
# shellcheck disable=SC2016  # the inner shell expands it
list_checks | awk -v only="${ONLY:-}" 'only == "" || index($1, only) > 0' |
	xargs -r -d '\n' -n 1 -P "${JOBS:-$(nproc)}" bash -c 'run_check "$0"'
mapfile -t logs < <(find "$out" -name '*.log')
if [ ${#logs[@]} -eq 0 ]; then
	echo "No check has a name with '${ONLY:-}' in it."
	echo "0 passed, 1 failed"
	exit 1
fi
tools/tally.sh "${logs[@]}"
