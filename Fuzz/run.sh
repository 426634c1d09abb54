#!/usr/bin/env bash
# Builds the fuzzers with libFuzzer and the address sanitizer, and runs them one after another.
#
#   Fuzz/run.sh [seconds each, default 600] [JSONParity|FuzzHandshake|FuzzFrames|FuzzDeflate|FuzzHubRecords|
#               FuzzHubMessagePack|FuzzJournal|FuzzBlocks|FuzzPages ...]
#
# JSONParity compares the JSON scanner with Foundation's parser on JSON_INPUTS texts (default 10000000) of the seed
# JSON_SEED (default 1). It changes messages of Tests/InterchangeTests/Excerpts, and of the captures in FEEDREC_SHARED
# if that is set.
#
# Seeds are in Fuzz/Seeds. New corpus entries and failing inputs go to FUZZ_HOME (default /tmp/feedrec-fuzz). Add a
# failing input to the tests of its target. Status 0: no failure was found.
set -euo pipefail
cd "$(dirname "$0")"
home="${FUZZ_HOME:-/tmp/feedrec-fuzz}"
seconds="${1:-600}"
shift || true
(($#)) || set -- JSONParity FuzzHandshake FuzzFrames FuzzDeflate FuzzHubRecords FuzzHubMessagePack FuzzJournal FuzzBlocks FuzzPages
mkdir -p "$home"
json_parity() {
    swift build -c release --scratch-path "$home/build-parity" --product JSONParity
    shopt -s nullglob
    "$home/build-parity/release/JSONParity" --seed "${JSON_SEED:-1}" --inputs "${JSON_INPUTS:-10000000}" \
        ../Tests/InterchangeTests/Excerpts/*.{txt,tsv,jsonl,ndjson} \
        ${FEEDREC_SHARED:+"$FEEDREC_SHARED"/data/captures/*/*.{txt,tsv,jsonl}}
}
for fuzzer; do
    if [[ $fuzzer == JSONParity ]]; then
        json_parity
        continue
    fi
    swift build -c release --scratch-path "$home/build" --sanitize=address \
        -Xswiftc -sanitize=fuzzer -Xswiftc -parse-as-library --product "$fuzzer"
    mkdir -p "$home/$fuzzer"
    echo "$fuzzer: $seconds s"
    # Swift's runtime keeps its caches until exit, which is not a leak.
    ASAN_OPTIONS=detect_leaks=0 "$home/build/release/$fuzzer" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
        -max_len=4096 -use_value_profile=1 -print_final_stats=1 -artifact_prefix="$home/$fuzzer-" \
        "$home/$fuzzer" "Seeds/$fuzzer"
done
