// Formats times, durations and numbers. Nanoseconds are doubles: exact to 256 ns, which is enough for display.

export const second = 1e9;

/** A time of day, preceded by the date; milliseconds, because a finer resolution is not visible. */
export function time(ns) {
  if (ns === null || ns === undefined) return "–";
  return new Date(Math.floor(ns / 1e6)).toISOString().replace("T", " ").replace("Z", "");
}

/** A duration in its two largest units. */
export function length(ns) {
  const s = Math.abs(ns) / second;
  if (s < 1e-3) return `${Math.round(s * 1e6)} µs`;
  if (s < 1) return `${(s * 1e3).toFixed(s < 0.01 ? 1 : 0)} ms`;
  if (s < 60) return `${s.toFixed(s < 10 ? 1 : 0)} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${Math.floor(s % 60)} s`;
  if (s < 86400) return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
  return `${Math.floor(s / 86400)} d ${Math.floor((s % 86400) / 3600)} h`;
}

/** A price with the instrument's digits, but at most the eight that fit a narrow table. */
export function price(value, digits) {
  return value === null || value === undefined ? "–" : value.toFixed(Math.min(digits, 8));
}

export function count(value) {
  return value.toLocaleString("en-GB");
}

export function speed(value) {
  return value === "max" ? "max" : `${value}x`;
}

/** "5m" as nanoseconds. */
export function interval(text) {
  const units = { s: 1, m: 60, h: 3600, d: 86400 };
  return parseInt(text, 10) * units[text.at(-1)] * second;
}
