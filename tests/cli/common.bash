# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# For the tests of the command line; each file begins with: load common
# PARC is the program under test (`make check` tries build/parc and build/asan/parc). Tests run in
# the root of the project; files go to BATS_TEST_TMPDIR.

bats_require_minimum_version 1.5.0
PARC=$(realpath "${PARC:-build/parc}")
export PARC
cd "$BATS_TEST_DIRNAME/../.." || exit 1

# parc ARGUMENTS: run the program; as a function, so that `run -2 parc ...` reads as one types it.
parc() {
	"$PARC" "$@"
}
