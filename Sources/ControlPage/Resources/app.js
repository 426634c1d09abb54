// Connects the parts: the page's own tape, or another client's, and the buttons and keys that control it.

import { command, get } from "./api.js";
import { Candles } from "./candles.js";
import { Chart } from "./chart.js";
import { Clients, Margins, Prices } from "./tables.js";
import { OwnTape } from "./tape.js";
import { interval as nanoseconds, length, second, speed as speedText, time } from "./text.js";
import { Timeline } from "./timeline.js";

const element = (id) => document.getElementById(id);
const intervals = ["1s", "5s", "15s", "1m", "5m", "15m", "1h", "4h", "1d"];
const speeds = [0.1, 0.5, 1, 2, 5, 10, 50, 100, 1000, "max"];

let instruments = [];
let sessions = [];
let choice = null;
/** The session that buttons and keys control; `null` means the page's own. */
let driven = null;
/** The first end of a loop that is being selected; `undefined` otherwise. */
let loopFrom;
/** The number of the page's own session. */
let ownID;

const candles = new Candles();
const chart = new Chart(element("chart"), element("legend"));
const timeline = new Timeline(element("timeline"), element("under-pointer"), point);
const prices = new Prices(element("prices").tBodies[0], (venue, symbol) => choose({ venue, symbol }));
const margins = new Margins(element("margin-panel"), element("margins").tBodies[0]);
const clients = new Clients(element("sessions"), drive);

const tape = new OwnTape({
  event(event) {
    if (event.type === "quote" || event.type === "trade") {
      noteDigits(event.venue, event.symbol, event.price ?? event.bid_price);
      noteDigits(event.venue, event.symbol, event.ask_price);
      prices.take(event);
      if (driven === null) candles.take(event);
    } else if (event.type === "margin_update") {
      margins.take(event);
    }
  },
  status({ id }) {
    if (id === ownID) return;
    ownID = id;
    refresh();
  },
  seek(position) {
    prices.clear();
    margins.clear();
    if (driven !== null) return;
    reload(position);
    loadPrices(position);
  },
  failed: notice,
});

// MARK: The controlled session

/** The server's latest status of the controlled session. */
function current() {
  if (driven === null) return tape.status;
  return sessions.find((session) => session.id === driven) ?? tape.status;
}

function drive(id) {
  driven = id === tape.status?.id ? null : id;
  if (driven !== null && tape.status?.state === "playing") tape.send({ cmd: "pause" });
  prices.clear();
  margins.clear();
  reload(current()?.position);
  loadPrices(current()?.position);
  refresh();
}

async function act(name, body = {}) {
  if (driven === null) return tape.send({ cmd: name, ...body });
  try {
    const status = await command(driven, name, body);
    sessions = sessions.map((session) => (session.id === status.id ? status : session));
    clients.draw(sessions, ownID, driven);
    if (name === "seek") reload(status.position);
    loadPrices(status.position);
    notice("");
  } catch (error) {
    notice(error.message);
  }
}

const seek = (position) => act("seek", { to: String(Math.round(position)) });
const skip = (seconds) => act("seek", { by: `${seconds}s` });

const actions = {
  toggle: () => act(current()?.state === "playing" ? "pause" : "play"),
  start: () => timeline.hasTape && seek(timeline.facts.from),
  back: () => skip(-10),
  forward: () => skip(10),
  event: () => act("step", { events: 1 }),
  bar: () => choice && act("step", { interval: choice.interval }),
  gap() {
    const gap = timeline.gapAfter((current()?.position ?? 0) + 2 * second);
    if (gap) seek(gap.from - second); else notice("no gap after this position");
  },
  loop() {
    if (current()?.loop) return act("loop", { off: true });
    loopFrom = loopFrom === undefined ? null : undefined;
    notice(loopFrom === null ? "click the two ends of the loop on the tape" : "");
  },
  faster: () => shiftSpeed(1),
  slower: () => shiftSpeed(-1),
};

