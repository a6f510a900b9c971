#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# `make install` into an empty folder: everything is there, the library exports the public
# interface and nothing else, the core calls nothing that reads a clock or a file, and a program
# of someone else builds against it, shared and static, as pkg-config says.
set -u
cd "$(dirname "$0")/.." || exit 1
# shellcheck source=tools/tap.sh
. tools/tap.sh

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
export PKG_CONFIG_PATH=$root/lib/pkgconfig

unset MAKEFLAGS MAKELEVEL
tap_run "make install" make --no-print-directory install PREFIX="$root"

for file in bin/parc lib/libparc.a lib/libparc.so lib/libparc.so.0 include/parc/core.h \
	share/man/man1/parc.1 share/bash-completion/completions/parc lib/pkgconfig/parc.pc \
	share/doc/parc/README.md share/doc/parc/docs/formats.md share/doc/parc/examples/mixed.yaml; do
	tap_run "$file is installed" test -s "$root/$file"
done
# What the installed README links to, but for pages elsewhere and sources; headers lie where compilers
# look.
tap_report "the pages, headers and examples that README.md links to are installed" \
	"$(grep -o '](\([^)#]*\)' "$root/share/doc/parc/README.md" | cut -c3- | grep -v '://\|^src/' |
		sort -u |
		while read -r link; do
			[ -e "$root/share/doc/parc/$link" ] || [ -e "$root/$link" ] || echo "$link is missing"
		done)"
tap_run "the installed program runs" "$root/bin/parc" version

for header in "$root"/include/parc/*.h; do
	tap_run "parc/$(basename "$header") stands alone" \
		gcc -std=c17 -Wall -Wextra -Wpedantic -Werror -fsyntax-only -x c -I "$root/include" \
		"$header"
	tap_run "parc/$(basename "$header") can be read as C++" \
		clang -std=c++17 -Wall -Wextra -Werror -fsyntax-only -x c++ -I "$root/include" "$header"
done

# strange_names FILE NM-OPTION: what it exports besides parc_*.
strange_names() {
	nm --format=posix "$2" --defined-only --extern-only "$1" | awk 'NF > 1 && $1 !~ /^parc_/ { print $1 }'
}
tap_report "libparc.so exports only parc_*" "$(strange_names "$root/lib/libparc.so" --dynamic)"
tap_report "libparc.a exports only parc_*" "$(strange_names "$root/lib/libparc.a" --no-sort)"

# Memory and text functions, the failed assertion's way out, and the compiler's own helpers.
allowed='^(mem(cpy|move|set|cmp|chr)|str(len|nlen|cmp|ncmp)|malloc|calloc|free|aligned_alloc|'
allowed+='posix_memalign|vsnprintf|snprintf|fprintf|stderr|abort|__stack_chk_fail|'
allowed+='_GLOBAL_OFFSET_TABLE_|__(u?divti3|u?modti3|divmodti4|popcountdi2))$'
tap_report "the core calls nothing with a clock, files, threads or floating point" \
	"$(nm --format=posix --undefined-only build/libparc.a |
		awk -v allowed="$allowed" 'NF > 1 && $1 !~ allowed { print $1 }')"

# What the example of the library says, but for the digest.
cat >"$work/said" <<'END'
0s chip-set
0s node-add
0s node-add
1s submit
  start of job 1: on node 1
2s submit
  start of job 2: on node 2
3s submit
  reason of job 3: too few free devices of the chips it accepts
4s started
60s ended
  end of job 1
  start of job 3: on node 1
END
build_and_run() { # build_and_run LINK-OPTION...
	# shellcheck disable=SC2046  # the output of pkg-config is a list of options
	gcc -std=c17 -Wall -Wextra -Wpedantic -Werror -o "$work/use" \
		"$root/share/doc/parc/examples/library/three_jobs.c" $(pkg-config --cflags parc) "$@" &&
		LD_LIBRARY_PATH=$root/lib "$work/use" | grep -v '^digest [0-9a-f]*$' |
		diff "$work/said" -
}
# shellcheck disable=SC2046
tap_run "a program builds with the shared library" build_and_run $(pkg-config --libs parc)
tap_run "it needs libparc.so.0" grep -q 'NEEDED.*libparc\.so\.0' <(objdump -p "$work/use")
tap_run "a program builds with the static library" build_and_run "$root/lib/libparc.a"

cat >"$work/use.cc" <<'END'
#include <parc/core.h>

int main()
{
	const parc_limits limits = parc_limits_for(1, 1, 1);

	return parc_core_size(&limits) > 0 ? 0 : 1;
}
END
plus_plus() {
	clang -std=c++17 -I "$root/include" -o "$work/plus" -x c++ "$work/use.cc" -x none \
		-L "$root/lib" -lparc && LD_LIBRARY_PATH=$root/lib "$work/plus"
}
tap_run "a program in C++ calls the library" plus_plus

tap_end
