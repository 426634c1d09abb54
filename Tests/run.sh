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
logs=$(mktemp -d)
other=
trap 'if [[ $other ]]; then kill "$other" 2>/dev/null; fi; rm -rf "$logs"' EXIT
# Without backtraces, because a test that kills a server on purpose would print 150 lines.
export SWIFT_BACKTRACE=enable=no

status=0
if (($#)); then
    swift test --skip-build --disable-xctest --no-parallel "$@" | tee "$logs/1" || status=$?
else
    # Two runs side by side, each with its tests one after the other and about half of the work. Many tests start
    # servers and programs, so more of them at a time would only disturb each other. `swift test` cannot do this: a
    # second one waits for the first.
    # A test that blocks for ever must end the run while its log can still be shown.
    run=(timeout --foreground --kill-after=10 45m)
    run+=("$(swift build --show-bin-path)/feedrecPackageTests.xctest" --testing-library swift-testing --no-parallel)
    half='^EndToEndTests\.[A-R]'
    "${run[@]}" --filter "$half" >"$logs/2" 2>&1 &
    other=$!
    "${run[@]}" --skip "$half" 2>&1 | tee "$logs/1" || status=$?
    wait "$other" || status=$?
    other=
    cat "$logs/2"
fi
((status)) || exit 0

# Repeat the failures at the end, each with the lines that explain it.
grep -h -A 6 -E '✘ Test .* recorded an issue' "$logs"/* | grep -v '^◇' | cut -c1-400 | tail -n 80 || true
for log in "$logs"/*; do
    grep -q 'Test run with' "$log" || { echo "a test ended the run, or was still running:" && tail -n 3 "$log"; }
done
exit 1
