"""Checks an archive whose recorder was killed against the ledgers of the simulators.

usage: kill_judge.py FEEDREC ARCHIVE [--gaps] [--overlapping FEED]… FEED=LEDGER…

FEED is a name and a venue, `spot/binance-spot`. With --gaps the recorded gaps are checked too.

Each client of a simulator gets a tape from its start, so the data of a connection must be a prefix of a tape.
A connection may go on in the next file of the archive. Prints a line for each fault, and then a line of JSON with what
was counted. Needs nothing but Python 3.
"""
import bisect, json, os, sqlite3, subprocess, sys

DATA = ('{"type":1,', '{"type":2,', '{"stream":')
HANDSHAKE = "{}\x1e"
NEVER = 1 << 63

faults = []


def fault(what):
    if len(faults) < 40:
        faults.append(what)


class Chunk:
    """The part of one connection in one file: its data, and the time of every message."""

    def __init__(self, file, connection):
        self.place = f"connection {connection} of {os.path.basename(file)}"
        self.data = []
        self.times = []
        self.received = []
        self.begins = False
        self.closed = 0

    def add(self, time, payload):
        self.begins = self.begins or payload == HANDSHAKE
        self.received.append(time)
        if payload.startswith(DATA):
            self.data.append(sys.intern(payload))
            self.times.append(time)


class Run:
    """A connection over all files."""

    def __init__(self, chunk, file):
        self.place = chunk.place
        self.data, self.times, self.received = [], [], []
        self.take(chunk, file)

    def goes_on(self, chunk, file, clients):
        follows = file > self.file and chunk.times[0] >= self.times[-1] and not chunk.begins
        return follows and any(begins(self.data + chunk.data, client) for client in clients)

    def take(self, chunk, file):
        self.data = self.data + chunk.data
        self.times += chunk.times
        self.received += chunk.received
        self.closed = chunk.closed
        self.file = file


def begins(data, client):
    return client[:len(data)] == data


def read_clients(ledger):
    """The data sent to each client of a simulator: the same tape, until it unsubscribes."""
    sent = {}
    for line in open(ledger, encoding="utf-8"):
        message = json.loads(line)
        payload = message.get("payload", "")
        if payload.startswith(DATA):
            sent.setdefault(message["connection"], []).append(sys.intern(payload))
    return list(sent.values())


def read_file(feedrec, path):
    """The chunks of each feed in a file, its gaps, and the starts of its sessions; message numbers must be gapless."""
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    blocks = database.execute(
        "select min(first_message_index), max(last_message_index) + 1, sum(message_count) from message_block"
    ).fetchone()
    if blocks[1] is not None and (blocks[0] != 0 or blocks[1] != blocks[2]):
        fault(f"{os.path.basename(path)}: messages {blocks[0]} to {blocks[1]}, but {blocks[2]} of them")
    feeds = dict(database.execute(
        "select c.connection_id, f.name || '/' || f.venue from connection c join feed f using (feed_id)"
    ))
    gaps = database.execute(
        "select f.name || '/' || f.venue, g.ts_from, g.ts_to, g.cause, g.instrument_id"
        " from gap g left join feed f using (feed_id)"
    ).fetchall()
    closed = dict(database.execute("select connection_id, ts_closed from connection where closed_by <> 'none'"))
    starts = [start for start, in database.execute("select ts_start from session")]
    database.close()
    chunks = {}
    command = [feedrec, "export", "messages", path, "--direction", "received"]
    exported = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
    if exported.returncode not in (0, 3):
        fault(f"export of {path}: {exported.stderr}")
    for line in exported.stdout.split("\n"):
        message = json.loads(line) if line else {}
        if "payload" in message:
            connection = message["connection"]
            chunk = chunks.setdefault(connection, Chunk(path, connection))
            chunk.add(message["ts_recv"], message["payload"])
            chunk.closed = closed.get(connection) or 0
    return [(feeds[connection], chunks[connection]) for connection in sorted(chunks)], gaps, starts


def join(feed, chunks, clients):
    """The runs of a feed; every chunk starts a tape or continues a run."""
    runs, early = [], None
    for file, chunk in chunks:
        if not chunk.data:
            # The file was changed before its first data came.
            early = chunk
            continue
        if early and not chunk.begins:
            chunk.received = early.received + chunk.received
        early = None
        run = next((run for run in reversed(runs) if run.goes_on(chunk, file, clients)), None)
        if run:
            run.take(chunk, file)
        elif any(begins(chunk.data, client) for client in clients):
            runs.append(Run(chunk, file))
        else:
            fault(f"{feed}: {chunk.place}: {len(chunk.data)} messages belong nowhere, they begin with {chunk.data[0]!r}")
    return runs


