#!/usr/bin/env bash
# A first session: builds feedrec, simulates a trading hub, records it, runs SQL, and replays the recording at 10x.
# It uses only loopback and a temporary directory, and leaves nothing running.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. examples/setup.sh
install_packages

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
run() { printf '$ %s\n' "$*" >&2; "$@"; }

say "Building feedrec (a few minutes the first time)"
swift build -c release --product feedrec
PATH="$(swift build -c release --show-bin-path):$PATH"

work=$(mktemp -d)
servers=()
stop() {
    [[ ${#servers[@]} -eq 0 ]] || kill "${servers[@]}" 2>/dev/null || true
    wait
    rm -rf "$work"
}
trap stop EXIT

# Starts a server in the background and waits for the line with its URL, which it puts into $url.
start() {
    local out
    out=$(mktemp -p "$work")
    printf '$ %s &\n' "$*" >&2
    "$@" >"$out" &
    servers+=($!)
    local deadline=$((SECONDS + 20))
    until url=$(sed -n 's/^listening on //p' "$out") && [[ -n $url ]]; do
        kill -0 "${servers[-1]}" 2>/dev/null || { echo "the server did not start" >&2; return 1; }
        ((SECONDS < deadline)) || { echo "the server did not start in time" >&2; return 1; }
        sleep 0.05
    done
}

say "A simulated MT4 hub: 1,000 messages per second, 5,000 in total"
start feedrec simulate --venue mt4 --listen 127.0.0.1:0 --seed 1 --rate 1000 --count 5000 --trade-platform demo

say "Recording it until it closes, after 5 seconds"
run feedrec record --venue mt4 --url "$url/hubs/mt4/v1" --trade-platform demo --symbol EURUSD --symbol USDJPY --margin \
    --bars 1s,1m --archive "$work/tape" --once

say "What is in the recording"
run feedrec info "$work/tape"

say "Ticks and bars in SQL"
run feedrec sql "$work/tape" --format table \
    "select time_recv, symbol, bid, ask from quotes order by ts_recv limit 5;
     select time_open, symbol, side, interval, open, high, low, close, tick_count, is_complete from bars
     where side = 'bid' order by ts_open, symbol limit 6;
     select time_recv, login, equity, margin, margin_level, state from margin_updates limit 3"

say "Replaying it at 10x to a client that records it again"
start feedrec replay "$work/tape" --listen 127.0.0.1:0 --speed 10
run feedrec record --venue mt4 --url "$url/hubs/mt4/v1" --trade-platform demo --symbol EURUSD --symbol USDJPY --margin \
    --archive "$work/again" --once

say "The same messages, byte for byte"
run feedrec verify "$work/tape" | tail -n 1
run feedrec verify "$work/again" | tail -n 1
[[ $(feedrec verify "$work/tape" | tail -n 1) == $(feedrec verify "$work/again" | tail -n 1) ]]

say "What to try next"
cat <<END
  $(swift build -c release --show-bin-path)/feedrec --help
  feedrec record --venue binance-spot --url wss://data-stream.binance.vision --stream btcusdt@trade \\
                 --stream btcusdt@bookTicker --archive ./tape --duration 1m
  feedrec replay ./tape --listen 127.0.0.1:9000        then connect to ws://127.0.0.1:9000/replay?speed=max
  sqlite3 ./tape/*.feedrec 'select ts_event, symbol, bid, ask from quotes limit 5'
END
