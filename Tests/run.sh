#!/usr/bin/env bash
# Installs the build's dependencies, builds, and runs every test. Status 0 if all passed.
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
# Sequentially, because many tests run their own servers and programs, which keep two cores busy. Without backtraces,
# because a test that kills a server on purpose would print 150 lines.
SWIFT_BACKTRACE=enable=no swift test --skip-build --disable-xctest --no-parallel "$@" | tee "$log" && exit

# Repeat the failures at the end, each with the lines that explain it.
grep -A 6 -E '✘ Test .* recorded an issue' "$log" | grep -v '^◇' | cut -c1-400 | tail -n 80
exit 1
