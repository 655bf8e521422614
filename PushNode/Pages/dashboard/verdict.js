'use strict';
// What is the matter, in one sentence, and what to do about it.

import { $, element, setData, setText } from './dom.js';
import { duration, list, plural } from './units.js';

const few = 3;
const gravity = ['bad', 'warn', 'info'];
const missing = {
  collect: ['No node takes messages', 'Producers get no answer. Start a node with the role collect.'],
  dispatch: ['No node dispatches', 'Messages are taken and stored, and push nodes find them in the store, seconds later. Start a node with the role dispatch.'],
  push: ['No node holds connections', 'Clients cannot connect; what is sent to them is stored. Start a node with the role push.'],
  auth: ['No node verifies tokens', 'Who is connected stays, nobody else gets in. Start a node with the role auth.'],
};

// The troubles in a status, gravest first: { level, text, todo }. since(key) tells for how many seconds a trouble has lasted;
// was(node) what state a node was in before.
export function judge(status, since = () => null, was = () => null) {
  const { nodes, store, redis } = status;
  const troubles = [];
  const add = (level, text, todo) => troubles.push({ level, text: /[.!?]$/.test(text) ? text : `${text}.`, todo });
  const silence = key => { const s = since(key); return s === null || s < 1 ? 'does not answer' : `has not answered for ${duration(s)}`; };

  if (store.trouble) add('bad', `The store refuses messages: ${store.trouble}`, refused[store.kind] ?? refused.remote);
  if (store.away) add('bad', `The store is away: ${store.away}`, away[store.kind] ?? away.remote);
  each(nodes.filter(n => n.state === 'unreachable'), node => add('bad', `${node.address} ${silence(node.address)}: ${node.detail ?? 'nobody knows why'}`, silent),
    (n, names) => add('bad', `${n} of ${alive(nodes)} nodes do not answer: ${names}.`, silent));
  if (redis?.trouble) {
    add('bad', `Redis is away: ${redis.trouble}`,
      'What still works: messages are taken, stored and delivered, and clients connect. Nodes that come or go are not noticed, and delivery may take seconds. Start Redis, or see to the network to it; the nodes write again what it needs.');
  }
  const serving = nodes.filter(n => n.state === 'up' || n.state === 'draining');
  if (status.cluster === 'redis') {
    for (const [role, [text, todo]] of Object.entries(missing)) {
      if (!serving.some(n => n.roles.includes(role))) add('bad', `${text}.`, todo);
    }
  }
  each(nodes.filter(n => n.state === 'up' && n.ready), node => add('warn', `${named(node, nodes)} is not ready: ${node.ready}`, unready),
    (n, names) => add('warn', `${n} nodes are not ready: ${names}.`, unready));
  const stopped = n => n.state === 'gone' && (n.detail === 'it was stopped' || was(n) === 'draining'); // a page that was opened later knows it from the node
  const ago = node => duration((Date.parse(status.time) - Date.parse(node.since)) / 1000);
  each(nodes.filter(n => n.state === 'gone' && !stopped(n)), node => add('warn', `${node.address} has been gone for ${ago(node)}.`, gone),
    (n, names) => add('warn', `${n} nodes are gone: ${names}.`, gone));
  each(nodes.filter(stopped), node => add('info', `${node.address} has drained and ended, ${ago(node)} ago.`, drained), (n, names) => add('info', `${n} nodes have drained and ended: ${names}.`, drained));
  const draining = nodes.filter(n => n.state === 'draining');
  if (draining.length) {
    add('info', `${list(draining.map(n => n.address))} ${draining.length === 1 ? 'is' : 'are'} draining.`, 'Its clients go to other nodes, a few at a time; then it ends. Nothing to do.');
  }
  return troubles.sort((a, b) => gravity.indexOf(a.level) - gravity.indexOf(b.level));
}

export function wellness(status) {
  const n = alive(status.nodes);
  return n === 1 ? 'The node is well.' : `All ${n} nodes are well.`;
}

