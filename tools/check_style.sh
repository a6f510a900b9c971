#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Check the rules of writing that a program can check (CONTRIBUTING.md); prints TAP, one test a
# rule. The sizes below may only shrink.
#
# Usage: tools/check_style.sh [ROOT]
set -u
root=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=tools/tap.sh
. "$root/tools/tap.sh"
cd "${1:-$root}" || exit 1

file_lines_max=800
header_lines_max=185
function_lines_max=70
line_columns_max=100

shopt -s nullglob globstar
c_files=(src/**/*.c tests/**/*.c bench/**/*.c fuzz/**/*.c)
headers=(src/**/*.h include/**/*.h tests/**/*.h bench/**/*.h fuzz/**/*.h)
scripts=(tools/*.sh tools/*.bash tools/*.map tests/**/*.sh tests/**/*.bats tests/**/*.bash .ci/run
	Makefile)
sources=("${c_files[@]}" "${headers[@]}")
web=(src/**/*.js src/**/*.css)

# The files with comments and the text of strings blanked, as "file:line:code".
list_code() {
	awk '
	FNR == 1 { in_comment = 0 }
	{
		code = ""
		rest = $0
		while (rest != "") {
			if (in_comment) {
				end = index(rest, "*/")
				if (end == 0)
					break
				rest = substr(rest, end + 2)
				in_comment = 0
			} else if (match(rest, /^"([^"\\]|\\.)*"/)) {
				code = code "\"\""
				rest = substr(rest, RLENGTH + 1)
			} else if (match(rest, /^\047([^\047\\]|\\.)*\047/)) {
				code = code "0"
				rest = substr(rest, RLENGTH + 1)
			} else if (substr(rest, 1, 2) == "//") {
				break
			} else if (substr(rest, 1, 2) == "/*") {
				rest = substr(rest, 3)
				in_comment = 1
			} else {
				code = code substr(rest, 1, 1)
				rest = substr(rest, 2)
			}
		}
		print FILENAME ":" FNR ":" code
	}' "$@" /dev/null
}

# find_words CODE FOLDERS WORDS: the lines of CODE (from list_code) under FOLDERS that hold one of
# WORDS. The last two are extended regular expressions; a word says itself how it ends: ( or \>.
find_words() {
	grep -E "^($2)" <<<"$1" | grep -E ":[0-9]+:(.*[^A-Za-z0-9_])?($3)"
}

layout_offenders() {
	clang-format --dry-run -Werror "${sources[@]}" 2>&1 | grep -E 'error:|No such file' |
		awk -F: '!($1 in count) { first[$1] = $2 } { count[$1]++ }
			END { for (f in count) print f ":" first[f] " and so on, " count[f] " places" }'
}

size_offenders() {
	wc -l "${c_files[@]}" /dev/null | awk -v max=$file_lines_max \
		'$2 ~ /\.c$/ && $1 >= max { print $2 " has " $1 " lines" }'
	wc -l "${headers[@]}" /dev/null | awk -v max=$header_lines_max \
		'$2 ~ /\.h$/ && $1 >= max { print $2 " has " $1 " lines" }'
}

function_offenders() {
	ctags -x --language-force=C --kinds-C=f --fields=+ne --_xformat='%{end} %n %F %N' "${sources[@]}" |
		awk -v max=$function_lines_max '$1 - $2 + 1 > max {
			print $3 ":" $2 " " $4 " has " $1 - $2 + 1 " lines" }'
}

column_offenders() {
	local file
	for file in "${sources[@]}"; do
		expand -t 8 "$file" | awk -v max=$line_columns_max -v file="$file" \
			'length($0) > max { print file ":" NR " has " length($0) " columns" }'
	done
	for file in "${web[@]}"; do
		expand -t 4 "$file" | awk -v max=$line_columns_max -v file="$file" \
			'length($0) > max { print file ":" NR " has " length($0) " columns" }'
	done
}

licence_offenders() {
	local file
	for file in "${sources[@]}" "${scripts[@]}" "${web[@]}"; do
		head -n 3 "$file" | grep -q 'SPDX-License-Identifier: Apache-2.0' || echo "$file"
	done
}

unsafe='strcpy|strcat|sprintf|vsprintf|gets|atoi|atol|atoll|atof|rand|srand|random|strtok|alloca'
unsafe+='|system|popen|tmpnam|mktemp|asctime|ctime|gmtime|localtime|scanf|sscanf|fscanf|usleep'
prints='(printf|vprintf|puts|putchar|perror)\(|(stdout|stderr)\>'
exits='exit|_exit|abort|quick_exit'
# qsort of the C library allocates, and orders equals differently from one library to the next.
impure='time|clock|clock_gettime|gettimeofday|getenv|fopen|open|read|write|qsort'
real='(float|double|_Float16|_Float32|_Float64|__float128)\>'

code=$(list_code "${sources[@]}")
deep='src/(base|core|text|trace|sim|store|chip|engine|daemon)/'

tap_report "there are sources to check" "$([ ${#sources[@]} -gt 0 ] || echo "none under $PWD")"
tap_report "clang-format changes nothing (make format)" "$(layout_offenders)"
tap_report "files under $file_lines_max lines, headers under $header_lines_max" "$(size_offenders)"
tap_report "functions of at most $function_lines_max lines" "$(function_offenders)"
tap_report "lines of at most $line_columns_max columns" "$(column_offenders)"
tap_report "every file names its licence in the first three lines" "$(licence_offenders)"
tap_report "no unsafe calls" "$(find_words "$code" '' "($unsafe)\(")"
tap_report "only src/cli prints" \
	"$(find_words "$code" "$deep" "$prints" | grep -v '^src/base/assert\.c:')"
# A forked child has nowhere to return to.
tap_report "nothing deep down exits" \
	"$(find_words "$code" "$deep" "($exits)\(" |
		grep -vE '^src/(base/assert|store/snapshot|engine/child|daemon/forecast)\.c:')"
tap_report "the core has no floating point, clock, files or environment" \
	"$(find_words "$code" 'src/core/|include/' "($impure)\(|$real")"
tap_report "no notes to be done later" \
	"$(grep -nE '\b(TO''DO|FIX''ME|XX''X)\b' "${sources[@]}" "${scripts[@]}" "${web[@]}")"
tap_end
