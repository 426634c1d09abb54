#!/usr/bin/env python3
"""A backtest that reads /replay with only Python's standard library.

    feedrec replay ./tape --listen 127.0.0.1:9000 &
    examples/backtest.py 'ws://127.0.0.1:9000/replay?speed=max&symbols=EURUSD'

It buys when the short average of the mid price crosses above the long average and sells when it crosses below. It
closes its position at a gap, because the prices there are unknown. It prints the profit, the number and the digest of
the events, and the rate.
"""
import base64
import hashlib
import json
import os
import socket
import struct
import sys
import time
from urllib.parse import urlsplit


class Replay:
    """The part of RFC 6455 that is needed to read a replay and to send commands."""

    def __init__(self, url):
        parts = urlsplit(url)
        if parts.scheme != "ws":
            raise SystemExit("this example supports only ws://")
        self.socket = socket.create_connection((parts.hostname, parts.port or 80))
        key = base64.b64encode(os.urandom(16)).decode()
        target = (parts.path or "/") + ("?" + parts.query if parts.query else "")
        self.socket.sendall(
            f"GET {target} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
        )
        self.stream = self.socket.makefile("rb", buffering=1 << 18)
        status = self.stream.readline().decode().strip()
        length = 0
        while (line := self.stream.readline().strip()):
            name, _, value = line.decode().partition(":")
            if name.lower() == "content-length":
                length = int(value)
        if " 101 " not in status + " ":
            raise SystemExit(f"{status}: {self.stream.read(length).decode()}")

    def send(self, command):
        """Sends a command, such as {"cmd": "pause"}."""
        self._frame(1, json.dumps(command).encode())

    def _frame(self, opcode, payload):
        mask = os.urandom(4)
        length = len(payload)
        size = bytes([0x80 | length]) if length < 126 else bytes([0xFE]) + struct.pack(">H", length)
        body = bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))
        self.socket.sendall(bytes([0x80 | opcode]) + size + mask + body)

    def __iter__(self):
        while True:
            head = self.stream.read(2)
            if len(head) < 2:
                raise SystemExit("the replay ended early")
            length = head[1] & 0x7F
            if length == 126:
                (length,) = struct.unpack(">H", self.stream.read(2))
            elif length == 127:
                (length,) = struct.unpack(">Q", self.stream.read(8))
            payload = self.stream.read(length)
            opcode = head[0] & 0x0F
            if opcode == 1:
                yield payload
            elif opcode == 8:
                self._frame(8, payload)
                return
            elif opcode == 9:
                self._frame(10, payload)


class Crossing:
    """Two exponential averages of one symbol's mid price, and the resulting position."""

    def __init__(self):
        self.short = self.long = None
        self.position = 0
        self.entry = 0.0
        self.profit = 0.0
        self.trades = 0

    def quote(self, bid, ask):
        mid = (bid + ask) / 2
        if self.short is None:
            self.short = self.long = mid
        self.short += (mid - self.short) * 0.1
        self.long += (mid - self.long) * 0.01
        wanted = 1 if self.short > self.long else -1
        if wanted != self.position:
            self.close(bid, ask)
            self.position = wanted
            self.entry = ask if wanted > 0 else bid
            self.trades += 1

    def close(self, bid, ask):
        if self.position > 0:
            self.profit += bid - self.entry
        elif self.position < 0:
            self.profit += self.entry - ask
        self.position = 0


def main(url):
    books, last, digest, events, started = {}, {}, hashlib.sha256(), 0, time.monotonic()
    for text in Replay(url):
        event = json.loads(text)
        kind = event["type"]
        if kind in ("ack", "status", "error", "seek", "loop", "end"):
            continue
        if kind == "summary":
            if event["sha256"] != digest.hexdigest():
                raise SystemExit("the digest differs: received and sent events are not the same")
            break
        digest.update(text + b"\n")
        events += 1
        if kind == "quote":
            if "bid_price" not in event or "ask_price" not in event:
                continue  # one side has no price
            symbol = event["symbol"]
            last[symbol] = (event["bid_price"], event["ask_price"])
            books.setdefault(symbol, Crossing()).quote(*last[symbol])
        elif kind in ("gap", "disconnect"):
            for symbol, book in books.items():
                book.close(*last[symbol])
    for symbol, book in sorted(books.items()):
        book.close(*last[symbol])
        print(f"{symbol}: {book.trades} trades, profit {book.profit:.5f}")
    seconds = max(time.monotonic() - started, 1e-9)
    print(f"{events} events, {events / seconds:.0f} per second, sha256 {digest.hexdigest()}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    main(sys.argv[1])