def check_once(feed, runs, clients):
    """No connection occurs twice, and each is a prefix of the data sent to its own client."""
    first = {}
    for run in runs:
        other = first.setdefault(run.times[0], run)
        if other is not run:
            fault(f"{feed}: {run.place} repeats {other.place}")
    owners = {}

    def find(run, tried):
        for number, client in enumerate(clients):
            if number in tried or not begins(run.data, client):
                continue
            tried.add(number)
            if number not in owners or find(owners[number], tried):
                owners[number] = run
                return True
        return False

    for run in runs:
        if not find(run, set()):
            stored, sent = (sorted(map(len, lists)) for lists in ([run.data for run in runs], clients))
            fault(f"{feed}: {run.place} is of no client; stored {stored} messages, sent {sent}")


def check_order(feed, runs):
    runs = sorted(runs, key=lambda run: run.times[0])
    for before, after in zip(runs, runs[1:]):
        if after.times[0] < before.times[-1]:
            fault(f"{feed}: {after.place} begins before {before.place} ends")


def check_gaps(feed, runs, gaps, starts):
    """Gaps are exactly where there is no data.

    A gap that continues in another file is divided at the time of the change; data that waited then may be older.
    """
    data = sorted(time for run in runs for time in run.times)
    for start, end, cause, instrument in gaps:
        if instrument is not None or cause not in ("restart", "disconnect"):
            fault(f"{feed}: a gap of the cause '{cause}' from {start}")
        inside = bisect.bisect_left(data, end or NEVER) - bisect.bisect_right(data, start)
        if inside > 0 and end not in starts:
            fault(f"{feed}: {inside} messages within the gap '{cause}' from {start} to {end}")
    if sum(end is None for _, end, _, _ in gaps) > 1:
        fault(f"{feed}: more than one gap is open: {gaps}")
    ended = last = None
    for run in sorted(runs, key=lambda run: run.times[0]):
        if ended is not None and run.times[0] > ended:
            check_covered(feed, ended, max(last, ended), run, gaps)
        ended = max(ended or 0, run.times[-1])
        last = max(last or 0, run.received[-1], run.closed)


def check_covered(feed, ended, last, run, gaps):
    """Gaps cover the time from the last message before a connection to its first one.

    Before data there are answers, and after data there are signs of life and the end of the connection.
    """
    covered = min(last, run.times[0])
    for start, end, _, _ in sorted(gaps, key=lambda gap: gap[0]):
        if start <= covered:
            covered = max(covered, end or NEVER)
    begun = run.received[0]
    if covered < begun:
        fault(f"{feed}: no gap from {covered} to {begun}, {(begun - covered) / 1e6} ms; the last data came at {ended}")


def main():
    feedrec, archive, *rest = sys.argv[1:]
    overlapping, ledgers, has_gaps = set(), {}, False
    while rest:
        word = rest.pop(0)
        if word == "--overlapping":
            overlapping.add(rest.pop(0))
        elif word == "--gaps":
            has_gaps = True
        else:
            feed, ledger = word.split("=", 1)
            ledgers[feed] = ledger
    chunks, gaps, starts = {feed: [] for feed in ledgers}, {feed: [] for feed in ledgers}, set()
    files = sorted(name for name in os.listdir(archive) if name.endswith(".feedrec"))
    for number, name in enumerate(files):
        found, missing, begun = read_file(feedrec, os.path.join(archive, name))
        starts.update(begun)
        for feed, chunk in found:
            chunks[feed].append((number, chunk))
        for feed, *gap in missing:
            gaps[feed].append(gap)
    counts = {"files": len(files), "messages": 0, "connections": {}, "gaps": {}}
    for feed, ledger in ledgers.items():
        clients = read_clients(ledger)
        runs = join(feed, chunks[feed], clients)
        check_once(feed, runs, clients)
        if feed not in overlapping:
            check_order(feed, runs)
        if has_gaps:
            check_gaps(feed, runs, gaps[feed], starts)
        for _, _, cause, _ in gaps[feed]:
            counts["gaps"][cause] = counts["gaps"].get(cause, 0) + 1
        counts["messages"] += sum(len(run.data) for run in runs)
        counts["connections"][feed] = len(runs)
    for line in faults:
        print(line)
    print(json.dumps(counts))
    return 1 if faults else 0


sys.exit(main())
