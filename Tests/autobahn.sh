#!/usr/bin/env bash
# Runs Autobahn's base group (all except 9.*, 12.* and 13.*) against a built feedrec, as server and as client, and
# prints one line per role. Status 0 if nothing FAILED, nothing is UNIMPLEMENTED and at most 3 cases are NON-STRICT, and
# also if the suite cannot be set up.
#   Tests/autobahn.sh [PROGRAM]
# FEEDREC_SHARED=DIR is the folder with the suite (conformance/). FEEDREC_CONF_HOME=DIR is the folder for its
# environments, whose py3 must exist already; .ci/run creates it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
program=$(realpath "${1:-.build/debug/feedrec}")
suite=${FEEDREC_SHARED:-$PWD/../shared}/conformance
export FEEDREC_CONF_HOME=${FEEDREC_CONF_HOME:-/tmp/feedrec-conformance}

skip() {
    echo "autobahn: skipped, $1"
    exit 0
}
[[ -x $suite/setup.sh ]] || skip "no suite in $suite"
"$FEEDREC_CONF_HOME/py3/bin/python" -c 'import websockets' 2>/dev/null || skip "its Python environment (setup.sh py3) is missing"
PIP_RETRIES=1 PIP_DEFAULT_TIMEOUT=15 timeout --kill-after=2 300 "$suite/setup.sh" ab27 >/dev/null ||
    skip "it could not be set up (it needs Python 2.7 and PyPI)"

work=$(mktemp -d)
server=
stop() {
    [[ -z $server ]] || kill "$server" 2>/dev/null || true
    wait
}
trap stop EXIT

# judge ROLE COMMAND...: runs one role and prints a summary line; prints the suite's verdict too if it is bad.
failed=0
judge() {
    local role=$1 verdict status=0 line="" name
    local -A count=()
    shift
    verdict=$("$@") || status=$?
    for name in OK NON-STRICT INFORMATIONAL FAILED UNIMPLEMENTED; do
        count[$name]=$(sed -n "s/^AUTOBAHN .* $name=\([0-9]*\).*/\1/p" <<<"$verdict")
        line+=", ${count[$name]:=0} $name"
    done
    echo "autobahn $role base: ${line#, }"
    # The suite's status also covers cases that did not run, bad closes, and a missing report.
    if [[ $status -ne 0 || ${count[FAILED]} -gt 0 || ${count[UNIMPLEMENTED]} -gt 0 || ${count[NON-STRICT]} -gt 3 ]]; then
        echo "$verdict" >&2
        failed=1
    fi
}
base=(--no-perf --no-deflate --list)

# A limit of its own, so that no server outlives a script that was killed.
timeout --kill-after=2 660 "$program" simulate --venue echo --listen 127.0.0.1:0 >"$work/server.out" &
server=$!
for ((tries = 0; tries < 200; tries++)); do
    url=$(sed -n 's/^listening on //p' "$work/server.out")
    [[ -z $url ]] && kill -0 "$server" 2>/dev/null || break
    sleep 0.05
done
[[ -n $url ]] || { echo "autobahn: the echo server did not start" >&2; rm -r "$work"; exit 1; }
judge server "$suite/autobahn-server.sh" "${base[@]}" --timeout 600 --outdir "$work/server" "$url/echo" feedrec
judge client "$suite/autobahn-client.sh" "${base[@]}" --timeout 600 --outdir "$work/client" \
    --per-case --case-timeout 30 --agent feedrec -- "$program" probe --echo '{url}'

# Keep the reports of a failed run.
((failed)) && exit 1
rm -rf "$work"
