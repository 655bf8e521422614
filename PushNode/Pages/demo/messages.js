// The messages of one device, newest first: what was said, and how it came.

import { duration, el, said, timeOfDay } from './dom.js';
import { latency, ways } from './ways.js';

const kept = 50;

/** @param list The list element. @param choose Called with the way of the message whose way is to be shown. */
export function messageList(list, choose) {
  const items = new Map();   // way -> how to write its latency anew
  const life = new AbortController();
  ways.addEventListener('change', ({ detail }) => items.get(detail)?.(), { signal: life.signal });

  return {
    add(message, way, receipt) {
      const { text, json } = said(message.data);
      const took = el('button', { type: 'button', class: 'took quiet slim', click: () => choose(way) });
      const facts = [
        badge(message.channel + (message.seq ? ` #${message.seq}` : '')),
        receipt.away ? badge('while away', 'warn') : receipt.replayed ? badge('replayed', 'warn') : badge('live', 'good'),
        message.event !== undefined && badge(`event ${message.event}`, 'accent'),
        !message.seq && badge('ephemeral'),
        badge(receipt.transport ?? 'unknown'),
      ];
      const time = el('time', { class: 'soft', datetime: message.time, text: timeOfDay(Date.parse(message.time)) });
      const item = el('li', { class: receipt.away ? 'message away' : 'message', 'data-seq': message.seq, 'data-id': message.id },
        el(json ? 'pre' : 'p', { class: 'said', text }), took, el('div', { class: 'facts' }, ...facts), time);

      const write = () => {
        const known = latency(way, receipt);
        took.textContent = known ? (known.waited ? `waited ${duration(known.ms)}` : `${known.error === undefined ? '' : '≈ '}${duration(known.ms)}`) : 'its way';
        took.setAttribute('aria-label', `${took.textContent}: show the way of ${message.seq ? `message ${message.seq} of ${message.channel}` : 'this message'}`);
      };
      write();
      items.set(way, write);
      list.prepend(item);
      if (list.children.length > kept) list.lastElementChild.remove();
      if (items.size > kept) items.delete(items.keys().next().value);
    },

    clear() {
      items.clear();
      list.replaceChildren();
    },

    end: () => life.abort(),
  };
}

const badge = (text, is) => el('span', { class: 'badge', 'data-is': is, text });
