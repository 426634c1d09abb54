// Candlesticks: as many as fit, the newest at the right; gaps of the tape are shaded behind them.

import { colours, fit, ticks } from "./canvas.js";
import { price, time } from "./text.js";

const right = 78;
const bottom = 22;
const step = 9;

export class Chart {
  #canvas;
  #legend;
  #pointer = null;

  constructor(canvas, legend) {
    this.#canvas = canvas;
    this.#legend = legend;
    canvas.addEventListener("pointermove", (event) => { this.#pointer = event.offsetX; this.isChanged = true; });
    canvas.addEventListener("pointerleave", () => { this.#pointer = null; this.isChanged = true; });
  }

  isChanged = true;

  /** `digits` are the price digits of the instrument; `gaps` are those of the timeline. */
  draw({ bars, interval }, digits, gaps) {
    const { context, width, height } = fit(this.#canvas);
    const colour = colours();
    const plot = { width: width - right, height: height - bottom };
    const shown = bars.slice(-Math.max(1, Math.floor(plot.width / step)));
    this.isChanged = false;
    if (shown.length === 0) {
      context.fillStyle = colour.quiet;
      context.fillText("no ticks yet: press play", 12, 24);
      this.#legend.textContent = "";
      return;
    }
    const low = Math.min(...shown.map((bar) => bar[3]));
    const high = Math.max(...shown.map((bar) => bar[2]));
    const pad = (high - low || Math.abs(high) * 1e-4 || 1) * 0.06;
    const y = (value) => plot.height - ((value - low + pad) / (high - low + 2 * pad)) * plot.height;
    this.#drawGaps(context, colour, shown, interval, gaps, plot);
    this.#drawPrices(context, colour, low, high, y, plot, digits, y(shown.at(-1)[4]));
    shown.forEach((bar, index) => drawCandle(context, colour, bar, index * step, y));
    this.#drawTimes(context, colour, shown, plot);
    this.#drawLast(context, colour, shown.at(-1), y, plot, digits);
    this.#describe(shown, digits, plot, context, colour);
  }

  #drawPrices(context, colour, low, high, y, plot, digits, taken) {
    context.strokeStyle = colour.line;
    context.fillStyle = colour.quiet;
    for (const value of ticks(low, high, Math.max(2, plot.height / 60))) {
      line(context, 0, y(value), plot.width, y(value));
      if (Math.abs(y(value) - taken) > 17) context.fillText(price(value, digits), plot.width + 6, y(value) + 4);
    }
  }

  #drawTimes(context, colour, shown, plot) {
    context.fillStyle = colour.quiet;
    const every = Math.ceil(150 / step);
    for (let index = 0; index < shown.length; index += every) {
      if (index * step + 120 < plot.width + right) context.fillText(time(shown[index][0]).slice(5, 19), index * step, plot.height + 16);
    }
  }

  /** Bars are drawn side by side, so a gap is a stripe between or behind them. */
  #drawGaps(context, colour, shown, interval, gaps, plot) {
    context.fillStyle = colour.gap;
    context.globalAlpha = 0.22;
    for (const gap of gaps) {
      const first = shown.findIndex((bar) => bar[0] + interval > gap.from);
      if (first < 0 || (gap.to ?? Infinity) <= shown[0][0]) continue;
      let end = shown.findIndex((bar) => bar[0] >= (gap.to ?? Infinity));
      if (end < 0) end = shown.length;
      context.fillRect(first * step - 1, 0, Math.max(end - first, 0.4) * step, plot.height);
    }
    context.globalAlpha = 1;
  }

  #drawLast(context, colour, bar, y, plot, digits) {
    context.fillStyle = bar[4] >= bar[1] ? colour.up : colour.down;
    context.fillRect(plot.width, y(bar[4]) - 9, right, 18);
    context.fillStyle = colour.panel;
    context.fillText(price(bar[4], digits), plot.width + 6, y(bar[4]) + 4);
  }

  /** Describes the bar under the pointer, or the last bar, in words, also for users who cannot see the canvas. */
  #describe(shown, digits, plot, context, colour) {
    let index = shown.length - 1;
    if (this.#pointer !== null && this.#pointer < plot.width) {
      index = Math.min(index, Math.max(0, Math.floor(this.#pointer / step)));
      context.strokeStyle = colour.quiet;
      line(context, index * step + 3, 0, index * step + 3, plot.height);
    }
    const [open, first, high, low, last, count] = shown[index];
    const text = `${time(open).slice(0, 19)}  O ${price(first, digits)}  H ${price(high, digits)}  `
      + `L ${price(low, digits)}  C ${price(last, digits)}  ${count} ticks`;
    this.#legend.textContent = text;
    this.#canvas.setAttribute("aria-label", `candlesticks, ${shown.length} bars; ${text}`);
  }
}

function drawCandle(context, colour, [, first, high, low, last], x, y) {
  context.strokeStyle = context.fillStyle = last >= first ? colour.up : colour.down;
  line(context, x + 3, y(high), x + 3, y(low));
  const top = Math.min(y(first), y(last));
  const tall = Math.max(1, Math.abs(y(first) - y(last)));
  // A falling bar is filled, a rising one hollow, because many users cannot tell the colours apart.
  if (last >= first && tall > 2) {
    context.clearRect(x + 0.5, top, 6, tall);
    context.strokeRect(x + 0.5, top + 0.5, 5, tall - 1);
  } else {
    context.fillRect(x, top, 6.5, tall);
  }
}

function line(context, fromX, fromY, toX, toY) {
  context.beginPath();
  context.moveTo(Math.round(fromX) + 0.5, Math.round(fromY) + 0.5);
  context.lineTo(Math.round(toX) + 0.5, Math.round(toY) + 0.5);
  context.stroke();
}
