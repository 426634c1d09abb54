"""Compares a recording of the simulated MT4 hub with the simulator's ledger, by its own reading of the hub's page.

usage: hub_ledger.py LEDGER RECORDING MESSAGES [--keeps-personal-data]

LEDGER has what the simulator sent and MESSAGES what was exported, both NDJSON; RECORDING is the SQLite file. Prints one
line per difference, and then a line of JSON with the counts. Needs only Python 3.
"""
import calendar, json, sqlite3, sys, time
from collections import Counter
from decimal import Decimal

SECRETS = {"password", "passwordinvestor", "passwordphone", "otpsecret", "securereserved", "enablereserved", "reserved2",
           "unused", "apidata"}
PERSONAL = {"name", "address", "city", "state", "zipcode", "country", "phone", "email", "id", "comment", "leadsource",
            "lastip", "mqid"}
TRANSACTIONS = ["Add", "Delete", "Update", "ChangeGrp"]
CHANGES = {"Add": 0, "Delete": 2, "Update": 1}
LEVELS = ["ok", "margincall", "stopout"]
CONTROLLING = ["percent", "currency"]
COMMANDS = ["Buy", "Sell", "BuyLimit", "SellLimit", "BuyStop", "SellStop", "Balance", "Credit"]
STATES = ["OpenNormal", "OpenRemand", "OpenRestored", "ClosedNormal", "ClosedPart", "ClosedBy", "Deleted"]
REASONS = ["Client", "Expert", "Dealer", "Signal", "Gateway", "Mobile", "Web", "API"]
AMOUNTS = ["balance", "equity", "volume", "margin", "free", "level"]
ORDER_TEXTS = ["volumeLots", "openPrice", "closePrice", "sl", "tp", "commission", "storage", "profit"]

differences = []
gone = PERSONAL | SECRETS


class Number(str):
    """A number that keeps the digits as written."""


def parse(text):
    def refuse(constant):
        raise ValueError(constant)
    return json.loads(text, parse_int=Number, parse_float=Number, parse_constant=refuse)


def differ(what):
    if len(differences) < 40:
        differences.append(what)


def get(value, name):
    """A member in any spelling; the last one if it is repeated."""
    found = None
    for key, member in (value or {}).items():
        if key.lower() == name.lower():
            found = member
    return found


def text(value):
    return str(value) if isinstance(value, str) else None


def decimal(value):
    try:
        return Decimal(value) if isinstance(value, str) else None
    except ArithmeticError:
        return None


def integer(value):
    number = decimal(value)
    return int(number) if number is not None and number == number.to_integral_value() else None


def word(value, words):
    if isinstance(value, Number):
        return words[int(value)]
    return value


def moment(value):
    if not isinstance(value, str) or value[:10] in ("1970-01-01", "0001-01-01"):
        return None
    return calendar.timegm(time.strptime(value, "%Y-%m-%dT%H:%M:%S")) * 1_000_000_000


