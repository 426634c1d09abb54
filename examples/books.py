#!/usr/bin/env python3
"""Keeps order books from the events of a replay, and prints the best levels at the end.

    feedrec replay ./tape --to stdout --types book --depth 5 | examples/books.py

/replay sends the same events of type 'book'. Numbers are read as Decimal, because a float loses digits.
"""
import json
import sys
from decimal import Decimal

books = {}
for line in sys.stdin:
    event = json.loads(line, parse_float=Decimal, parse_int=Decimal)
    if event["type"] in ("seek", "loop"):
        books.clear()
    if event["type"] != "book":
        continue
    key = event["venue"], event["symbol"], event["channel"]
    if event["kind"] == "invalid":
        books.pop(key, None)
        continue
    if event["kind"] == "snapshot":
        books[key] = {"bids": {}, "asks": {}}
    for side in ("bids", "asks"):
        for price, size in event[side]:
            if size:
                books[key][side][price] = size
            else:
                books[key][side].pop(price, None)

for key, book in sorted(books.items()):
    print(*key)
    for side in ("asks", "bids"):
        for price in sorted(book[side], reverse=True):
            print(f"  {side[:3]} {price:f} {book[side][price]:f}")
