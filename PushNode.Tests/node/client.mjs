// The client library in Node, against a real node: each scenario prints what happened as JSON, and the process has to end by itself once its clients are closed.
//   node --experimental-websocket client.mjs SCENARIO ADDRESS SECRET [STORAGE-FILE]
import { readFileSync, writeFileSync } from 'node:fs';
import { SignJWT } from 'jose';
import { PushNode } from '../../PushNode/Pages/client/client.js';

const [scenario, address, secret, file] = process.argv.slice(2);
const user = `node-${scenario}-${process.pid}`;

const sign = (sub, seconds = 3600, claims = {}) => new SignJWT({ topics: ['*'], ...claims })
  .setProtectedHeader({ alg: 'HS256' }).setSubject(sub).setIssuedAt().setExpirationTime(Math.floor(Date.now() / 1000) + seconds)
  .sign(new TextEncoder().encode(secret));

async function post(path, body) {
  const response = await fetch(new URL(path, address), { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
  return response.json();
}
const send = (data, to = { userId: user }) => post('collect', { ...to, data });
const disconnect = () => post(`users/${user}/disconnect`);

async function until(condition, what) {
  for (const start = Date.now(); !await condition();) {
    if (Date.now() - start > 20_000) throw new Error(`${what ?? condition}: not within 20 s`);
    await new Promise(resolve => setTimeout(resolve, 10));
  }
}

/** A client whose events are kept: `states`, `errors`, `resets` and the `data` of its messages. */
function client(options = {}, url = address) {
  const push = new PushNode(url, { token: () => sign(user), timing: { backoff: 50 }, ...options });
  const seen = { push, data: [], states: [], errors: [], resets: [], live: () => until(() => push.state === 'live', `live, but ${push.state}`) };
  push.on('state', event => seen.states.push(event));
  push.on('error', ({ code }) => seen.errors.push(code));
  push.on('reset', ({ channel }) => seen.resets.push(channel));
  return seen;
}

const collecting = options => {
  const seen = client(options);
  seen.push.on('message', message => { seen.data.push(message.data); });
  return seen;
};

const scenarios = {
  /** Both transports: messages of every kind, handlers of every kind, commands, and nothing twice or lost over reconnects. */
  async everything() {
    const result = {};
    for (const transport of ['websocket', 'sse']) {
      const seen = collecting({ device: transport, transport, topics: [`${user}.a`] });
      const by = { user: 0, all: 0, topic: 0, event: 0 };
      seen.push.on('user', () => by.user++);
      seen.push.on('all', message => { by.all += message.data === user; });
      seen.push.on(`topic:${user}.b`, message => { by.topic += message.topic === `${user}.b`; });
      seen.push.on('event:label', () => by.event++);
      seen.push.on('message', message => { if (message.data === 2) throw new Error('a broken handler'); });
      await seen.live();
      await send(1);
      await send(2, { topic: `${user}.a` });
      await send(user, { broadcast: true });
      await seen.push.subscribe(`${user}.b`);
      await disconnect();
      await send(3, { topic: `${user}.b`, event: 'label' });
      await send(4);
      await until(() => seen.data.length >= 5 + (transport === 'sse' ? 2 : 0));
      await seen.push.unsubscribe(`${user}.a`);
      await send(5, { topic: `${user}.a` });
      await disconnect();
      await send(6);
      await until(() => seen.data.includes(6));
      await seen.live();
      const refused = await seen.push.subscribe('no/name').catch(error => error.code);
      result[transport] = { data: seen.data.filter(data => data !== user), by, topics: seen.push.topics.map(topic => topic.replace(user, '')), refused, errors: seen.errors, transport: seen.push.transport };
      seen.push.close();
    }
    return result;
  },

  /** Nobody is at this address: how the waits are spread. */
  async jitter() {
    const clients = Array.from({ length: 200 }, () => client({ token: 'x', timing: { backoff: 200, backoffMax: 1600 } }, address));
    await until(() => clients.every(({ states }) => states.filter(event => event.state === 'offline').length >= 5));
    const waits = [0, 1, 2, 3, 4].map(n => clients.map(({ states }) => states.filter(event => event.state === 'offline')[n].retryInMs));
    for (const { push } of clients) push.close();
    return waits;
  },

  /** Tokens that last for seconds are renewed on the open connection, or the stream is opened again; then they are refused. */
  async tokens() {
    const result = {};
    for (const transport of ['websocket', 'sse']) {
      let calls = 0;
      const seen = collecting({ transport, device: transport, token: () => sign(user, ++calls > 3 ? 3600 : 4) });
      await until(() => calls >= 4);
      await send(transport);
      await until(() => seen.data.includes(transport));
      result[transport] = { calls, connecting: seen.states.filter(event => event.state === 'connecting').length, offline: seen.states.filter(event => event.state === 'offline') };
      seen.push.close();
      calls = 0;
      const refused = client({ transport, token: () => `${++calls}.no.token` });
      await until(() => refused.push.state === 'refused');
      result[transport].refused = { calls, code: refused.states.at(-1).code, state: refused.states.at(-1).state, waits: refused.states.map(event => event.retryInMs).filter(wait => wait !== undefined) };
      refused.push.connect();
      await until(() => calls === 4);
      refused.push.close();
      const constant = client({ transport, token: 'a.wrong.one' });
      await until(() => constant.push.state === 'refused');
      constant.push.close();
    }
    // A token that is refused on the open connection, and one of another user: the connection is made anew with it.
    let names = [user, `${user}-2`];
    const other = client({ token: () => sign(names.length > 1 ? names.shift() : names[0], 4) });
    await until(() => other.push.user === `${user}-2` && other.push.state === 'live');
    result.other = other.states.map(event => event.code).filter(code => code);
    other.push.close();
    let failing = true;
    const thrown = client({ token: () => { if (failing) throw new Error('not now'); return sign(user); } });
    await until(() => thrown.errors.includes('token') && thrown.push.state === 'offline');
    failing = false;
    await thrown.live();
    thrown.push.close();
    return result;
  },

  /** Acknowledged is what the handler has resolved for, strictly in order, and what it rejects comes again before what is behind it. */
  async manual() {
    const log = [];
    let fails = 2;
    const seen = client({ ack: 'manual', device: 'slow', timing: { redeliver: 100, backoff: 50 } });
    seen.push.on('user', async ({ data }) => {
      log.push(`+${data}`);
      await new Promise(resolve => setTimeout(resolve, 100));
      log.push(`-${data}`);
      if (data === 2 && fails-- > 0) throw new Error('not yet');
    });
    await seen.live();
    for (const data of [1, 2, 3]) await send(data);
    await until(() => log.includes('-1'));
    await disconnect();
    await until(() => log.includes('+3'));
    const acknowledged = async () => {
      const response = await fetch(new URL(`messages/user:${user}/3`, address));
      return JSON.stringify(await response.json()).includes('slow');
    };
    const early = await acknowledged();
    await until(() => log.includes('-3'));
    await until(acknowledged);
    seen.push.close();
    return { log, early, errors: seen.errors };
  },

  /** More than a thousand wait for a slow handler: it disconnects, goes on when the queue is empty, and nothing is lost or twice. */
  async backlog() {
    const total = 1500;
    const body = Array.from({ length: total }, (_, i) => JSON.stringify({ userId: user, data: i })).join('\n');
    await (await fetch(new URL('collect/batch', address), { method: 'POST', headers: { 'Content-Type': 'application/x-ndjson' }, body })).text();
    let open;
    const gate = new Promise(resolve => { open = resolve; });
    const seen = client({ ack: 'manual' });
    seen.push.on('user', async ({ data }) => {
      await gate;
      seen.data.push(data);
    });
    await until(() => seen.states.some(event => event.code === 'backlog'));
    const connections = (await (await fetch(new URL(`users/${user}`, address))).json()).online;
    open();
    await until(() => seen.data.length >= total);
    await seen.live();
    seen.push.close();
    return { inOrder: seen.data.length === total && seen.data.every((data, i) => data === i), connections, backlogs: seen.states.filter(event => event.code === 'backlog').length };
  },

  /** On a node that takes one connection of a user: the second one waits as long as it is told. */
  async wait() {
    const result = {};
    const first = client({ device: 'first' });
    await first.live();
    for (const transport of ['websocket', 'sse']) {
      const second = client({ device: 'second', transport });
      await until(() => second.states.some(event => event.state === 'offline'));
      result[transport] = second.states.find(event => event.state === 'offline');
      second.push.close();
    }
    first.push.close();
    return result;
  },

  /** close() at every moment: nothing happens afterwards, and the process ends. */
  async close() {
    const results = [];
    for (const transport of ['websocket', 'sse']) {
      const now = client({ transport });
      now.push.close();
      let release;
      const token = client({ transport, token: () => new Promise(resolve => { release = resolve; }) });
      await until(() => release);
      token.push.close();
      release(await sign(user));
      // With the token there it opens the connection, and is closed before that is open.
      const ready = await sign(user);
      const during = client({ transport, token: async () => { setTimeout(() => during.push.close()); return ready; } });
      await until(() => during.push.state === 'closed');
      const inHandler = client({ transport, device: 'in-handler' });
      inHandler.push.on('user', ({ data }) => {
        inHandler.data.push(data);
        inHandler.push.close();
      });
      await send(1);
      await send(2);
      await until(() => inHandler.push.state === 'closed');
      const pending = client({ transport });
      const subscribing = pending.push.subscribe('x').catch(error => error.code);
      pending.push.close();
      await new Promise(resolve => setTimeout(resolve, 300));
      const again = client({ transport });
      await again.live();
      again.push.close();
      again.push.connect();
      await again.live();
      again.push.close();
      results.push({
        states: [now, token, during].map(({ states }) => states.map(event => event.state).join()),
        data: inHandler.data.length, pending: await subscribing, again: again.states.map(event => event.state).join(),
      });
    }
    return results;
  },

  /** One run of several with the same storage, which is a file: what is new in each, and what it was reset for. */
  async stored() {
    const items = new Map(JSON.parse((() => { try { return readFileSync(file, 'utf8'); } catch { return '[]'; } })()));
    const storage = { getItem: key => items.get(key) ?? null, setItem: (key, value) => void items.set(key, value) };
    const seen = client({ storage, token: () => sign('stored'), device: 'kept' });
    seen.push.on('message', message => { seen.data.push(message.data); });
    await seen.live();
    seen.push.close();
    writeFileSync(file, JSON.stringify([...items]));
    return { data: seen.data, resets: seen.resets, stored: [...items.keys()] };
  },
};

console.log(JSON.stringify(await scenarios[scenario]()));