class Expected:
    """The expected rows, in order."""

    def __init__(self):
        self.quotes, self.margins, self.bars, self.orders, self.events, self.details = [], [], [], [], [], {}

    def odd(self, kind):
        self.events.append((kind, True, None))

    def quote(self, tick, kind):
        symbol, bid, ask = get(tick, "symbol"), decimal(get(tick, "bid")), decimal(get(tick, "ask"))
        if not symbol or bid is None or ask is None:
            return self.odd(kind)
        self.quotes.append((symbol, bid, ask, moment(get(tick, "lastTime"))))

    def margin(self, level):
        self.margins.append(
            (integer(get(level, "login")), text(get(level, "group")), integer(get(level, "leverage")),
             [text(get(level, name)) for name in AMOUNTS],
             LEVELS.index(word(get(level, "levelType"), LEVELS).lower()),
             CONTROLLING.index(word(get(level, "controllingType"), CONTROLLING).lower())))

    def bar(self, bar):
        self.bars.append(
            (get(bar, "symbol"), moment(get(bar, "lastTime")), integer(get(bar, "volume")),
             [decimal(get(get(bar, edge), side))
              for side in ("bid", "ask") for edge in ("open", "maximum", "minimum", "close")]))

    def order(self, item):
        change = CHANGES[word(get(item, "updateType"), TRANSACTIONS)]
        if change == 1 and integer(get(item, "login")) == 0:
            change = 3
        self.orders.append(
            (integer(get(item, "order")), integer(get(item, "login")), change, get(item, "symbol"),
             word(get(item, "tradeCommand"), COMMANDS), word(get(item, "tradeRecordState"), STATES),
             word(get(item, "tradeRecordReason"), REASONS), [text(get(item, name)) for name in ORDER_TEXTS],
             [moment(get(item, name)) for name in ("timeStamp", "openTime", "closeTime", "expiration")],
             cleaned(item)))

    def item(self, item):
        if isinstance(item, dict) and get(item, "order") is not None:
            self.order(item)
        elif isinstance(item, dict) and get(item, "user") is not None:
            self.events.append(("UserUpdate", False, cleaned(item)))
        elif isinstance(item, dict) and get(item, "levelType") is not None:
            self.margin(item)
        elif isinstance(item, dict) and get(item, "bid") is not None:
            self.quote(item, "StreamItem")
        else:
            self.events.append(("StreamItem", False, item))

    def call(self, target, arguments):
        name, payload = target.lower(), arguments[0] if arguments else None
        # The sample on the page has the payload as the second argument.
        bare = not isinstance(payload, dict) and len(arguments) > 1
        if bare:
            payload = arguments[1]
        if name == "ontick":
            self.quote((payload if bare else get(payload, "tick")) or {}, "OnTick")
        elif name in ("onticks", "onticksohlc", "onmarginupdate"):
            elements = payload if bare else get(payload, "margins" if name == "onmarginupdate" else "ticks")
            if elements is None:
                return self.odd({"onticks": "OnTicks", "onticksohlc": "OnTicksOHLC"}.get(name, "OnMarginUpdate"))
            for element in elements:
                if name == "onticks":
                    self.quote(get(element, "tick") or {}, "OnTicks")
                elif name == "onticksohlc":
                    self.bar(element)
                else:
                    self.margin(element)
        else:
            if name == "onsymbolupdate":
                details = [each for each in arguments if isinstance(each, dict)][-1]
                if isinstance(get(details, "symbol"), dict):
                    details = get(details, "symbol")
                self.details[get(details, "symbol")] = cleaned(details)
            self.events.append((target, False, cleaned(arguments)))

    def read(self, record):
        try:
            record = parse(record)
            kind = record["type"]
            if kind == "2":
                return self.item(record["item"])
            if kind == "1":
                if not isinstance(record["arguments"], list):
                    return self.odd(record["target"])
                return self.call(record["target"], record["arguments"])
        except (ValueError, KeyError, TypeError):
            pass
        self.odd("malformed")


def cleaned(value, name=""):
    """`value` as it may be stored."""
    lower = name.lower()
    if value is not None and (lower in gone or "password" in lower):
        return "***"
    if isinstance(value, dict):
        return {key: cleaned(member, key) for key, member in value.items()}
    if isinstance(value, list):
        return [cleaned(element) for element in value]
    return value


