// The candles of one instrument, side and interval: stored bars up to the tape's position, and the bar that is forming.

import { get } from "./api.js";
import { interval as nanoseconds } from "./text.js";

const historyCount = 400;
const keptMax = 2000;

/** True for the ticks from which the server builds bars: quotes with both sides, and executions that no other event
/** repeats. */
function isInBars(event) {
  return event.type === "quote" ? event.bid_price !== undefined && event.ask_price !== undefined : event.in_bars !== false;
}

export class Candles {
  /** `[ts_open, open, high, low, close, tick_count]` in order of time. */
  bars = [];
  /** True if the candles changed since they were last drawn. */
  isChanged = true;
  #choice = null;
  #generation = 0;
  /** How far the venue's clock, which bars follow, is ahead of the tape's: a broker's may differ by hours. */
  #ahead = 0;

  get interval() {
    return this.#choice ? nanoseconds(this.#choice.interval) : 60e9;
  }

  /** Starts again with another selection or position: bars before `position` come from the server. */
  async load(choice, position) {
    this.#choice = choice;
    const generation = ++this.#generation;
    this.bars = [];
    this.isChanged = true;
    const length = nanoseconds(choice.interval);
    const to = Math.floor((position + this.#ahead) / length) * length;
    const answer = await get("api/bars", {
      symbol: choice.symbol, venue: choice.venue, side: choice.side, interval: choice.interval,
      from: String(to - historyCount * length), to: String(to), limit: "1000",
    });
    // A later selection has replaced this request.
    if (generation !== this.#generation) return;
    const before = answer.bars.filter((bar) => bar[0] + length <= to).map((bar) => bar.slice(0, 6));
    this.bars = before.concat(this.bars);
    this.isChanged = true;
  }

  /** Takes a quote or trade of the tape. */
  take(event) {
    const choice = this.#choice;
    if (!choice || event.symbol !== choice.symbol || event.venue !== choice.venue) return;
    if (event.ts_event !== undefined) this.#ahead = Math.round((event.ts_event - event.ts_recv) / 60e9) * 60e9;
    const value = choice.side === "trade" ? event.price : choice.side === "bid" ? event.bid_price : event.ask_price;
    if (value === undefined || !isInBars(event)) return;
    const open = Math.floor((event.ts_event ?? event.ts_recv) / this.interval) * this.interval;
    const last = this.bars.at(-1);
    if (last && last[0] === open) {
      last[2] = Math.max(last[2], value);
      last[3] = Math.min(last[3], value);
      last[4] = value;
      last[5] += 1;
    } else if (!last || open > last[0]) {
      this.bars.push([open, value, value, value, value, 1]);
      if (this.bars.length > keptMax) this.bars.splice(0, this.bars.length - keptMax);
    }
    this.isChanged = true;
  }
}
