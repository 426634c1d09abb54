#!/usr/bin/env python3
"""Many clients of one replay, half of them slow: is the memory bounded, and are the fast ones on time?

    feedrec replay TAPE --listen 127.0.0.1:9000 --speed 1 --quiet & Tests/slow-clients.py 9000 $! [CLIENTS] [SECONDS] [QUERY]

The slow ones read 2 KB a second. Prints the server's memory, its lateness and lag, and fails where a fast client was left
behind, a client was dropped, or the memory passed 8 MiB a client.
"""
import json
import selectors
import socket
import sys
import time
import urllib.request


def connect(port, query, slow):
    client = socket.socket()
    if slow:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
    client.connect(("127.0.0.1", port))
    client.sendall(
        f"GET /replay?{query} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode()
    )
    client.setblocking(False)
    return client


def memory(pid):
    with open(f"/proc/{pid}/status") as status:
        return max(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM"))


def main(port, pid, count=200, seconds=40, query=""):
    before = memory(pid)
    selector = selectors.DefaultSelector()
    slow, received, ended = [], [0] * count, 0
    for number in range(count):
        client = connect(port, query, number % 2 == 1)
        if number % 2:
            slow.append((number, client))
        else:
            selector.register(client, selectors.EVENT_READ, number)
    end, next_slow = time.monotonic() + seconds, 0.0
    while (now := time.monotonic()) < end:
        for key, _ in selector.select(0.05):
            data = key.fileobj.recv(1 << 18)
            received[key.data] += len(data)
            if not data:
                ended += 1
                selector.unregister(key.fileobj)
        if now >= next_slow:
            next_slow = now + 0.5
            for number, client in slow:
                try:
                    received[number] += len(client.recv(1024))
                except BlockingIOError:
                    pass
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/sessions", timeout=60) as answer:
        sessions = json.load(answer)["sessions"]
    peak = memory(pid)
    slow_ones = {"%s:%d" % client.getsockname() for _, client in slow}
    fast = [session for session in sessions if session["client"] not in slow_ones]
    late = sorted(session["lateness"]["p99_ns"] / 1e6 for session in fast)
    lags = [session["lag_ns"] / 1e9 for session in sessions]
    print(f"{len(sessions)} of {count} clients connected, {sum(lag > 0 for lag in lags)} behind, by {max(lags):.1f} s at most")
    print(f"memory {before:.0f} MiB before, {peak:.0f} MiB at most")
    print(f"fast clients: lateness p99 {late[len(late) // 2]:.1f} ms (median of them), {late[-1]:.1f} ms (worst)")
    if len(sessions) + ended < count or peak - before > 8 * count or any(session["lag_ns"] for session in fast):
        raise SystemExit("not as promised")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:5]), *sys.argv[5:6])
