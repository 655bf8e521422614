// The client library in Node, against a real node: each scenario prints what happened as JSON, and the process has to end by itself once its clients are closed.
//   node --experimental-websocket client.mjs SCENARIO ADDRESS SECRET [STORAGE-FILE]
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
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
      await until(() => calls >= 4);
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
    const seen = client({ ack: 'manual', device: 'slow', timing: { backoff: 50 } });
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

Object.assign(scenarios, {
  /** Far more commands than a connection may send, for few topics; names that are none; a name that is a number. */
  async storm() {
    const result = {};
    for (const transport of ['websocket', 'sse']) {
      const seen = collecting({ transport, device: transport });
      await seen.live();
      const all = [];
      for (let i = 0; i < 1000; i++) all.push(seen.push.subscribe(`${user}.${i % 5}`), seen.push.unsubscribe(`${user}.${i % 5}`));
      all.push(seen.push.subscribe(42));
      const codes = await Promise.all([null, undefined, ''].map(topic => seen.push.subscribe(topic).catch(error => error.code)));
      await Promise.all(all);
      for (let i = 0; transport === 'websocket' && i < 260; i++) {
        await seen.push.subscribe('again');
        await seen.push.unsubscribe('again');
      }
      await send(transport, { topic: '42' });
      await until(() => seen.data.includes(transport));
      result[transport] = { codes, topics: seen.push.topics, connecting: seen.states.filter(event => event.state === 'connecting').length, refused: seen.states.some(event => event.state === 'refused') };
      seen.push.close();
    }
    return result;
  },

  /** The next token does not allow a topic any more: that one is given up, and not the connection. */
  async forbidden() {
    const result = {};
    for (const transport of ['websocket', 'sse']) {
      let topics = ['news', 'fx'];
      const seen = collecting({ transport, device: transport, topics, token: () => sign(user, 3600, { topics }) });
      await seen.live();
      topics = ['fx'];
      await disconnect();
      await until(() => seen.errors.length && seen.push.state === 'live');
      const code = await seen.push.subscribe('news').catch(error => error.code);
      await send(transport);
      await until(() => seen.data.includes(transport));
      const many = Array.from({ length: 101 }, (_, i) => `${user}.${i}`);
      topics = ['*'];
      const before = seen.states.length;
      await disconnect();
      // It may be back within a moment.
      await until(() => seen.states.length > before);
      const settled = await Promise.allSettled(many.map(topic => seen.push.subscribe(topic)));
      await seen.live();
      result[transport] = { topics: seen.push.topics.length, errors: seen.errors, code, many: settled.map(({ reason }) => reason?.code).filter(reason => reason) };
      seen.push.close();
    }
    return result;
  },

  /** What a backend that is away answers is no token; a first one that is refused does not mean that WebSockets are blocked. */
  async stale() {
    const answers = ['<html>502 Bad Gateway</html>', '', undefined, '{"error":1}'];
    const garbage = client({ token: () => answers.length ? answers.shift() : sign(user) });
    await garbage.live();
    garbage.push.close();
    let calls = 0;
    const stale = client({ token: () => ++calls < 3 ? 'a.stale.one' : sign(user) });
    await stale.live();
    stale.push.close();
    return { errors: garbage.errors, transport: stale.states.findLast(event => event.transport).transport, refused: garbage.states.concat(stale.states).some(event => event.state === 'refused') };
  },

  /** Servers that ask for more patience than a timer has. */
  async patience() {
    let requests = 0;
    const server = createServer((_, response) => { requests++; response.writeHead(503, { 'Retry-After': '2592000' }).end(); }).listen(0);
    const seen = client({ transport: 'sse', token: 'x' }, `http://127.0.0.1:${server.address().port}`);
    await until(() => seen.push.state === 'offline');
    await new Promise(resolve => setTimeout(resolve, 300));
    seen.push.close();
    server.close();
    return { requests, wait: seen.states.find(event => event.state === 'offline').retryInMs };
  },

  /** What was stored by something else, or not at all. */
  async garbage() {
    const kept = [];
    for (const [device, position] of [['not a name!', '{}'], ['x'.repeat(200), '{}'], ...['foo', -1, 1.5, 1e21].map(seq => ['fine', { epoch: 'e', seqs: { [`user:${user}`]: seq } }]), ['fine', { epoch: {}, seqs: {} }], ['fine', { epoch: 'e', id: {} }]]) {
      for (const transport of ['sse']) {
        const items = new Map([['pushnode device', device], [`pushnode ${address} fine `, user], [`pushnode ${address} fine ${user}`, JSON.stringify(position)]]);
        const storage = { getItem: key => items.get(key) ?? null, setItem: (key, value) => void items.set(key, value) };
        const seen = client({ storage, transport });
        await until(() => /live|refused/.test(seen.push.state));
        kept.push(`${seen.push.state} ${seen.push.device === device}`);
        seen.push.close();
      }
    }
    globalThis.location = new URL(address);
    const devices = [1, 2].map(() => client({ storage: null }).push).map(push => { push.close(); return push.device; });
    delete globalThis.location;
    return { kept, distinct: devices[0] !== devices[1] && devices.every(device => device.startsWith('web-')) };
  },

  /** Each run waits for one message and closes in its handler: the next one has the next. Over SSE by what is stored. */
  async once() {
    const result = {};
    for (const transport of ['websocket', 'sse']) {
      const items = new Map();
      const storage = transport === 'sse' ? { getItem: key => items.get(key) ?? null, setItem: (key, value) => void items.set(key, value) } : null;
      const data = [];
      for (let i = 0; i < 3; i++) {
        await send(`${transport}${i}`);
        const seen = client({ transport, storage, device: transport });
        seen.push.on('message', message => {
          data.push(message.data);
          seen.push.close();
        });
        await until(() => seen.push.state === 'closed');
      }
      const acknowledged = (await (await fetch(new URL(`users/${user}/devices`, address))).text());
      result[transport] = { data, acknowledged: acknowledged.includes(transport) };
    }
    return result;
  },

  /** A position that has more topics than are kept still has the user's own channel. */
  async crowded() {
    const items = new Map();
    const storage = { getItem: key => items.get(key) ?? null, setItem: (key, value) => void items.set(key, value) };
    const topics = Array.from({ length: 100 }, (_, i) => `${user}.${i}`);
    const seen = collecting({ storage, device: 'crowded', topics });
    await seen.live();
    await send('own');
    await until(() => seen.data.length === 1);
    await Promise.all(topics.map(topic => send(topic, { topic })));
    await until(() => seen.data.length === 101);
    seen.push.close();
    const { seqs } = JSON.parse(items.get([...items.keys()].find(key => key.endsWith(user))));
    return [Object.keys(seqs).filter(channel => channel.startsWith('topic:')).length, `user:${user}` in seqs];
  },

  /** Options that are none, and connect() on each refusal. */
  async options() {
    const faults = [['localhost:8080', {}], ['//host', {}], ['127.0.0.1:8080', {}], [address, { ack: 'Manual' }], [address, { transport: 'polling' }], [address, { token: undefined }]].map(([url, options]) => {
      try {
        new PushNode(url, { token: 'x', ...options }).close();
        return 'none';
      } catch (error) {
        return error.name;
      }
    });
    const seen = client({ token: 'a.wrong.one', topics: 'news', transport: 'sse' });
    let refusals = 0;
    seen.push.on('state', ({ state }) => state === 'refused' && ++refusals && seen.push.connect());
    await new Promise(resolve => setTimeout(resolve, 1000));
    seen.push.close();
    const undefinedLabel = client({ device: 'label' });
    let labelled = 0;
    undefinedLabel.push.on('event:undefined', () => labelled++);
    await undefinedLabel.live();
    await send(1);
    await until(() => fetch(new URL(`messages/user:${user}/1`, address)).then(response => response.text()).then(text => text.includes('label')));
    undefinedLabel.push.close();
    return { faults, topics: seen.push.topics, few: refusals > 0 && refusals < 8, labelled };
  },
});

console.log(JSON.stringify(await scenarios[scenario]()));
