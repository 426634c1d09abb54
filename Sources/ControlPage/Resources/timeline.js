// The whole tape as one strip: connections, gaps, the loop, and the tape's position.

import { colours, fit } from "./canvas.js";
import { length, time } from "./text.js";

export class Timeline {
  isChanged = true;
  #canvas;
  #below;
  #facts = { from: null, to: null, gaps: [], connections: [] };
  #position = null;
  #loop = null;

  /** `chosen(position)` is called for every position that the user selects. */
  constructor(canvas, below, chosen) {
    this.#canvas = canvas;
    this.#below = below;
    const at = (event) => this.#time(event.offsetX);
    canvas.addEventListener("pointerdown", (event) => { canvas.setPointerCapture(event.pointerId); });
    canvas.addEventListener("pointerup", (event) => { if (this.hasTape) chosen(at(event)); });
    canvas.addEventListener("pointermove", (event) => this.#describe(at(event)));
    canvas.addEventListener("pointerleave", () => { below.textContent = ""; });
  }

  get hasTape() {
    return this.#facts.from !== null && this.#facts.to > this.#facts.from;
  }

  get facts() {
    return this.#facts;
  }

  set facts(facts) {
    this.#facts = facts;
    this.#canvas.setAttribute("aria-valuemin", facts.from ?? 0);
    this.#canvas.setAttribute("aria-valuemax", facts.to ?? 0);
    this.isChanged = true;
  }

  show(position, loop) {
    if (position === this.#position && loop?.from === this.#loop?.from && loop?.to === this.#loop?.to) return;
    this.#position = position;
    this.#loop = loop;
    this.#canvas.setAttribute("aria-valuenow", position ?? 0);
    this.#canvas.setAttribute("aria-valuetext", time(position));
    this.isChanged = true;
  }

  /** The first gap that begins after `position`. */
  gapAfter(position) {
    return this.#facts.gaps.find((gap) => gap.from > position);
  }

  draw() {
    const { context, width, height } = fit(this.#canvas);
    const colour = colours();
    this.isChanged = false;
    if (!this.hasTape) return;
    const x = (ns) => ((ns - this.#facts.from) / (this.#facts.to - this.#facts.from)) * width;
    const strip = (from, to, top, tall) => {
      const left = Math.max(0, x(from));
      context.fillRect(left, top, Math.max(1, Math.min(width, x(to ?? this.#facts.to)) - left), tall);
    };
    context.fillStyle = colour.line;
    context.fillRect(0, 12, width, 20);
    context.fillStyle = colour.accent;
    context.globalAlpha = 0.35;
    for (const connection of this.#facts.connections) strip(connection.from, connection.to, 12, 20);
    context.globalAlpha = 1;
    context.fillStyle = colour.gap;
    for (const gap of this.#facts.gaps) strip(gap.from, gap.to, 8, 28);
    if (this.#loop) {
      context.fillStyle = colour.up;
      strip(this.#loop.from, this.#loop.to, 36, 4);
    }
    if (this.#position === null) return;
    const here = Math.min(width - 1, Math.max(1, x(this.#position)));
    context.fillStyle = colour.ink;
    context.fillRect(here - 1, 2, 2, height - 4);
    context.beginPath();
    context.moveTo(here - 6, 0);
    context.lineTo(here + 6, 0);
    context.lineTo(here, 8);
    context.fill();
  }

  #time(offset) {
    const share = Math.min(1, Math.max(0, offset / this.#canvas.clientWidth));
    return Math.round(this.#facts.from + share * (this.#facts.to - this.#facts.from));
  }

  #describe(position) {
    if (!this.hasTape) return;
    const reach = (this.#facts.to - this.#facts.from) / this.#canvas.clientWidth * 2;
    const gap = this.#facts.gaps.find((one) => one.from - reach <= position && position < (one.to ?? Infinity) + reach);
    const missing = gap
      ? ` · gap: ${gap.cause}${gap.detail ? ` (${gap.detail})` : ""}, ${gap.to === null ? "open" : length(gap.to - gap.from)}`
      : "";
    this.#below.textContent = time(position) + missing;
  }
}
