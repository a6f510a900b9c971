#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Measure what docs/results.md says of the local engine: what jobs get of a core that they share, what
# a start takes, and many rounds of kill -9. As root, so that control groups can be had; on a
# machine that does nothing else, as shares of a core that others use too cannot be measured.
#
# Usage: tools/results_engine.sh [SECONDS [ROUNDS [SEED]]]     (default 30, 500, 1)
set -eu
cd "$(dirname "$0")/.." || exit 1
make --no-print-directory --silent build/tests/test_engine_shares build/tests/test_engine_faults
build/tests/test_engine_shares "${1:-30}" 0
build/tests/test_engine_faults "${2:-500}" "${3:-1}"
