"""The public client signalrcore as a user runs it: hub_signalrcore.py WISH; as in hub-client.js."""
import collections
import json
import logging
import os
import sys
import threading
import time

from signalrcore.hub_connection_builder import HubConnectionBuilder

CALLBACKS = [
    "OnMT4ConnectionStatus", "OnTick", "OnTicks", "OnTicksOHLC", "OnMarginUpdate", "OnSymbolUpdate", "OnOnlineUpdate",
    "OnDebug", "OnMarketNews",
]
wish = json.loads(sys.argv[1])
events, streams, errors = collections.Counter(), collections.Counter(), []
platform = {"tradePlatform": "P"}
is_open = threading.Event()

options = {"skip_negotiation": wish.get("skip", False)}
if wish.get("token"):
    options["access_token_factory"] = lambda: wish["token"]
url = wish["url"].replace("http", "ws", 1) if wish.get("skip") else wish["url"]
builder = HubConnectionBuilder().with_url(url, options=options).configure_logging(logging.CRITICAL)
if wish["messagePack"]:
    from signalrcore.types import HubProtocolEncoding
    builder = builder.with_hub_protocol(HubProtocolEncoding.binary)
hub = builder.build()
for callback in CALLBACKS:
    hub.on(callback, lambda _, name=callback: events.update([name]))
hub.on_open(is_open.set)
hub.on_error(lambda message: errors.append(str(getattr(message, "error", message))))


def is_enough():
    return sum(events.values()) >= wish["max"] and events["OnMarginUpdate"] and all(streams[s] for s in wish["streams"])


try:
    hub.start()
    is_open.wait(wish["seconds"])
    # The client reports that it is open before it can send.
    time.sleep(0.2)
    hub.send("Connect", [{**platform, "timeoutMs": 30000}])
    for method in ["SubscribeToAllTicks", "SubscribeToSymbols", "SubscribeToOnlineUpdates"]:
        hub.send(method, [platform])
    for method in wish["streams"]:
        hub.stream(method, [platform]).subscribe({
            "next": lambda _, name=method: streams.update([name]),
            "complete": lambda _: None,
            "error": lambda error: errors.append(str(error)),
        })
    end = time.monotonic() + wish["seconds"]
    while not is_enough() and time.monotonic() < end:
        time.sleep(0.02)
except Exception as error:  # noqa: BLE001 - whatever it is belongs into the report
    errors.append(repr(error))
print(json.dumps({"version": "signalrcore", "events": events, "streams": streams, "errors": errors}), flush=True)
os._exit(0)
