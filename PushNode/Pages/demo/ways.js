// What is known of each message's way: when it left here, what was answered, where and when it arrived, who has acknowledged it.
// A message may arrive before the answer to its POST does: both find the same entry by the message's id.

import { here, learn, wall } from './clock.js';

const kept = 300;

class Ways extends EventTarget {
  #byId = new Map();

  /** The answer to a POST of this page; `absent` are the devices of this page that it is for and that are away. */
  answered(request, answer, absent) {
    const { id, seq, repeated } = answer.body;
    const way = this.#of(id);
    if (repeated && way.sentAt !== undefined) {
      way.repeats.push({ at: answer.sentAt, status: answer.status });
    } else {
      Object.assign(way, { request, seq: seq ?? way.seq, sentAt: answer.sentAt, answeredAt: answer.answeredAt, status: answer.status, repeated });
      way.waiting = absent.filter(device => !way.receipts.some(r => r.device === device));
      this.#learn(way);
    }
    this.#changed(way);
    return way;
  }

  /** It has arrived on a device: `how` has {at, replayed, away, transport, node}. */
  received(message, device, how) {
    const way = this.#of(message.id);
    Object.assign(way, { channel: message.channel, seq: message.seq, event: message.event, time: Date.parse(message.time) });
    way.receipts.push({ device, name: device.name, user: device.user, ...how });
    way.waiting = way.waiting.filter(d => d !== device);
    this.#learn(way);
    this.#changed(way);
    return way;
  }

  acknowledged(way, devices) {
    way.acknowledged = devices;
    this.#changed(way);
  }

  /** Whether it was accepted before a moment of this page, as far as that can be known. */
  isOlder({ id, time }, moment) {
    const sentAt = this.#byId.get(id)?.sentAt;
    if (sentAt !== undefined) return sentAt < moment;
    const accepted = here(Date.parse(time));
    return accepted !== null && accepted.at + accepted.error < wall(moment);
  }

  #learn(way) {
    if (!way.learnt && way.time && way.answeredAt && !way.repeated) {
      way.learnt = true;
      learn(way.time, 1, way.sentAt, way.answeredAt);
    }
  }

  #of(id) {
    let way = this.#byId.get(id);
    if (!way) {
      this.#byId.set(id, way = { id, receipts: [], waiting: [], repeats: [] });
      if (this.#byId.size > kept) this.#byId.delete(this.#byId.keys().next().value);
    }
    return way;
  }

  #changed(way) {
    this.dispatchEvent(new CustomEvent('change', { detail: way }));
  }
}

export const ways = new Ways();

/** How long a message took to a device, and how sure that is: {ms, error?, waited?}; null when it cannot be known. */
export function latency(way, receipt) {
  if (way.sentAt !== undefined && !way.repeated) return { ms: receipt.at - way.sentAt, waited: receipt.replayed };
  const accepted = way.time ? here(way.time) : null;
  const ms = accepted && Math.max(0, wall(receipt.at) - accepted.at);
  return accepted && accepted.error < Math.max(50, ms / 4) ? { ms, error: accepted.error, waited: receipt.replayed } : null;
}
