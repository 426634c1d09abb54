#!/usr/bin/env bash
# Runs the tests that need a venue's own client, with clients from PyPI in an environment of their own.
# The captures are found by FEEDREC_SHARED.
set -euo pipefail
cd "$(dirname "$0")/.."
home=${FEEDREC_CLIENTS_HOME:-$PWD/.build/clients}
[[ -x $home/bin/python3 ]] || python3 -m venv "$home"
"$home/bin/pip" install --quiet --disable-pip-version-check ccxt==4.5.90
export PATH="$home/bin:$PATH"
exec swift test --disable-xctest --no-parallel --filter VenueRESTTests