def lines(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def compare(what, expected, found):
    if len(expected) != len(found):
        differ(f"{what}: {len(expected)} sent, {len(found)} stored")
    for index, (left, right) in enumerate(zip(expected, found)):
        if left != right:
            differ(f"{what} {index}: {left} was stored as {right}")


def compare_messages(sent, exported):
    housekeeping = ('{"type":3,', '{"type":6}', '{"type":7', "{}\x1e")
    taped = [line["payload"] for line in exported
             if "payload" in line and not line["payload"].startswith(housekeeping)]
    if len(sent) != len(taped):
        differ(f"messages: {len(sent)} sent, {len(taped)} stored")
    for index, (left, right) in enumerate(zip(sent, taped)):
        if left == right:
            continue
        for before, after in zip(left.split("\x1e"), right.split("\x1e")):
            if before == after:
                continue
            try:
                same = cleaned(parse(before)) == parse(after)
            except ValueError:
                # A record that is not JSON and names secrets is replaced by its length.
                same = after.startswith('{"withheld_bytes":%d,' % len(before.encode()))
            if not same:
                differ(f"message {index}: {before[:200]} was stored as {after[:200]}")


def stored(database):
    def scaled(mantissa, digits):
        return None if mantissa is None else Decimal(mantissa).scaleb(-digits)

    def rows(sql):
        return database.execute(sql).fetchall()
    found = Expected()
    for symbol, digits, bid, ask, at in rows(
            "SELECT i.symbol, i.price_digits, bid_price, ask_price, ts_event FROM quote JOIN instrument i"
            " USING (instrument_id) ORDER BY message_index, item"):
        found.quotes.append((symbol, scaled(bid, digits), scaled(ask, digits), at))
    for row in rows(
            "SELECT login, account_group, leverage, balance_text, equity_text, volume_text, margin_text,"
            " margin_free_text, margin_level_text, state, controlling_type, digits, balance, equity, volume, margin,"
            " margin_free, margin_level FROM margin_update ORDER BY message_index, item"):
        found.margins.append((*row[:3], list(row[3:9]), *row[9:11]))
        for exact, mantissa in zip(row[3:9], row[12:]):
            if mantissa is not None and scaled(mantissa, row[11]) != Decimal(exact):
                differ(f"margin: {exact} was stored as {mantissa} with {row[11]} digits")
    for row in rows(
            "SELECT i.symbol, ts_event, tick_count, i.price_digits, bid_open, bid_high, bid_low, bid_close, ask_open,"
            " ask_high, ask_low, ask_close FROM venue_bar JOIN instrument i USING (instrument_id)"
            " ORDER BY message_index, item"):
        found.bars.append((*row[:3], [scaled(price, row[3]) for price in row[4:]]))
    for row in rows(
            "SELECT ticket, login, change, symbol, command, state, reason, volume_lots, open_price, close_price,"
            " stop_loss, take_profit, commission, swap, profit, ts_event, ts_open, ts_close, ts_expires, json"
            " FROM order_update ORDER BY message_index, item"):
        found.orders.append((*row[:7], list(row[7:15]), list(row[15:19]), parse(row[19])))
    for kind, odd, document in rows(
            "SELECT kind, is_oddity, json FROM event WHERE message_index IS NOT NULL ORDER BY message_index, item"):
        if odd and not parse(document).get("reason"):
            differ(f"an oddity of {kind} without a reason")
        found.events.append((kind, bool(odd), None if odd else parse(document)))
    for symbol, details in rows("SELECT symbol, details FROM instrument WHERE details IS NOT NULL"):
        found.details[symbol] = parse(details)
    return found


def main():
    ledger, recording, messages = sys.argv[1:4]
    if "--keeps-personal-data" in sys.argv:
        gone.difference_update(PERSONAL)
    sent = [line["payload"] for line in lines(ledger)]
    compare_messages(sent, lines(messages))
    expected = Expected()
    for payload in sent:
        for record in payload.split("\x1e")[:-1]:
            expected.read(record)
    found = stored(sqlite3.connect(f"file:{recording}?mode=ro", uri=True))
    for name in vars(expected):
        if name == "details":
            for symbol in expected.details.keys() | found.details.keys():
                compare(f"details of {symbol}", [expected.details.get(symbol)], [found.details.get(symbol)])
        else:
            compare(name, getattr(expected, name), getattr(found, name))
    for difference in differences:
        print(difference[:600])
    counts = {name: len(value) for name, value in vars(found).items()}
    counts["messages"] = len(sent)
    counts["oddities"] = Counter(kind for kind, odd, _ in found.events if odd)
    print(json.dumps({"differences": len(differences), **counts}))
    sys.exit(1 if differences else 0)


main()
