// The clocks: this page's, and how far the node's is from it. Whatever the node dates between a request of this page and its answer
// bounds the difference: a little by the Date of any answer, to milliseconds by a message sent from here. Without that, a latency
// across two machines would be a guess.

let low = -Infinity, high = Infinity;

/** performance.now() as a time of day: finer than Date.now(), and it never goes back. */
export const wall = now => performance.timeOrigin + now;

/** Learns from a time of the node's (ms, cut to `unit`) that was set between two moments of this page (performance.now). */
export function learn(time, unit, sentAt, answeredAt) {
  const newLow = time - wall(answeredAt), newHigh = time + unit - wall(sentAt);
  const drifted = newLow > high || newHigh < low;
  low = drifted ? newLow : Math.max(low, newLow);
  high = drifted ? newHigh : Math.min(high, newHigh);
}

/** A time of the node's on this machine's clock, and by how much that may be wrong; null while nothing is known. */
export function here(time) {
  if (low === -Infinity) return null;
  return { at: time - (low + high) / 2, error: (high - low) / 2 };
}
