"""The public client pysignalr as a user runs it: hub_pysignalr.py WISH; WISH and the line printed are as in hub-client.js."""
import asyncio
import collections
import json
import os
import sys

from pysignalr.client import SignalRClient

CALLBACKS = [
    "OnMT4ConnectionStatus", "OnTick", "OnTicks", "OnTicksOHLC", "OnMarginUpdate", "OnSymbolUpdate", "OnOnlineUpdate",
    "OnDebug", "OnMarketNews",
]
wish = json.loads(sys.argv[1])
events, streams, errors = collections.Counter(), collections.Counter(), []
platform = {"tradePlatform": "P"}


def is_enough():
    return sum(events.values()) >= wish["max"] and events["OnMarginUpdate"] and all(streams[s] for s in wish["streams"])


async def main():
    options = {}
    if wish.get("token"):
        options["access_token_factory"] = lambda: wish["token"]
        options["headers"] = {"Authorization": "Bearer " + wish["token"]}
    if wish["messagePack"]:
        from pysignalr.protocol.messagepack import MessagepackProtocol
        options["protocol"] = MessagepackProtocol()
    client = SignalRClient(wish["url"], retry_count=0, max_size=None, **options)
    if wish.get("skip"):
        client._transport._skip_negotiation = True
        client._transport._url = wish["url"].replace("http", "ws", 1)

    def counted(table, name):
        async def note(_):
            table[name] += 1
        return note

    for name in CALLBACKS:
        client.on(name, counted(events, name))

    async def failed(message):
        errors.append(str(message.error))

    async def subscribe():
        await client.send("Connect", [{**platform, "timeoutMs": 30000}])
        for name in ["SubscribeToAllTicks", "SubscribeToSymbols", "SubscribeToOnlineUpdates"]:
            await client.send(name, [platform])
        for name in wish["streams"]:
            await client.stream(name, [platform], counted(streams, name))

    async def opened():
        asyncio.get_running_loop().create_task(subscribe())

    client.on_error(failed)
    client.on_open(opened)
    running = asyncio.ensure_future(client.run())
    end = asyncio.get_running_loop().time() + wish["seconds"]
    while not is_enough() and not running.done() and asyncio.get_running_loop().time() < end:
        await asyncio.sleep(0.02)
    if running.done() and running.exception():
        errors.append(repr(running.exception()))
    # The client has no stop(). Exiting at once avoids the output of its shutdown.
    report()


def report():
    print(json.dumps({"version": "pysignalr", "events": events, "streams": streams, "errors": errors}), flush=True)
    os._exit(0)


try:
    asyncio.run(asyncio.wait_for(main(), wish["seconds"] + 5))
except BaseException as error:  # noqa: BLE001 - whatever it is belongs into the report
    errors.append(repr(error))
report()
