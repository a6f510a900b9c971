#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# SHA-256 of a file in base64, as the security policy of a web page names what it allows.
#
# Usage: tools/csp_hash.sh FILE
set -eu
hex=$(sha256sum <"$1")
# shellcheck disable=SC2059  # the format is the bytes
printf "$(sed -E 's/ .*//; s/../\\x&/g' <<<"$hex")" | base64
