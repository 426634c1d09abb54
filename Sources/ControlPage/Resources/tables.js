// The three tables: prices of all instruments, margin of all accounts, connected clients.

import { count, length, price, speed, time } from "./text.js";

/** Rows that are changed in place, so that focus and selection stay. */
class Rows {
  #body;
  #rows = new Map();

  constructor(body) {
    this.#body = body;
  }

  /** The row of `key`; a new one is made by `make(row)`. */
  row(key, make) {
    let row = this.#rows.get(key);
    if (!row) {
      row = this.#body.insertRow();
      make(row);
      this.#rows.set(key, row);
    }
    return row;
  }

  keep(keys) {
    for (const [key, row] of this.#rows) {
      if (keys.has(key)) continue;
      row.remove();
      this.#rows.delete(key);
    }
  }

  clear() {
    this.keep(new Set());
  }
}

function cell(row, index, text, className = "") {
  const target = row.cells[index];
  if (target.textContent !== text) target.textContent = text;
  if (target.className !== className) target.className = className;
}

export class Prices {
  #rows;
  #latest = new Map();
  #choose;

  constructor(body, choose) {
    this.#rows = new Rows(body);
    this.#choose = choose;
  }

  /** Takes a quote or a trade; it is drawn with the next frame. */
  take(event) {
    const key = `${event.venue} ${event.symbol}`;
    const known = this.#latest.get(key) ?? {};
    this.#note(key, known, event.type === "quote"
      ? { ...known, bid: event.bid_price, ask: event.ask_price }
      : { ...known, last: event.price });
  }

  /** Takes the server's state of a moment: all of it, or for the page's own tape only what events have not updated
  /** since. */
  fill(list, replaces) {
    for (const { venue, symbol, bid, ask, last } of list) {
      const key = `${venue} ${symbol}`;
      const known = this.#latest.get(key) ?? {};
      const told = { bid, ask, last };
      if (replaces) this.#note(key, known, told);
      else this.#latest.set(key, { ...told, ...known });
    }
  }

  #note(key, known, next) {
    const before = known.last ?? known.bid;
    const now = next.last ?? next.bid;
    next.move = before === undefined || now === before ? known.move : now > before ? "up" : "down";
    this.#latest.set(key, next);
  }

  draw(instruments, chosen) {
    for (const { venue, symbol, seen_digits: digits } of instruments) {
      const row = this.#rows.row(`${venue} ${symbol}`, (fresh) => {
        const button = document.createElement("button");
        button.type = "button";
        button.textContent = symbol;
        button.title = `${symbol} of ${venue} in the chart`;
        button.onclick = () => this.#choose(venue, symbol);
        fresh.insertCell().append(button);
        for (let index = 0; index < 3; index++) fresh.insertCell();
      });
      const { bid, ask, last, move } = this.#latest.get(`${venue} ${symbol}`) ?? {};
      cell(row, 1, price(bid, digits), last === undefined ? move : "");
      cell(row, 2, price(ask, digits));
      cell(row, 3, price(last, digits), last === undefined ? "" : move);
      row.className = chosen?.symbol === symbol && chosen?.venue === venue ? "chosen" : "";
    }
  }

  clear() {
    this.#latest.clear();
  }
}

export class Margins {
  #rows;
  #panel;
  #latest = new Map();

  constructor(panel, body) {
    this.#panel = panel;
    this.#rows = new Rows(body);
  }

  take(event) {
    this.#latest.set(event.login, event);
  }

  draw() {
    this.#panel.hidden = this.#latest.size === 0;
    const accounts = [...this.#latest].sort(([left], [right]) => left - right);
    for (const [login, { equity, margin, margin_level: level, state }] of accounts) {
      const row = this.#rows.row(login, (fresh) => { for (let index = 0; index < 4; index++) fresh.insertCell(); });
      cell(row, 0, String(login));
      cell(row, 1, price(equity, 2));
      // Without margin the level has no meaning.
      cell(row, 2, margin ? `${price(level, 1)} %` : "–");
      cell(row, 3, (state ?? "–").replace("_", " "), state && state !== "ok" ? "bad" : "");
    }
  }

  clear() {
    this.#latest.clear();
    this.#rows.clear();
  }
}

export class Clients {
  #rows;
  #choose;

  constructor(body, choose) {
    this.#rows = new Rows(body);
    this.#choose = choose;
  }

  draw(sessions, own, driven) {
    this.#rows.keep(new Set(sessions.map((session) => session.id)));
    for (const session of sessions) {
      const row = this.#rows.row(session.id, (fresh) => {
        const radio = document.createElement("input");
        radio.type = "radio";
        radio.name = "driven";
        radio.onchange = () => this.#choose(session.id);
        radio.setAttribute("aria-label", `control session ${session.id}`);
        fresh.insertCell().append(radio);
        for (let index = 1; index < 10; index++) fresh.insertCell();
      });
      row.cells[0].firstChild.checked = session.id === driven;
      row.className = session.id === driven ? "chosen" : "";
      cell(row, 1, session.id === own ? "this page" : `${session.id} · ${session.client ?? ""}`);
      cell(row, 2, session.protocol === "replay" ? "replay" : `${session.protocol} ${session.path}`);
      cell(row, 3, session.clock ?? "own");
      cell(row, 4, session.state);
      cell(row, 5, speed(session.speed));
      cell(row, 6, time(session.position));
      cell(row, 7, count(session.sent));
      cell(row, 8, session.lag_ns ? length(session.lag_ns) : "–", session.is_slow ? "bad" : "");
      cell(row, 9, session.lateness?.count ? length(session.lateness.p99_ns) : "–");
    }
  }
}
