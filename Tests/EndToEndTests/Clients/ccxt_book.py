"""Keeps an order book and collects trades with ccxt until a replay ends; prints both as JSON.

ccxt_book.py BASE_URL SYMBOL
"""
import asyncio, json, sys
import ccxt.pro as ccxt

base, symbol = sys.argv[1].rstrip("/"), sys.argv[2]
socket = base.replace("http", "ws", 1)


async def until_closed(watch, seen):
    try:
        while True:
            seen(await watch(symbol))
    except ccxt.NetworkError as error:
        print(type(error).__name__, error, file=sys.stderr)


async def main():
    client = ccxt.binance({
        "enableRateLimit": False,
        "newUpdates": True,
        "options": {"fetchMarkets": {"types": ["spot"]}},
        "urls": {"api": {
            "public": base + "/api/v3",
            "ws": {"spot": socket + "/stream.binance.com/ws"},
        }},
    })
    trades, book = [], {}

    def keep(latest):
        book.update(bids=list(latest["bids"]), asks=list(latest["asks"]))

    try:
        await client.load_markets()
        await asyncio.wait_for(asyncio.gather(
            until_closed(client.watch_order_book, keep),
            until_closed(client.watch_trades, lambda latest: trades.extend(trade["id"] for trade in latest)),
        ), 60)
    finally:
        await client.close()
    print(json.dumps({"trades": trades, **book}))


asyncio.run(main())
