// How to use it: docs/browser.md

const TIMING = { backoff: 500, backoffMax: 30_000, stable: 5_000, open: 20_000, ping: 10_000, ack: 200, upgrade: 600_000 };
const NAME = /^[\w.@+-]{1,128}$/;
const FINAL = /^(100[23789]|440[03])$/;
const fault = (code, message) => Object.assign(new Error(message), { code });

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

// By fetch: the token goes in a header, and a refusal has a reason.
function openStream(url, token, lastEventId, { heard, frame, ended }) {
  const abort = new AbortController();
  const read = async () => {
    const headers = { Authorization: `Bearer ${token}`, 'Last-Event-ID': lastEventId || '' };
    const response = await fetch(url, { headers, signal: abort.signal });
    if (!response.headers.get('Content-Type')?.startsWith('text/event-stream')) {
      const { detail } = await response.json().catch(() => ({}));
      return ended(4000 + response.status, detail, response.headers.get('Retry-After') * 1000);
    }
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let text = '', part = { value: '' }; !part.done; part = await reader.read()) {
      heard();
      const events = (text + part.value).split('\n\n');
      text = events.pop();
      for (const event of events) {
        const [head, ...data] = event.split(/^data: /m);
        if (data.length) frame(data.join(''), /^id: (.*)/m.exec(head)?.[1]);
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
  #handlers = new Set(); #timers = {};
  #link = null;      // the connection; from any other nothing is taken
  #next = 'websocket'; #worked = false;
  #failures = 0; #refusals = 0; #notBefore = 0;
  #topics; #waiting = []; #asked = 0; // The topics wanted; the link has the server's.
  #position;         // what is handled; another object when user or epoch change
  #acks = {};
  #queue = []; #handling = ''; #full = false;

  /**
   * @param {string} url
   * @param {import('./client').Options} options
   */
  constructor(url, options) {
    this.#base = new URL(url.replace(/^ws/, 'http').replace(/\/*$/, '/'), globalThis.location?.href);
    if (!/^http/.test(this.#base.protocol)) throw new TypeError(`Invalid URL: ${url}`);
    this.#options = { ack: 'auto', transport: 'auto', ...options };
    const { token, ack, transport, topics = [] } = this.#options;
    if (!token || !/^(auto|manual),(auto|websocket|sse)$/.test([ack, transport])) throw new TypeError('no such option');
    this.#timing = { ...TIMING, ...options.timing };
    this.#topics = new Set([topics].flat().map(String));
    this.#WebSocket = options.WebSocket ?? globalThis.WebSocket;
    this.device = options.device ?? this.#keptDevice();
    this.#position = this.#load(this.#stored(this.#key()));
    queueMicrotask(() => this.state === 'closed' || this.connect());
  }

  get transport() { return this.#link?.welcomed ? this.#link.transport : null; }
  get topics() { return [...this.#topics]; }

  /** @type {import('./client').PushNode['on']} */
  on(name, handler) {
    const entry = { name, handler };
    this.#handlers.add(entry);
    return () => void this.#handlers.delete(entry);
  }

  /** @param {string} topic */
  subscribe(topic) { return this.#want(topic, true); }
  /** @param {string} topic */
  unsubscribe(topic) { return this.#want(topic, false); }

  connect() {
    if (this.#link) return;
    this.#failures = this.#refusals = 0;
    this.#listen();
    this.#after('retry', this.state === 'refused' ? 200 : 0, () => this.#open());
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
    if (globalThis.navigator?.onLine === false) return this.#become('offline', { reason: 'no network' });
    transport ??= this.#options.transport !== 'auto' ? this.#options.transport : this.#WebSocket ? this.#next : 'sse';
    const link = this.#link = { transport, token, heard: Date.now(), patience: this.#timing.open };
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
      // The last id acknowledges, for this user alone.
      link.token ??= await this.#fetchToken();
      if (link !== this.#link) return;
      link.io = transport === 'sse'
        ? openStream(this.#address(link, 'push/sse'), link.token, claimsOf(link.token).sub === this.#position.user && this.#position.id, events)
        : openWebSocket(this.#WebSocket, this.#address(link, 'push'), link.token, events);
    } catch (error) {
      if (!link.token) this.#report('token', error);
      this.#lost(link, 0, error?.message);
    }
  }

  #address(link, path) {
    const { user, epoch, seqs } = this.#position;
    link.topics = new Set(this.#topics);
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
    const value = await (typeof token === 'function' ? token() : token);
    if (/^[^\s<{]+$/.test(value ?? '')) return value;
    throw new Error('token() gave none'); // An error page, say.
  }

  #watch(link) {
    const asked = link.pinged > link.heard;
    const left = (asked ? link.pinged + this.#timing.ping : link.heard + link.patience) - Date.now();
    if (left > 0) return this.#after('watch', left, () => this.#watch(link));
    if (asked || !link.isOpen || !link.io.send) return this.#lost(link, 0, 'nothing was heard');
    link.pinged = Date.now();
    link.io.send({ type: 'ping' });
    this.#watch(link);
  }

  #lost(link, code, reason, afterMs) {
    if (link !== this.#link) return;
    const { transport, token } = link;
    this.#drop();
    // What is in the way goes.
    const [, name, most] = /not allow topic (.+)|topics; at most (\d+)/.exec(reason) ?? [];
    const refused = [...this.#topics].filter((topic, i) => topic === name || i >= most);
    for (const topic of refused) this.#told(link, topic, false, fault(name ? 'topic_not_allowed' : 'too_many_topics', reason));
    if (refused.length) return this.#open(transport, token);
    if (code === 4400 && this.#position.epoch) {
      this.#place({ user: this.#position.user, seqs: {} });
      return this.#open(transport, token);
    }
    if (link.live && Date.now() - link.live >= this.#timing.stable) this.#failures = 0;
    this.#worked ||= transport === 'websocket' && code >= 4000; // Refused, but open.
    if (link.io) this.#next = transport === 'sse' || this.#worked ? 'websocket' : 'sse';
    const isFinal = code === 4401 && (typeof this.#options.token === 'string' || (!link.welcomed && ++this.#refusals > 2));
    if (isFinal || FINAL.test(code)) return this.#end('refused', reason, code);
    const told = Math.min(3.6e6, afterMs || link.afterMs || 0);
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
    for (const name of ['watch', 'retry', 'refresh', 'upgrade', 'sync']) clearTimeout(this.#timers[name]);
    link?.io?.close();
  }

  #end(state, reason, code) {
    this.#drop();
    for (const { reject } of this.#waiting.splice(0)) reject(fault(state, reason));
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
    on('offline', () => this.#link && this.#open());
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
    const frame = JSON.parse(text);
    const { type, topic, code, message } = frame;
    if (type === 'welcome') this.#welcome(link, frame);
    else if (type === 'message' || type === 'reset' || type === 'live') this.#enqueue(link, frame, id);
    else if (type === 'reconnect') link.afterMs = frame.afterMs;
    else if (type === 'close') this.#lost(link, code, frame.reason);
    else if (type === 'subscribed' || type === 'unsubscribed') this.#told(link, topic, type === 'subscribed');
    else if (/^auth_[io]/.test(code)) this.#lost(link, 4401, message);
    else if (link.asked && !/^a/.test(message)) this.#told(link, link.asked, false, fault(code, message));
    else if (type === 'error') this.#report(code, { message });
  }

  #welcome(link, { user, epoch, heartbeat }) {
    const { transport, token } = link;
    const { user: asked, epoch: before } = this.#position;
    this.user = user;
    if (user !== asked) {
      this.#place(this.#load(user));
      this.#stored(this.#key(), user);
      // Asked for as another user.
      if (before || this.#position.epoch) return this.#open(transport, token);
    }
    if (epoch !== this.#position.epoch) this.#place({ user, epoch, seqs: {} });
    const streaming = transport === 'sse';
    link.welcomed = true;
    link.patience = streaming ? heartbeat * 2000 + 5000 : heartbeat * 1000;
    this.#refusals = 0;
    this.#watch(link);
    this.#refreshLater(link);
    if (streaming && this.#WebSocket && this.#options.transport === 'auto') {
      this.#after('upgrade', this.#timing.upgrade, () => this.#open('websocket', token));
    }
    this.#sync();
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

  async #handle() {
    if (this.#handling) return;
    this.#handling = 'busy';
    for (let entry; (entry = this.#queue.shift());) {
      const { position, id, frame: { type, ...message } } = entry;
      const { channel, seq, epoch } = message;
      if (position !== this.#position || (type === 'message' && seq <= position.seqs[channel])) continue;
      if (type === 'reset') {
        delete position.seqs[channel];
        delete position.id;
        this.#place(position);
        this.#save({});
        this.#catch(this.#call({ channel, epoch }, 'reset'));
      } else if (type === 'message') {
        const isManual = this.#options.ack === 'manual';
        // First, as a handler may close().
        if (!isManual && seq) this.#advance(channel, seq, id);
        const results = this.#handOver(message);
        if (!isManual) this.#catch(results);
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

  #pause(entry, error) {
    this.#handling = this.state === 'closed' ? '' : 'paused';
    if (!this.#handling) return;
    this.#queue.unshift(entry);
    entry.pause = Math.min(this.#timing.backoffMax, entry.pause * 2 || this.#timing.backoff * 2);
    this.#after('redeliver', entry.pause, () => {
      this.#handling = '';
      this.#handle();
    });
    this.#report('handler', error);
  }

  #handOver(message) {
    const [kind, topic] = message.channel.split(':');
    if (kind === 'topic') message.topic = topic;
    return this.#call(message, 'message', kind, message.channel, message.event && `event:${message.event}`);
  }

  #place(position) {
    this.#position = position;
    this.#acks = {};
  }

  #advance(channel, seq, id) {
    const { seqs } = this.#position;
    this.#acks[channel] = seqs[channel] = Math.max(seq, seqs[channel] ?? 0);
    if (id || this.transport === 'websocket') this.#position.id = id;
    this.#timers.flush ??= setTimeout(() => this.#flush(), this.#timing.ack);
    if (this.state === 'closed') this.#flush();
  }

  #flush() {
    if (!this.#timers.flush) return;
    clearTimeout(this.#timers.flush);
    delete this.#timers.flush;
    if (this.transport === 'websocket') {
      for (const [channel, seq] of Object.entries(this.#acks)) {
        if (this.#isWanted(channel)) this.#link.io.send({ type: 'ack', channel, seq });
      }
      this.#acks = {};
    }
    this.#save(this.#load(this.user));
  }

  #isWanted(channel) { return !channel.startsWith('topic:') || this.#topics.has(channel.slice(6)); }

  // It may be forbidden.
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
      const saved = JSON.parse(this.#stored(this.#key(user)));
      return { ...saved, user, seqs: { ...saved.seqs } };
    } catch {
      return { user, seqs: {} };
    }
  }

  #save(saved) {
    const { user, epoch, seqs } = this.#position;
    const all = { ...(saved.epoch === epoch && saved.seqs) };
    for (const channel in { ...all, ...seqs }) {
      if (this.#isWanted(channel)) all[channel] = Math.max(seqs[channel] ?? 0, all[channel] ?? 0);
      else delete all[channel];
    }
    this.#stored(this.#key(user), JSON.stringify({ ...this.#position, seqs: all }));
  }

  #keptDevice() {
    const key = 'pushnode device';
    const kept = this.#stored(key);
    const made = `web-${Math.random().toString(36).slice(2)}`;
    // A name that is shared loses messages.
    return NAME.test(kept) ? kept : this.#stored(key, made) || (globalThis.location ? made : 'default');
  }

  #want(topic, wanted) {
    topic = String(topic ?? '');
    if (!NAME.test(topic)) return Promise.reject(fault('bad_name', `no topic: ${topic}`));
    this.#topics[wanted ? 'add' : 'delete'](topic);
    const promise = new Promise((resolve, reject) => this.#waiting.push({ topic, wanted, resolve, reject }));
    promise.catch(() => {}); // The event tells it too.
    queueMicrotask(() => this.#sync());
    return promise;
  }

  #sync() {
    const link = this.#link;
    if (!link?.welcomed) return;
    const differs = topic => this.#topics.has(topic) !== link.topics.has(topic);
    this.#waiting = this.#waiting.filter(({ topic, resolve }) => topic === link.asked || differs(topic) || resolve());
    const topic = [...this.#topics, ...link.topics].find(differs);
    if (link.asked || !topic) return;
    const wait = this.#asked - Date.now();
    if (wait > 0) return this.#after('sync', wait, () => this.#sync());
    this.#asked = Date.now() + (link.io.send ? 25 : 500); // The server bears no more.
    if (!link.io.send) return this.#open(link.transport, link.token);
    link.asked = topic;
    link.io.send(this.#topics.has(topic) ? { type: 'subscribe', topic, after: this.#position.seqs[`topic:${topic}`] } : { type: 'unsubscribe', topic });
  }

  #told(link, topic, has, error) {
    if (!error && link.topics.has(topic) === has) return;
    link.topics[has ? 'add' : 'delete'](topic);
    if (error || link.asked !== topic) this.#topics.delete(topic); // Unasked: by a new token.
    link.asked = null;
    if (error) {
      this.#waiting = this.#waiting.filter(other => other.topic !== topic || !other.wanted || other.reject(error));
      this.#report(error.code, error);
    }
    this.#sync();
  }

  #refreshLater(link) {
    const left = claimsOf(link.token).exp * 1000 - Date.now();
    if (!(left > 0) || typeof this.#options.token === 'string') return;
    this.#after('refresh', Math.min(1e9, Math.max(1000, left - 60_000, left / 2)), async () => {
      const token = await this.#fetchToken().catch(error => this.#report('token', error));
      if (link !== this.#link) return;
      if (token && token !== link.token) {
        if (!link.io.send) return this.#open(link.transport, token);
        link.token = token;
        link.io.send({ type: 'auth', token });
      }
      this.#refreshLater(link);
    });
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
    return [...this.#handlers].filter(({ name }) => names.includes(name)).map(async ({ handler }) => handler(event));
  }

  #after(name, ms, action) {
    clearTimeout(this.#timers[name]);
    this.#timers[name] = setTimeout(action, ms);
  }
}
