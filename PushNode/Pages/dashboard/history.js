'use strict';
// The points of the last five minutes. Each gets `at`, its time in milliseconds.

export const span = 300_000; // ms that charts show
const setBack = 5_000;       // ms: a point that is older by more than this tells that the clock was set back
const longestStep = 2_500;   // ms between two points that are still joined: above, a second is missing

export class History {
  points = [];

  get end() { return this.points.length ? this.points.at(-1).at : 0; }

  // What a stream brings when it begins. Older points stay: a node that was restarted has forgotten them, and the gap is to be seen.
  begin(points) {
    const fresh = points.map(stamped);
    const from = fresh.length ? fresh[0].at : Infinity;
    this.points = this.points.filter(p => p.at < from).concat(fresh);
    this.#trim();
  }

  add(point) {
    const fresh = stamped(point);
    if (fresh.at < this.end - setBack) this.points = [];
    if (fresh.at <= this.end) return; // the last one of the history, once more
    this.points.push(fresh);
    this.#trim();
  }

  // The point nearest to a time; null where there is a gap.
  nearest(at) {
    let best = null;
    for (const point of this.points) {
      if (best === null || Math.abs(point.at - at) < Math.abs(best.at - at)) best = point;
    }
    return best !== null && Math.abs(best.at - at) <= longestStep / 2 ? best : null;
  }

  #trim() {
    const oldest = this.end - span;
    let n = 0;
    while (n < this.points.length && this.points[n].at < oldest) n++;
    if (n) this.points.splice(0, n);
  }
}

// Whether a line may go from one point to the next.
export const joined = (a, b) => b.at - a.at <= longestStep;

const stamped = point => ({ ...point, at: Date.parse(point.time) });
