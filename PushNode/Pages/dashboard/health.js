'use strict';
// What the cluster is, in five facts: its nodes, what they use, Redis and the store.

import { $, setData, setText } from './dom.js';
import { bytes, cores, plural } from './units.js';

const stores = { journal: 'Journal', mongo: 'MongoDB', remote: 'Of the collect node' };

export function showHealth(status) {
  const nodes = status.nodes.filter(n => n.state !== 'gone');
  const measured = nodes.filter(n => n.memory != null);
  const sum = of => measured.reduce((total, node) => total + of(node), 0);
  const up = nodes.filter(n => n.state === 'up').length;

  setText($('fact-nodes'), up === nodes.length ? `${up} up` : `${up} of ${nodes.length} up`);
  setText($('fact-nodes-more'), ['draining', 'unreachable'].map(s => [nodes.filter(n => n.state === s).length, s]).filter(([n]) => n).map(([n, s]) => `${n} ${s}`).join(', '));
  setText($('fact-memory'), bytes(sum(n => n.memory)));
  setText($('fact-memory-more'), `${bytes(sum(n => n.heap))} managed`);
  setText($('fact-cpu'), cores(sum(n => n.cpu)));
  setText($('fact-cpu-more'), `of ${plural(sum(n => n.cores), 'core')}`);

  const redis = status.redis;
  pill('redis', redis === null ? ['idle', 'Not used'] : redis.trouble ? ['bad', 'Away'] : ['good', 'Answers'],
    redis === null ? 'one node alone needs none' : redis.trouble ?? '');
  const store = status.store;
  pill('store', store.trouble ? ['bad', 'Refuses'] : store.away ? ['bad', 'Away'] : ['good', stores[store.kind] ?? store.kind],
    store.trouble ?? store.away ?? (store.epoch ? `epoch ${store.epoch}` : ''));
}

function pill(name, [is, word], more) {
  setData($(`fact-${name}`), 'is', is);
  setText($(`fact-${name}`), word);
  setText($(`fact-${name}-more`), more);
}
