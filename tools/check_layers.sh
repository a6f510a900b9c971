#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Check who includes what (ARCHITECTURE.md, "Layers"); prints TAP, one test a rule.
#
# Usage: tools/check_layers.sh [ROOT]
set -u
root=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=tools/tap.sh
. "$root/tools/tap.sh"
cd "${1:-$root}" || exit 1

# What a layer may include of src/; everybody may include the public headers of parc/, but base
# only parc/error.h, and the public headers only each other.
declare -A may=(
	[base]="base"
	[core]="base core"
	[text]="base text"
	[chip]="base core text chip"
	[trace]="base core text chip trace"
	[sim]="base core text chip trace sim"
	[store]="base core store"
	[review]="base core text chip trace sim store review"
	[engine]="base core text chip engine"
	[daemon]="base core text trace sim store chip engine daemon"
	[api]="base core text trace sim store chip engine daemon api"
	[cli]="base core text trace sim store chip engine daemon api review cli"
)
# Headers of the system that the core may use: none that reads a clock, a file or the environment.
core_headers="limits.h stdalign.h stdarg.h stdbool.h stddef.h stdint.h inttypes.h stdlib.h string.h"
# Who may use a library.
declare -A users=(
	[jansson.h]="trace sim store review daemon api cli"
	[yaml.h]="text"
	[sqlite3.h]="store"
	[microhttpd.h]="api"
	[curl/curl.h]="cli"
	[nettle/sha2.h]="api"
	[curses.h]="cli"
	[cyaml/cyaml.h]="daemon cli"
)

# Lines "file:line:header" of all includes under the folders given; $1 is the opening mark.
list_includes() {
	local mark=$1
	shift
	grep -rnE --include='*.[ch]' "^[[:space:]]*#[[:space:]]*include[[:space:]]*$mark" "$@" \
		2>/dev/null | sed -E 's/^([^:]*:[0-9]+):[^<"]*[<"]([^>"]*)[>"].*/\1:\2/'
}

has_word() { [[ " $1 " == *" $2 "* ]]; }

layer_offenders() {
	local place header first
	while IFS=: read -r file line header; do
		first=${header%%/*}
		place=$file:$line
		if [ "$first" = parc ]; then
			[ "$1" != base ] || [ "$header" = parc/error.h ] ||
				echo "$place includes $header; base may include parc/error.h only"
		elif ! has_word "${may[$1]}" "$first"; then
			echo "$place includes $header; $1 may include of src/: ${may[$1]}"
		fi
	done < <(list_includes '"' "src/$1")
}

folder_offenders() {
	local file layer
	while IFS= read -r file; do
		layer=${file#src/}
		layer=${layer%%/*}
		[ -n "${may[$layer]:-}" ] || echo "$file lies in no layer"
	done < <(find src -name '*.[ch]')
}

public_offenders() {
	list_includes '"' include | grep -v ':parc/' | sed 's/$/ is not public/'
}

core_offenders() {
	while IFS=: read -r file line header; do
		has_word "$core_headers" "$header" || echo "$file:$line includes <$header>"
	done < <(list_includes '<' src/core include)
}

library_offenders() {
	local layer
	while IFS=: read -r file line header; do
		[ -n "${users[$header]:-}" ] || continue
		layer=${file#src/}
		layer=${layer%%/*}
		has_word "${users[$header]}" "$layer" ||
			echo "$file:$line includes <$header>; it is for: ${users[$header]}"
	done < <(list_includes '<' src)
}

layers=$(printf '%s\n' "${!may[@]}" | sort)
for layer in $layers; do
	tap_report "$layer includes only: ${may[$layer]}" "$(layer_offenders "$layer")"
done
tap_report "every source lies in a layer" "$(folder_offenders)"
tap_report "public headers include only public headers" "$(public_offenders)"
tap_report "the core includes no header with a clock, files or floating point" "$(core_offenders)"
tap_report "a library is included only by the layers it is for" "$(library_offenders)"
tap_end