/** A position was selected on the timeline: seek to it, or use it as an end of a loop. */
function point(position) {
  if (loopFrom === undefined) return seek(position);
  if (loopFrom === null) {
    loopFrom = position;
    return notice("now click the other end");
  }
  const [from, to] = [Math.min(loopFrom, position), Math.max(loopFrom, position)];
  loopFrom = undefined;
  notice("");
  return act("loop", { from: String(from), to: String(to) });
}

function shiftSpeed(by) {
  const now = current()?.speed ?? 1;
  const index = now === "max" ? speeds.length - 1 : speeds.findLastIndex((one) => one !== "max" && one <= now);
  const next = speeds[Math.min(speeds.length - 1, Math.max(0, index + by))];
  // The button may be pressed again before the server answers.
  if (current()) current().speed = next;
  act("speed", { speed: next });
}

// MARK: Display

function notice(text) {
  element("notice").textContent = text ?? "";
}

function choose(change) {
  const side = change.side ?? choice?.side ?? "bid";
  choice = { interval: element("interval").value, ...choice, ...change, side };
  element("symbol").value = `${choice.venue} ${choice.symbol}`;
  element("side").value = choice.side;
  element("interval").value = choice.interval;
  reload(current()?.position);
}

/** Prices are stored with more digits than the venue may quote: show as many as have been seen. */
function noteDigits(venue, symbol, value) {
  const instrument = instruments.find((one) => one.symbol === symbol && one.venue === venue);
  if (!instrument || value === undefined) return;
  const digits = (String(value).split(".")[1] ?? "").length;
  instrument.seen_digits = Math.min(instrument.price_digits, Math.max(instrument.seen_digits ?? 0, digits));
}

async function reload(position) {
  if (!choice || position === null || position === undefined) return;
  const { venue, symbol } = choice;
  try {
    await candles.load(choice, position);
    for (const bar of candles.bars) noteDigits(venue, symbol, bar[4]);
  } catch (error) {
    notice(error.message);
  }
}

let pricesAsked = 0;

/** Loads the state of everything before `position`: events only report later changes, and none for another client. */
async function loadPrices(position) {
  if (position === null || position === undefined) return;
  const asked = ++pricesAsked;
  try {
    const list = (await get("api/prices", { at: String(position) })).prices;
    // The user may have moved elsewhere meanwhile.
    if (asked !== pricesAsked) return;
    for (const { venue, symbol, bid, ask } of list) {
      noteDigits(venue, symbol, bid);
      noteDigits(venue, symbol, ask);
    }
    prices.fill(list, driven !== null);
  } catch (error) {
    notice(error.message);
  }
}

function show() {
  const status = current();
  if (status) {
    element("now").textContent = time(status.position);
    element("state").textContent = `${status.state} · ${speedText(status.speed)}`;
    element("play").textContent = status.state === "playing" ? "❚❚ pause" : "▶ play";
    element("loop").setAttribute("aria-pressed", String(Boolean(status.loop) || loopFrom !== undefined));
    const late = status.lateness;
    element("lateness").textContent = late?.count ? `late p50 ${length(late.p50_ns)}, p99 ${length(late.p99_ns)}` : "";
    const select = element("speed");
    if (document.activeElement !== select) showSpeed(select, status.speed);
    timeline.show(status.position, status.loop);
  }
  prices.draw(instruments, choice);
  margins.draw();
  if (timeline.isChanged) timeline.draw();
  if (candles.isChanged || chart.isChanged) {
    candles.isChanged = false;
    const digits = instruments.find((one) => one.symbol === choice?.symbol && one.venue === choice?.venue)?.seen_digits ?? 5;
    chart.draw(candles, digits, timeline.facts.gaps);
  }
  requestAnimationFrame(show);
}

function showSpeed(select, value) {
  if (![...select.options].some((option) => option.value === String(value))) select.add(new Option(speedText(value), String(value)), 0);
  select.value = String(value);
}

// MARK: Periodic queries

async function refresh() {
  try {
    sessions = (await get("api/sessions")).sessions;
    if (driven !== null && !sessions.some((session) => session.id === driven)) {
      notice("the controlled client has disconnected");
      drive(tape.status?.id);
    }
    clients.draw(sessions, tape.status?.id, driven ?? tape.status?.id);
    if (driven !== null) follow();
  } catch (error) {
    notice(error.message);
  }
}

