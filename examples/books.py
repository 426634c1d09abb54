#!/usr/bin/env python3
"""Keeps order books from the events of a replay, and prints the best levels once, at the end.

    feedrec replay ./tape --to stdout --types book --depth 5 | examples/books.py

With --at, it prints the books as they were at these instants instead, in nanoseconds since 1970:

    feedrec replay ./tape --to stdout --types book | examples/books.py --at 1723161260000000000 --depth 10

/replay sends the same events of type 'book'. Numbers are read as Decimal, because a float loses digits.
"""
import argparse
import json
import sys
from decimal import Decimal

parser = argparse.ArgumentParser(description="Keeps order books from the events of a replay on standard input.")
parser.add_argument("--at", type=int, action="append", default=[], help="print the books at this instant; repeatable")
parser.add_argument("--depth", type=int, help="print this number of the best levels of each side (default: all)")
options = parser.parse_args()


def apply(books, event):
    """Applies an event of type 'book' to the books, whose sides are sizes by price."""
    key = event["venue"], event["symbol"], event["channel"]
    if event["kind"] == "invalid":
        books.pop(key, None)
        return
    if event["kind"] == "snapshot":
        books[key] = {"bids": {}, "asks": {}}
    for side in ("bids", "asks"):
        for price, size in event[side]:
            # A key keeps its first digits, so an equal price is removed before it is set.
            books[key][side].pop(price, None)
            if size:
                books[key][side][price] = size


def show(books, time=None):
    """Prints each book: its names, and its levels with the best price first."""
    for key, book in sorted(books.items()):
        print(*key, *([time] if time is not None else []))
        for side, is_reversed in (("bids", True), ("asks", False)):
            for price in sorted(book[side], reverse=is_reversed)[: options.depth]:
                print(f"  {side[:3]} {price:f} {book[side][price]:f}")


books = {}
instants = sorted(options.at)
for line in sys.stdin:
    event = json.loads(line, parse_float=Decimal, parse_int=Decimal)
    if event["type"] in ("seek", "loop"):
        books.clear()
    if event["type"] != "book":
        continue
    while instants and event["ts_recv"] > instants[0]:
        show(books, instants.pop(0))
    apply(books, event)

for time in instants or ([] if options.at else [None]):
    show(books, time)
