// How far the node's clock is from this machine's. A message's `time` is set between the page's POST and its answer, so each
// message sent from here bounds the difference; without one, a latency across two clocks would be a guess.

import { wall } from './node.js';

let low = -Infinity, high = Infinity;

/** Learns from a message whose `time` (ms) was set between two moments of this page (performance.now). */
export function learn(time, sentAt, answeredAt) {
  const newLow = time - wall(answeredAt), newHigh = time + 1 - wall(sentAt);   // `time` is cut to whole milliseconds
  const drifted = newLow > high || newHigh < low;
  low = drifted ? newLow : Math.max(low, newLow);
  high = drifted ? newHigh : Math.min(high, newHigh);
}

/** A time of the node on this machine's clock, and by how much that may be wrong; null while nothing is known. */
export function here(time) {
  if (low === -Infinity) return null;
  return { at: time - (low + high) / 2, error: (high - low) / 2 };
}
