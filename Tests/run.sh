#!/usr/bin/env bash
# Installs what the build needs, builds, and runs every test. Status 0 when all passed.
#   Tests/run.sh [options of 'swift test', such as --filter Journal]
# FEEDREC_SHARED=DIR names a folder with real captures and client suites; tests that need it are skipped without it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. examples/setup.sh
install_packages

strict=(--explicit-target-dependency-import-check error -Xswiftc -warnings-as-errors)
swift format lint --strict --recursive Package.swift Sources Tests Migrations
swift build --build-tests "${strict[@]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# One after the other: many tests run servers and programs of their own, and two cores are busy with that. And no crash
# report of 150 lines where a test kills a server on purpose.
SWIFT_BACKTRACE=enable=no swift test --skip-build --disable-xctest --no-parallel "$@" | tee "$log" && exit

# What failed stands at the end, where it is found, each with the lines that say how.
grep -A 6 -E '✘ Test .* recorded an issue' "$log" | grep -v '^◇' | cut -c1-400 | tail -n 80
exit 1