// A sentence for each of a few nodes; one for all of them when there are more.
function each(nodes, one, many) {
  if (nodes.length <= few) nodes.forEach(one);
  else many(nodes.length, `${nodes.slice(0, few).map(n => n.address).join(', ')} and ${nodes.length - few} more`);
}

const alive = nodes => nodes.filter(n => n.state !== 'gone').length;

const named = (node, nodes) => nodes.length === 1 ? 'The node' : node.address;

const silent = 'Look at the machine, its log, and the network between. The clients come back on other nodes by themselves; nothing that was answered is lost.';
const unready = 'Load balancers that ask /readyz send nothing to it. Its log says more.';
const gone = 'If nobody has stopped it, look at the machine and the log, and start it again. The clients are on other nodes; nothing that was answered is lost.';
const drained = 'It can be stopped for good, or started again. It leaves this list after 10 min.';
const refused = {
  journal: 'Producers get 503, and send again with the same id; clients stay connected and get what is stored. Make room on the disk of the node that collects, or see its log: it goes on by itself.',
  mongo: 'Producers get 503, and send again with the same id; clients stay connected. See to MongoDB: the nodes go on by themselves when it takes writes again.',
  remote: 'Producers get 503, and send again with the same id; clients stay connected and get what is stored. See to the node with the role collect, and to its disk.',
};
const away = {
  journal: 'See the log of the node that collects.',
  mongo: 'Producers get 503; clients stay connected, new ones wait for their backlog. See to MongoDB and the network to it: the nodes go on by themselves.',
  remote: 'Clients stay connected, new ones wait for their backlog. Start the node with the role collect, or see to the network between.',
};

// Shows the verdict. It remembers since when a node has been silent, and what it was before: a status only says what is.
export class Verdict {
  #began = new Map();
  #states = new Map();
  #said = '';

  show(status) {
    const now = Date.parse(status.time);
    const unheard = new Set();
    for (const node of status.nodes) {
      if (node.state === 'unreachable') unheard.add(node.address);
      if (node.state !== 'gone' && node.state !== 'unreachable') this.#states.set(node.incarnation, node.state);
    }
    for (const address of this.#began.keys()) if (!unheard.has(address)) this.#began.delete(address);
    for (const address of unheard) if (!this.#began.has(address)) this.#began.set(address, now);

    const was = node => this.#states.get(node.incarnation) ?? null;
    const troubles = judge(status, key => this.#began.has(key) ? (now - this.#began.get(key)) / 1000 : null, was);
    const [first, ...others] = troubles;
    setData($('verdict'), 'is', first?.level ?? 'good');
    setText($('verdict-text'), first?.text ?? wellness(status));
    setText($('verdict-todo'), first?.todo ?? '');
    this.#list(others);
    this.#say(judge(status, undefined, was), status);
  }

  #list(troubles) {
    const items = $('verdict-others');
    while (items.children.length > troubles.length) items.lastElementChild.remove();
    while (items.children.length < troubles.length) items.append(element('li', {}, element('strong'), ' ', element('span', { className: 'soft' })));
    troubles.forEach(({ text, todo, level }, i) => {
      setData(items.children[i], 'is', level);
      setText(items.children[i].firstElementChild, text);
      setText(items.children[i].lastElementChild, todo);
    });
  }

  // Aloud, and in the title of the tab: without the seconds, so that it is said once.
  #say(troubles, status) {
    const about = troubles.filter(t => t.level !== 'info');
    const key = troubles.map(t => t.text.replace(/\d+ (s|min|h)\b/g, '')).join();
    document.title = about.length ? `${plural(about.length, 'problem')} · PushNode` : 'PushNode dashboard';
    if (key === this.#said) return;
    this.#said = key;
    setText($('verdict-aloud'), troubles.length ? troubles.map(t => t.text).join(' ') : wellness(status));
  }
}
