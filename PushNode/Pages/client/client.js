// How to use it: docs/browser.md

// Milliseconds. Live for `stable`, it backs off anew.
const TIMING = { backoff: 500, backoffMax: 30_000, stable: 5_000, open: 20_000, ping: 10_000, ack: 200, redeliver: 1_000, upgrade: 600_000 };
const NAME = /^[\w.@+-]{1,128}$/;
const EVENT = /^(message|user|all|state|error|reset|(topic|event):.+)$/;
const FINAL = /^(100[23789]|440[03])$/;
const fault = (code, message) => Object.assign(new Error(message), { code });
const answers = (command, code) => /topic|_subscribed/.test(code) && command?.type === (code === 'not_subscribed' ? 'unsubscribe' : 'subscribe');
const isOffline = () => globalThis.navigator?.onLine === false;

function claimsOf(token) {
  try {
    return Object(JSON.parse(atob(token.split('.')[1].replace(/-/g, '+').replace(/_/g, '/'))));
  } catch {
    return {};
  }
}

function openWebSocket(WebSocket, url, token, { heard, frame, ended }) {
  const protocols = ['pushnode.v1'];
  // Not every token may be a subprotocol.
  if (/[^\w!#$%&'*+.^`|~-]/.test(token)) url.searchParams.set('token', token);
  else protocols.push(`bearer.${token}`);
  const socket = new WebSocket(url.href, protocols);
  socket.onopen = heard;
  socket.onmessage = event => frame(event.data);
  socket.onerror = () => ended(1006, 'no WebSocket');
  socket.onclose = event => ended(event.code, event.reason);
  return { send: command => socket.send(JSON.stringify(command)), close: () => socket.close(1000) };
}

// By fetch and not EventSource: the token goes in a header, and a refusal has a reason.
function openStream(url, token, lastEventId, { heard, frame, ended }) {
  const abort = new AbortController();
  const read = async () => {
    const headers = { Authorization: `Bearer ${token}`, ...(lastEventId && { 'Last-Event-ID': lastEventId }) };
    const response = await fetch(url, { headers, signal: abort.signal });
    if (!response.headers.get('Content-Type')?.startsWith('text/event-stream')) {
      const { detail, code } = await response.json().catch(() => ({}));
      return ended(4000 + response.status, detail, response.headers.get('Retry-After') * 1000 || 0, code);
    }
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let text = '', part = { value: '' }; !part.done; part = await reader.read()) {
      heard();
      const events = (text + part.value).split('\n\n');
      text = events.pop();
      for (const event of events) {
        const field = name => event.split('\n').filter(line => line.startsWith(name)).map(line => line.slice(name.length)).join('\n');
        if (field('data: ')) frame(field('data: '), field('id: '));
      }
    }
    ended(0, 'the stream ended');
  };
  read().catch(error => ended(0, error.message));
  return { close: () => abort.abort() };
}

export class PushNode {
  state = 'connecting';
  user = null;
  #base; #options; #timing; #WebSocket; #listening;
  #handlers = []; #timers = {};
  #link = null;      // the connection; from any other nothing is taken
  #next = 'websocket'; #worked = false;
  #failures = 0; #refusals = 0; #notBefore = 0;
  #topics; #commands = [];
  #position;         // what is handled: { user, epoch, seqs }; another object when user or epoch change
  #acks = {};
  #lastEventId = ''; #provenToken;
  #queue = []; #handling = ''; #full = false;

  /**
   * @param {string} url
   * @param {import('./client').Options} options
   */
  constructor(url, options) {
    this.#base = new URL(url.replace(/^ws/, 'http').replace(/\/*$/, '/'), globalThis.location?.href);
    this.#options = { ack: 'auto', transport: 'auto', ...options };
    this.#timing = { ...TIMING, ...options.timing };
    this.#topics = new Set(options.topics);
    this.#WebSocket = options.WebSocket ?? globalThis.WebSocket;
    this.device = options.device ?? this.#keptDevice();
    this.#position = this.#load(this.#stored(this.#key()));
    queueMicrotask(() => this.state === 'closed' || this.connect());
  }

  get transport() { return this.#link?.welcomed ? this.#link.transport : null; }
  get topics() { return [...this.#wanted(this.#commands)]; }

  /** @type {import('./client').PushNode['on']} */
  on(name, handler) {
    if (!EVENT.test(name)) throw new TypeError(`no event ${name}`);
    const entry = { name, handler };
    this.#handlers.push(entry);
    return () => { this.#handlers = this.#handlers.filter(other => other !== entry); };
  }

  /** @param {string} topic */
  subscribe(topic) { return this.#command('subscribe', topic); }
  /** @param {string} topic */
  unsubscribe(topic) { return this.#command('unsubscribe', topic); }

  connect() {
    if (this.#link) return;
    this.#failures = this.#refusals = 0;
    this.#listen();
    this.#open();
  }

  close() {
    this.#listening?.abort();
    this.#listening = null;
    this.#queue.length = 0;
    clearTimeout(this.#timers.redeliver);
    if (this.#handling === 'paused') this.#handling = '';
    this.#end('closed', 'closed');
  }

  async #open(transport, token) {
    this.#drop();
    if (isOffline()) return this.#become('offline', { reason: 'no network' });
    transport ??= this.#options.transport !== 'auto' ? this.#options.transport : this.#WebSocket ? this.#next : 'sse';
    const link = this.#link = { transport, token, heard: Date.now(), pinged: 0, patience: this.#timing.open, afterMs: 0, live: 0 };
    this.#full = false;
    this.#queue.length = 0; // It comes again.
    this.#watch(link);
    this.#become('connecting');
    const events = {
      heard: () => Object.assign(link, { heard: Date.now(), isOpen: true }),
      frame: (text, id) => this.#receive(link, text, id),
      ended: (...why) => this.#lost(link, ...why),
    };
    try {
      link.token ??= await this.#fetchToken();
      if (link !== this.#link) return;
      link.io = transport === 'sse'
        ? openStream(this.#address(link, 'push/sse', this.#commands[0]), link.token, this.#isSameUser(link.token) && this.#lastEventId, events)
        : openWebSocket(this.#WebSocket, this.#address(link, 'push'), link.token, events);
    } catch (error) {
      if (!link.token) this.#report('token', error);
      this.#lost(link, 0, error?.message);
    }
  }

  #address(link, path, command) {
    const { user, epoch, seqs } = this.#position;
    link.command = command;
    link.topics = this.#wanted(command ? [command] : []);
    const topics = [...link.topics].map(topic => topic + (seqs[`topic:${topic}`] ? `:${seqs[`topic:${topic}`]}` : ''));
    const ack = path === 'push' && 'manual';
    const query = { device: this.device, ack, epoch, after: seqs[`user:${user}`], all: seqs.all, topics: topics.join() };
    const url = new URL(path, this.#base);
    if (ack) url.protocol = url.protocol.replace('http', 'ws');
    for (const name in query) if (query[name]) url.searchParams.set(name, query[name]);
    return url;
  }

  async #fetchToken() {
    const { token } = this.#options;
    return typeof token === 'function' ? token() : token;
  }

  // A stream's cursor acknowledges, and must not for somebody else: the claim with the user's name must be the same.
  #isSameUser(token) {
    const naming = other => Object.entries(claimsOf(other)).filter(([, value]) => value === this.user).join();
    return token === this.#provenToken || (naming(token) && naming(token) === naming(this.#provenToken));
  }

  // Whether anything was heard lately, and when to look again.
  #watch(link) {
    const asked = link.pinged > link.heard;
    const left = (asked ? link.pinged + this.#timing.ping : link.heard + link.patience) - Date.now();
    if (left > 0) return this.#after('watch', left, () => this.#watch(link));
    if (asked || !link.isOpen || !link.io.send) return this.#lost(link, 0, 'nothing was heard');
    link.pinged = Date.now();
    link.io.send({ type: 'ping' });
    this.#watch(link);
  }

  // However a connection ends.
  #lost(link, code, reason, afterMs = 0, problem) {
    if (link !== this.#link) return;
    const { transport, token, command } = link;
    this.#drop();
    if (answers(command, problem)) {
      this.#settle(command, fault(problem, reason));
      return this.#open(transport, token);
    }
    if (link.live && Date.now() - link.live >= this.#timing.stable) this.#failures = 0;
    if (link.io) this.#next = transport === 'sse' || this.#worked ? 'websocket' : 'sse';
    const refused = code === 4401 && (typeof this.#options.token === 'string' || (!link.welcomed && ++this.#refusals > 1));
    if (refused || FINAL.test(code)) return this.#end('refused', reason, code);
    if (isOffline()) return this.#open();
    const told = Math.max(afterMs, link.afterMs);
    const jitter = Math.random() * Math.min(this.#timing.backoffMax, this.#timing.backoff * 2 ** this.#failures);
    const retryInMs = code === 4401 && !this.#failures ? 0 : Math.round(told + jitter);
    this.#failures++;
    this.#notBefore = Date.now() + told;
    this.#after('retry', retryInMs, () => this.#open());
    this.#become('offline', { reason, code, retryInMs });
  }

  #drop() {
    this.#flush();
    const link = this.#link;
    this.#link = null;
    for (const name of ['watch', 'retry', 'refresh', 'upgrade']) clearTimeout(this.#timers[name]);
    link?.io?.close();
  }

  #end(state, reason, code) {
    this.#drop();
    for (const command of this.#commands.splice(0)) command.reject(fault(state, reason));
    this.#become(state, { reason, code });
  }

  #listen() {
    if (this.#listening || !globalThis.addEventListener) return;
    this.#listening = new AbortController();
    const on = (type, action) => globalThis.addEventListener(type, action, { signal: this.#listening.signal });
    on('online', () => {
      this.#worked = false; // It may be another network.
      this.#tryNow();
    });
    on('offline', () => this.#link && this.#lost(this.#link, 0));
    on('pagehide', () => this.#flush());
    on('visibilitychange', () => document.visibilityState === 'hidden' ? this.#flush() : this.#tryNow());
  }

  #tryNow() {
    if (this.#link) this.#watch(this.#link);
    else if (this.state === 'offline' && !this.#full && Date.now() >= this.#notBefore) this.#open();
  }

  #receive(link, text, id) {
    if (link !== this.#link) return;
    link.heard = Date.now();
    this.#worked ||= link.transport === 'websocket';
    const { command } = link;
    const frame = JSON.parse(text);
    const { type, topic, code, message } = frame;
    if (type === 'welcome') this.#welcome(link, frame);
    else if (type === 'message' || type === 'reset' || type === 'live') this.#enqueue(link, frame, id);
    else if (type === 'reconnect') link.afterMs = frame.afterMs;
    else if (type === 'close') this.#lost(link, code, frame.reason);
    else if (type === 'subscribed') link.topics.delete(topic) || this.#settle(command);
    else if (type === 'unsubscribed') command?.topic === topic ? this.#settle(command) : this.#topics.delete(topic);
    else if (code === 'auth_invalid' || code === 'auth_other_user') this.#lost(link, 4401, message);
    else if (answers(command, code)) this.#settle(command, code.endsWith('_subscribed') ? null : fault(code, message));
    else if (type === 'error') this.#report(code, { message });
  }

  #welcome(link, { user, epoch, heartbeat }) {
    const { transport, token } = link;
    const { user: asked, epoch: before } = this.#position;
    this.user = user;
    this.#provenToken = token;
    if (user !== asked) {
      this.#place(this.#load(user));
      this.#stored(this.#key(), user);
      // What was asked for was another user's: nothing of this connection is used.
      if (before || this.#position.epoch) return this.#open(transport, token);
    }
    if (epoch !== this.#position.epoch) this.#place({ user, epoch, seqs: {} });
    const streaming = transport === 'sse';
    link.welcomed = true;
    link.patience = streaming ? heartbeat * 2000 + 5000 : heartbeat * 1000;
    this.#refusals = 0;
    this.#watch(link);
    this.#refreshLater(link);
    if (streaming) {
      link.topics.clear();
      if (this.#WebSocket && this.#options.transport === 'auto') this.#after('upgrade', this.#timing.upgrade, () => this.#open('websocket', token));
    }
    link.command ? this.#settle(link.command) : this.#ask();
  }

  #enqueue(link, frame, id) {
    this.#queue.push({ frame, id, position: this.#position });
    this.#handle();
    if (link !== this.#link) return;
    if (this.#queue.length > 1000) {
      this.#drop();
      this.#full = true;
      this.#become('offline', { reason: 'the handlers are slow', code: 'backlog' });
    } else if (!link.live && frame.type === 'live' && frame.channel === `user:${this.user}`) {
      link.live = Date.now();
      this.#become('live', { transport: link.transport });
    }
  }

  // One frame after the other; only with manual acknowledgement it waits.
  async #handle() {
    if (this.#handling) return;
    this.#handling = 'busy';
    for (let entry; (entry = this.#queue.shift());) {
      const { position, id, frame: { type, ...message } } = entry;
      const { channel, seq, epoch } = message;
      if (position !== this.#position || (type === 'message' && seq <= position.seqs[channel])) continue;
      if (type === 'reset') {
        delete position.seqs[channel];
        this.#place(position);
        this.#save({});
        this.#catch(this.#call({ channel, epoch }, 'reset'));
      } else if (type === 'message') {
        const results = this.#handOver(message);
        if (this.#options.ack !== 'manual') this.#catch(results);
        else {
          const failed = (await Promise.allSettled(results)).find(result => result.status === 'rejected');
          if (failed) return this.#pause(entry, failed.reason);
        }
      }
      if (seq && position === this.#position) this.#advance(channel, seq, id);
    }
    this.#handling = '';
    if (this.#full && this.state === 'offline') this.#open();
  }

  // A handler has failed: the message is handed over again, and none before it.
  #pause(entry, error) {
    this.#handling = this.state === 'closed' ? '' : 'paused';
    if (!this.#handling) return;
    this.#queue.unshift(entry);
    entry.pause = Math.min(this.#timing.backoffMax, entry.pause * 2 || this.#timing.redeliver);
    this.#after('redeliver', entry.pause, () => {
      this.#handling = '';
      this.#handle();
    });
    this.#report('handler', error);
  }

  #handOver(message) {
    const [kind, topic] = message.channel.split(':');
    if (kind === 'topic') message.topic = topic;
    return this.#call(message, 'message', kind === 'user' ? kind : message.channel, `event:${message.event}`);
  }

  #place(position) {
    this.#position = position;
    this.#acks = {};
    this.#lastEventId = '';
  }

  #advance(channel, seq, id) {
    const { seqs } = this.#position;
    this.#acks[channel] = seqs[channel] = Math.max(seq, seqs[channel] ?? 0);
    if (id || this.transport === 'websocket') this.#lastEventId = id;
    this.#timers.flush ??= setTimeout(() => this.#flush(), this.#timing.ack);
    if (this.state === 'closed') this.#flush();
  }

  #flush() {
    if (!this.#timers.flush) return;
    clearTimeout(this.#timers.flush);
    delete this.#timers.flush;
    if (this.transport === 'websocket') {
      for (const [channel, seq] of Object.entries(this.#acks)) {
        if (!channel.startsWith('topic:') || this.#topics.has(channel.slice(6))) this.#link.io.send({ type: 'ack', channel, seq });
      }
      this.#acks = {};
    }
    this.#save(this.#load(this.user));
  }

  // Shared by tabs: each adds what it has handled. It may be missing, full or forbidden.
  #stored(key, value) {
    try {
      const { storage = globalThis.window?.localStorage } = this.#options;
      if (value) storage.setItem(key, value);
      return storage.getItem(key) ?? '';
    } catch {
      return '';
    }
  }

  #key(user = '') { return `pushnode ${this.#base} ${this.device} ${user}`; }

  #load(user) {
    try {
      const { epoch, seqs } = JSON.parse(this.#stored(this.#key(user)));
      return { user, epoch, seqs: { ...seqs } };
    } catch {
      return { user, seqs: {} };
    }
  }

  #save(saved) {
    const { user, epoch, seqs } = this.#position;
    const all = saved.epoch === epoch ? saved.seqs : {};
    for (const channel in seqs) all[channel] = Math.max(seqs[channel], all[channel] ?? 0);
    this.#stored(this.#key(user), JSON.stringify({ epoch, seqs: Object.fromEntries(Object.entries(all).slice(-100)) }));
  }

  #keptDevice() {
    const key = 'pushnode device';
    return this.#stored(key) || this.#stored(key, `web-${Math.random().toString(36).slice(2)}`) || 'default';
  }

  #command(type, topic) {
    if (!NAME.test(topic)) return Promise.reject(fault('bad_name', `no topic: ${topic}`));
    if (type === 'unsubscribe') this.#topics.delete(topic);
    const promise = new Promise((resolve, reject) => this.#commands.push({ type, topic, resolve, reject }));
    promise.catch(() => {}); // The event tells it too.
    queueMicrotask(() => this.#ask());
    return promise;
  }

  #ask() {
    const link = this.#link;
    const [command] = this.#commands;
    if (!link?.welcomed || link.command || !command) return;
    if (!link.io.send) return this.#open(link.transport, link.token);
    const { type, topic } = link.command = command;
    link.io.send({ type, topic, after: type === 'subscribe' ? this.#position.seqs[`topic:${topic}`] : undefined });
  }

  #settle(command, error) {
    if (!command || command !== this.#commands[0]) return;
    this.#commands.shift();
    if (this.#link) this.#link.command = null;
    if (error) {
      command.reject(error);
      this.#report(error.code, error);
    } else {
      this.#topics = this.#wanted([command]);
      command.resolve();
    }
    this.#ask();
  }

  #wanted(commands) {
    const topics = new Set(this.#topics);
    for (const { type, topic } of commands) type === 'subscribe' ? topics.add(topic) : topics.delete(topic);
    return topics;
  }

  #refreshLater(link) {
    const left = claimsOf(link.token).exp * 1000 - Date.now();
    if (!(left > 0) || typeof this.#options.token === 'string') return;
    this.#after('refresh', Math.min(1e9, Math.max(1000, left - 60_000, left / 2)), () => this.#refresh(link));
  }

  async #refresh(link) {
    const token = await this.#fetchToken().catch(error => this.#report('token', error));
    if (link !== this.#link) return;
    if (token && token !== link.token) {
      if (!link.io.send) return this.#open(link.transport, token);
      link.token = token;
      link.io.send({ type: 'auth', token });
    }
    this.#refreshLater(link);
  }

  #become(state, detail) {
    this.state = state;
    this.#catch(this.#call({ state, ...detail }, 'state'));
  }

  #report(code, error) {
    const results = this.#call({ code, message: error?.message ?? String(error), error }, 'error');
    if (!results.length) console.error('PushNode:', code, error);
    for (const result of results) result.catch(console.error);
  }

  #catch(results) {
    for (const result of results) result.catch(error => this.#report('handler', error));
  }

  // What they throw is in the promises.
  #call(event, ...names) {
    return this.#handlers.filter(({ name }) => names.includes(name)).map(async ({ handler }) => handler(event));
  }

  #after(name, ms, action) {
    clearTimeout(this.#timers[name]);
    this.#timers[name] = setTimeout(action, ms);
  }
}