let followed = 0;

/** Another client's tape is shown as stored bars and prices up to its position. */
function follow() {
  const position = current()?.position;
  loadPrices(position);
  const bar = Math.floor(position / candles.interval);
  if (bar === followed) return;
  followed = bar;
  reload(position);
}

async function loadTimeline() {
  try {
    timeline.facts = await get("api/timeline");
  } catch (error) {
    notice(error.message);
  }
}

async function every(milliseconds, work) {
  for (;;) {
    if (!document.hidden) await work();
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
  }
}

// MARK: Buttons and keys

const keys = {
  " ": "toggle", k: "toggle", Home: "start", ".": "event", b: "bar", g: "gap", l: "loop", "+": "faster", "=": "faster", "-": "slower",
};

function pressed(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || element("help").open) return;
  const isIn = (selector) => event.target instanceof Element && event.target.matches(selector);
  if (isIn("input:not([type=radio]), select, textarea")) return;
  // These keys have a meaning for the focused element.
  if (event.key === " " && isIn("button")) return;
  if (event.key.startsWith("Arrow") && isIn("input[type=radio]")) return;
  if (event.key === "ArrowLeft") skip(event.shiftKey ? -60 : -10);
  else if (event.key === "ArrowRight") skip(event.shiftKey ? 60 : 10);
  else if (event.key === "?") element("help").showModal();
  else if (event.key === "/") element("seek-to").focus();
  else if (event.key === "t") switchTheme();
  else if (keys[event.key]) actions[keys[event.key]]();
  else return;
  event.preventDefault();
}

function switchTheme() {
  const root = document.documentElement;
  const isDark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  setTheme(isDark ? "light" : "dark");
  try { localStorage.setItem("feedrec-theme", root.dataset.theme); } catch { /* private windows may refuse */ }
}

function setTheme(name) {
  if (name === "light" || name === "dark") document.documentElement.dataset.theme = name;
  redraw();
}

function redraw() {
  timeline.isChanged = true;
  chart.isChanged = true;
}

function listen() {
  for (const button of document.querySelectorAll("[data-act]")) button.onclick = () => actions[button.dataset.act]();
  element("theme").onclick = switchTheme;
  element("help-open").onclick = () => element("help").showModal();
  element("symbol").onchange = (event) => {
    const [venue, ...symbol] = event.target.value.split(" ");
    choose({ venue, symbol: symbol.join(" ") });
  };
  element("side").onchange = (event) => choose({ side: event.target.value });
  element("interval").onchange = (event) => choose({ interval: event.target.value });
  element("speed").onchange = (event) => act("speed", { speed: event.target.value === "max" ? "max" : Number(event.target.value) });
  element("seek").onsubmit = (event) => {
    event.preventDefault();
    const text = element("seek-to").value.trim();
    if (text) act("seek", { to: text });
    element("seek-to").blur();
  };
  addEventListener("keydown", pressed);
  addEventListener("resize", redraw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
}

async function start() {
  let stored = null;
  try { stored = localStorage.getItem("feedrec-theme"); } catch { /* private windows may refuse */ }
  setTheme(stored);
  for (const one of intervals) element("interval").add(new Option(one));
  for (const one of speeds) element("speed").add(new Option(speedText(one), String(one)));
  listen();
  requestAnimationFrame(show);
  const facts = await get("api/tape");
  element("files").textContent = facts.files.map((file) => file.path).join(", ");
  instruments = (await get("api/instruments")).instruments;
  await loadTimeline();
  for (const { venue, symbol } of instruments) element("symbol").add(new Option(symbol, `${venue} ${symbol}`));
  // About a hundred bars for the whole tape, but never finer than a second.
  const wanted = ((facts.to ?? 0) - (facts.from ?? 0)) / 120;
  element("interval").value = intervals.findLast((one) => nanoseconds(one) <= wanted) ?? intervals[0];
  if (instruments.length > 0) choose({ venue: instruments[0].venue, symbol: instruments[0].symbol });
  every(500, refresh);
  every(5000, loadTimeline);
}

start().catch((error) => notice(error.message));
