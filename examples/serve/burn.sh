#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Works for $1 seconds as hard as its share of a core allows.
end=$(($(date +%s) + $1))
while [ "$(date +%s)" -lt "$end" ]; do :; done
