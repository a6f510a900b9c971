#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The guards must be able to fail: each rule of tools/check_style.sh and tools/check_layers.sh is
# broken once in a small tree, and tools/tally.sh is given logs of every bad end.
set -u
cd "$(dirname "$0")/.." || exit 1
# shellcheck source=tools/tap.sh
. tools/tap.sh

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
licence='/* SPDX-License-Identifier: Apache-2.0 */'

# make_tree NAME: a tree that keeps all rules.
make_tree() {
	tree=$work/$1
	mkdir -p "$tree"/{src/{base,core,trace,cli},include/parc,tests,tools,.ci}
	cp .clang-format "$tree"
	echo '# SPDX-License-Identifier: Apache-2.0' | tee "$tree/Makefile" >"$tree/.ci/run"
	printf '%s\nint good(void);\n' "$licence" >"$tree/src/core/good.h"
	printf '%s\n#include "core/good.h"\n\nint good(void)\n{\n\treturn 0; /* printf(exit) float */\n}\n' \
		"$licence" >"$tree/src/core/good.c"
}

# expect_pass TITLE TOOL: the tool finds nothing in the tree.
expect_pass() {
	tap_report "$1" "$("tools/$2" "$tree" | grep '^not ok' -A 5)"
}

# add_file FILE RULE: put standard input into FILE of the tree; it breaks the RULE, a part of that
# rule's title.
add_file() {
	mkdir -p "$tree/$(dirname "$1")"
	cat >"$tree/$1"
	printf '%s\t%s\n' "$1" "$2" >>"$work/wanted"
}

add_code() { # add_code FILE LINE RULE: a file with the licence, LINE, and nothing else
	add_file "$1" "$3" < <(printf '%s\n%s\n' "$licence" "$2")
}

add_call() { # add_call FILE STATEMENT RULE: a function that holds the statement
	add_file "$1" "$3" < <(printf '%s\nvoid bad(void)\n{\n\t%s\n}\n' "$licence" "$2")
}

# expect_faults TOOL: it finds fault with each added file for the rule it breaks.
expect_faults() {
	local faults file rule
	faults=$("tools/$1" "$tree" | awk '/^(not )?ok/ { title = $0 } /^# / { print title "\t" $0 }')
	while IFS=$'\t' read -r file rule; do
		if grep -F "$rule" <<<"$faults" | grep -qE "[[:space:]]${file//./\\.}([: ]|$)"; then
			tap_report "$1 finds $file: $rule" ""
		else
			tap_report "$1 finds $file: $rule" "it found: ${faults:-nothing}"
		fi
	done <"$work/wanted"
	rm "$work/wanted"
}

# try_tally TITLE WANTED STATUS: standard input is a log.
try_tally() {
	local line status
	cat >"$work/log"
	line=$(tools/tally.sh "$work/log")
	status=$?
	if [ "$line" = "$2" ] && [ $status -eq "$3" ]; then
		tap_report "tally: $1" ""
	else
		tap_report "tally: $1" "it said '$line' with status $status, not '$2' with $3"
	fi
}

make_tree good
expect_pass "a good tree keeps the style" check_style.sh
expect_pass "a good tree keeps the layers" check_layers.sh

make_tree style
add_code src/core/layout.c 'int   bad;' 'clang-format changes nothing'
add_code src/core/wide.c "/* $(printf 'x%.0s' {1..100}) */" 'columns'
add_code src/core/later.c '/* TO''DO */' 'to be done later'
add_file src/core/licence.c 'licence' <<<'int bad;'
add_file tools/licence.sh 'licence' <<<'true'
add_file src/core/long.c 'files under' < <(echo "$licence" && printf 'int bad%d;\n' {1..799})
add_file include/parc/long.h 'files under' \
	< <(echo "$licence" && printf 'extern int bad%d;\n' {1..184})
add_file src/core/function.c 'functions of at most' \
	< <(echo "$licence" && printf 'void bad(void)\n{\n' && printf '\tgood(%d);\n' {1..68} && echo '}')
add_call src/cli/copy.c 'strcpy(a, b);' 'unsafe calls'
add_call src/cli/number.c 'return atoi(a);' 'unsafe calls'
add_call src/trace/print.c 'printf("");' 'only src/cli prints'
add_call src/trace/stderr.c 'fputs("", stderr);' 'only src/cli prints'
add_call src/trace/exit.c 'exit(1);' 'deep down exits'
add_call src/core/real.c 'double a = 0;' 'floating point'
add_call src/core/clock.c 'return time(NULL);' 'floating point'
add_call src/core/sort.c 'qsort(a, b, c, d);' 'floating point'
expect_faults check_style.sh

make_tree layers
add_code src/base/core.c '#include "core/good.h"' 'base includes only'
add_code src/base/public.c '#include "parc/core.h"' 'base includes only'
add_code src/core/trace.c '#include "trace/fleet.h"' 'core includes only'
add_code src/core/bare.c '#include "good.h"' 'core includes only'
add_code src/trace/cli.c '# include "cli/command.h"' 'trace includes only'
add_code src/extra/folder.c 'int bad;' 'lies in a layer'
add_code src/none.c 'int bad;' 'lies in a layer'
add_code include/parc/bad.h '#include "core/good.h"' 'public headers'
add_code src/core/clock.c '#include <time.h>' 'the core includes no header'
add_code src/core/math.c '#include <math.h>' 'the core includes no header'
add_code src/text/json.c '#include <jansson.h>' 'a library is included'
expect_faults check_layers.sh

try_tally "all is well" "2 passed, 0 failed" 0 <<<$'1..2\nok 1 - a\nok 2 - b\n# exit 0'
try_tally "a skipped test" "1 passed, 0 failed, 1 skipped" 0 <<<$'1..2\nok 1\nok 2 # SKIP b\n# exit 0'
try_tally "cmocka's skipped test" "1 passed, 0 failed, 1 skipped" 0 \
	<<<$'1..2\nok 1 - a\nnot ok 2 # SKIP b\n# exit 0'
try_tally "two plans" "2 passed, 0 failed" 0 <<<$'1..1\nok 1 - a\n1..1\nok 1 - b\n# exit 0'
try_tally "a failure" "1 passed, 1 failed" 1 <<<$'1..2\nok 1 - a\nnot ok 2 - b\n# exit 1'
try_tally "a crash in the middle" "1 passed, 2 failed" 1 <<<$'1..3\nok 1 - a\n# exit 139'
try_tally "a failure at the end" "1 passed, 1 failed" 1 <<<$'1..1\nok 1 - a\n# exit 99'
try_tally "no plan" "1 passed, 1 failed" 1 <<<$'ok 1 - a\n# exit 0'
try_tally "more than planned" "2 passed, 1 failed" 1 <<<$'1..1\nok 1 - a\nok 2 - b\n# exit 0'
try_tally "no output" "0 passed, 1 failed" 1 <<<'# exit 0'
try_tally "an empty plan" "0 passed, 0 failed" 1 <<<$'1..0\n# exit 0'
try_tally "no exit status" "1 passed, 1 failed" 1 <<<$'1..1\nok 1 - a'

tap_end
