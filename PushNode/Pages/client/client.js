// The client of PushNode for browsers, workers and Node. What it does and how to use it: docs/browser.md. The types: client.d.ts.
// @ts-check

const TIMING = {
  backoff: 500,          // the first wait before another try is random, up to this; each further one up to twice as long
  backoffMax: 30_000,
  stable: 5_000,         // live for so long, a connection counts as good, and the waits start small again
  open: 20_000,          // for a connection to be there
  ping: 10_000,          // for an answer to a ping
  ack: 200,              // acknowledgements and positions are gathered for so long
  redeliver: 1_000,      // before a message whose handler failed is handed over again; doubles up to backoffMax
  upgrade: 600_000,      // on server-sent events, before a WebSocket is tried again
};
const MAX_WAITING = 1000; // messages that wait for slow handlers
const MAX_SAVED = 100;    // channels whose position is kept in the storage
const MAX_DELAY = 3_600_000;
const NAME = /^[\w.@+-]{1,128}$/;
const EVENTS = /^(message|user|all|state|error|reset|(topic|event):[\w.@+-]{1,128})$/;
const FINAL = new Set([1002, 1003, 1007, 1008, 1009, 4400, 4403]);
/** The errors that answer a command, and which one. Having what was asked for already is no failure. */
const ANSWERS = { topic_not_allowed: 'subscribe', too_many_topics: 'subscribe', already_subscribed: 'subscribe', not_subscribed: 'unsubscribe' };

const fault = (code, message) => Object.assign(new Error(message), { code });

/** The claims of a JWT; none of any other token. */
function claimsOf(token) {
  try {
    return JSON.parse(atob(token.split('.')[1].replace(/-/g, '+').replace(/_/g, '/'))) ?? {};
  } catch {
    return {};
  }
}

/** A WebSocket; both transports tell `opened()`, `frame(frame, id?)` and once `ended(code, reason, …)`. */
function openWebSocket(WebSocket, url, token, { opened, frame, ended }) {
  // A token that is no JWT may have characters that a subprotocol must not have.
  const fits = /^[\w!#$%&'*+.^`|~-]+$/.test(token);
  if (!fits) url.searchParams.set('token', token);
  const socket = new WebSocket(url.href, fits ? ['pushnode.v1', `bearer.${token}`] : ['pushnode.v1']);
  socket.onopen = opened;
  socket.onmessage = event => frame(event.data);
  socket.onerror = () => {};
  socket.onclose = event => ended(event.code, event.reason);
  return { send: command => socket.send(JSON.stringify(command)), close: () => socket.close(1000) };
}

/** Server-sent events, read by fetch: unlike an EventSource it can send the token in a header, and tells why it was refused. */
function openStream(url, token, lastEventId, { opened, heard, frame, ended }) {
  const abort = new AbortController();
  const read = async () => {
    const headers = { Accept: 'text/event-stream', Authorization: `Bearer ${token}`, ...(lastEventId && { 'Last-Event-ID': lastEventId }) };
    const response = await fetch(url, { headers, cache: 'no-store', signal: abort.signal });
    if (!response.ok || !response.body || !response.headers.get('Content-Type')?.startsWith('text/event-stream')) {
      const problem = await response.json().catch(() => ({}));
      const after = response.headers.get('Retry-After') ?? '';
      const code = response.ok ? 0 : 4000 + response.status;
      return ended(code, problem.detail ?? `HTTP ${response.status}`, Number(after) * 1000 || Date.parse(after) - Date.now() || 0, problem.code);
    }
    opened();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = '', id = '', data = [];
    for (let part; !(part = await reader.read()).done;) {
      heard();
      const lines = (text + part.value).split('\n');
      text = lines.pop() ?? '';
      for (const line of lines) {
        if (line.startsWith('data: ')) data.push(line.slice(6));
        else if (line.startsWith('id: ')) id = line.slice(4);
        else if (!line && data.length) {
          frame(data.join('\n'), id);
          [id, data] = ['', []];
        }
      }
    }
    ended(0, 'the stream has ended');
  };
  read().catch(error => ended(0, String(error.message)));
  return { send: null, close: () => abort.abort() };
}

export class PushNode {
  #base; #options; #timing; #storage; #WebSocket;
  #state = 'connecting';
  #handlers = new Map();          // name -> Set of functions
  #timers = {};                   // by name, so that none runs twice and all can be stopped
  #listening = null;              // aborted, it takes the window's listeners away
  #link = null;                   // the connection that is open or being made; whatever comes from another one is not listened to
  #topics;                        // those that are subscribed to, as far as the server has said
  #commands = [];                 // subscribe and unsubscribe, in order, until the server has answered
  #position;                      // what has been handled: { user, epoch, seqs: channel -> seq }; replaced when user or epoch change
  #lastEventId = '';              // the same as the last stream's cursor, as long as nothing has come another way
  #provenToken = '';              // the last one of which the server has told the user
  #acks = new Map();              // channel -> seq, not sent yet
  #queue = [];                    // frames that wait for the handlers of those before them
  #handling = false;
  #full = false;                  // disconnected until the queue has run dry
  #wake = () => {};               // ends the pause before a message is handed over again
  #dirty = false;                 // the position has moved since it was saved
  #failures = 0; #refusals = 0; #renewed = false;
  #next = 'websocket'; #worked = false;
  #notBefore = 0;                 // the server asked for it

  /** @param {string} url @param {any} options */
  constructor(url, options) {
    this.#base = new URL(url || '/', globalThis.location?.href);
    this.#base.protocol = this.#base.protocol.replace(/^ws/, 'http');
    if (!/^https?:$/.test(this.#base.protocol)) throw new TypeError(`${url} is no address of a PushNode: https://push.example.com`);
    this.#base.pathname = this.#base.pathname.replace(/\/?$/, '/');
    this.#base.search = this.#base.hash = '';
    this.#options = { ack: 'auto', transport: 'auto', ...options };
    this.#timing = { ...TIMING, ...options.timing };
    this.#topics = new Set(options.topics);
    this.#WebSocket = options.WebSocket ?? globalThis.WebSocket;
    if (!this.#WebSocket && this.#options.transport === 'websocket') throw new TypeError('there is no WebSocket here: pass one as an option');
    try {
      this.#storage = options.storage === undefined ? globalThis.window?.localStorage : options.storage;
    } catch {
      // A page may be forbidden to store anything.
    }
    this.device = options.device ?? this.#keptDevice();
    this.#position = this.#load(this.#read(this.#key()));
    queueMicrotask(() => this.#state === 'closed' || this.connect());
  }

  get state() { return this.#state; }
  get user() { return this.#position.user ?? null; }
  get transport() { return this.#link?.welcomed ? this.#link.transport : null; }
  get topics() { return [...this.#wanted()]; }

  on(name, handler) {
    if (!EVENTS.test(name)) throw new TypeError(`there is no event ${name}`);
    if (!this.#handlers.has(name)) this.#handlers.set(name, new Set());
    this.#handlers.get(name).add(handler);
    return () => void this.#handlers.get(name).delete(handler);
  }

  subscribe(topic) { return this.#command('subscribe', topic); }
  unsubscribe(topic) { return this.#command('unsubscribe', topic); }

  connect() {
    if (this.#link) return;
    this.#failures = this.#refusals = 0;
    this.#renewed = false;
    this.#listen();
    this.#open();
  }

  close() {
    this.#flush();
    this.#drop();
    this.#listening?.abort();
    this.#listening = null;
    this.#queue.length = 0;
    this.#full = false;
    this.#become('closed');
    this.#wake();
    this.#giveUp(fault('closed', 'the client was closed'));
  }

  // Connecting

  async #open(transport = this.#transport(), token = '') {
    this.#stop('retry');
    if (globalThis.navigator?.onLine === false) return this.#become('offline', { reason: 'the browser is offline' });
    this.#full = false;
    this.#queue.length = 0;   // what was not handled comes again
    const link = this.#link = {
      transport, token, io: null, opened: false, welcomed: false, live: 0, heard: Date.now(), pinged: 0, patience: this.#timing.open, afterMs: 0, topics: new Set(),
    };
    this.#watch(link);
    this.#become('connecting');
    try {
      token ||= await this.#fetchToken();
    } catch (error) {
      this.#report('token', error);
      return this.#lost(link, 0, `no token: ${error?.message}`);
    }
    if (link !== this.#link) return;
    link.token = token;
    link.heard = Date.now();
    const events = {
      opened: () => this.#opened(link),
      heard: () => { link.heard = Date.now(); },
      frame: (text, id) => this.#receive(link, text, id),
      ended: (...why) => this.#lost(link, ...why),
    };
    try {
      link.io = transport === 'sse'
        ? openStream(this.#address(link, 'push/sse'), token, this.#isSameUser(token) ? this.#lastEventId : '', events)
        : openWebSocket(this.#WebSocket, this.#address(link, 'push'), token, events);
    } catch (error) {
      this.#lost(link, 0, error.message);
    }
  }

  #transport() {
    if (this.#options.transport !== 'auto') return this.#options.transport;
    return this.#WebSocket ? this.#next : 'sse';
  }

  async #fetchToken() {
    const { token } = this.#options;
    const fresh = typeof token === 'function' ? await token() : token;
    if (typeof fresh !== 'string' || !fresh) throw new TypeError('token must be a string, or a function that returns one');
    return fresh;
  }

  #address(link, path) {
    const url = new URL(path, this.#base);
    const { user, epoch, seqs } = this.#position;
    const seqOf = channel => seqs.get(channel);
    const streaming = link.transport === 'sse';
    if (!streaming) url.protocol = url.protocol.replace('http', 'ws');
    link.topics = streaming ? this.#wanted(this.#batch()) : new Set(this.#topics);
    const topics = [...link.topics].map(topic => seqs.has(`topic:${topic}`) ? `${topic}:${seqOf(`topic:${topic}`)}` : topic).join();
    const query = { device: this.device, epoch: epoch, after: seqOf(`user:${user}`), all: seqOf('all'), topics: topics || undefined, ack: streaming ? undefined : 'manual' };
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    return url;
  }

  /**
   * Whether the token is for the user the last one was for: a stream's cursor acknowledges, and must not do so for somebody else. The claim that names the
   * user is one of those that did so before; of a token that cannot be read nothing is known.
   */
  #isSameUser(token) {
    if (token === this.#provenToken) return true;
    const old = claimsOf(this.#provenToken), fresh = claimsOf(token);
    const names = Object.keys(old).filter(name => old[name] === this.user);
    return names.length > 0 && names.every(name => fresh[name] === this.user);
  }

  #opened(link) {
    if (link !== this.#link) return;
    link.opened = true;
    link.heard = Date.now();
    link.patience = this.#patience(link, 25);
    this.#watch(link);
  }

  /** How long nothing may be heard, in ms: a stream has comments so often, on a WebSocket it is asked then. */
  #patience(link, heartbeat) {
    return link.transport === 'sse' ? heartbeat * 2000 + 5000 : heartbeat * 1000;
  }

  /** Looks whether anything was heard lately, and when to look again. One timer for all, not one for each message. */
  #watch(link) {
    const asked = link.pinged > link.heard;
    const due = asked ? link.pinged + this.#timing.ping : link.heard + link.patience;
    const late = Date.now() - due;
    if (late < 0) return this.#after('watch', -late, () => this.#watch(link));
    // A page that slept is late itself: what has come meanwhile is yet to be read.
    if (link.opened && link.io.send && (!asked || late > this.#timing.ping)) {
      link.io.send({ type: 'ping' });
      link.pinged = Date.now();
      return this.#after('watch', this.#timing.ping, () => this.#watch(link));
    }
    this.#lost(link, 0, 'nothing was heard from the server');
  }

  /** A connection has ended or could not be made: what comes of it is decided here. */
  #lost(link, code, reason = '', afterMs = 0, problem = '') {
    if (link !== this.#link) return;
    const { transport, token } = link;
    const asked = this.#commands.find(command => command.sent && command.type === 'subscribe');
    this.#drop();
    if (transport === 'sse' && asked && ANSWERS[problem] === 'subscribe') {
      this.#settle(asked, fault(problem, reason));
      return this.#open(transport, token);
    }
    if (link.live && Date.now() - link.live >= this.#timing.stable) {
      this.#failures = 0;
      this.#renewed = false;
    }
    if (link.io) this.#next = transport === 'websocket' && !this.#worked ? 'sse' : 'websocket';
    // A token that was taken may have expired since; one that is refused at once is no good, and the second one in a row is the end.
    const unauthorized = code === 4401;
    const hopeless = unauthorized && (typeof this.#options.token === 'string' || (!link.welcomed && ++this.#refusals > 1));
    if (FINAL.has(code) || hopeless) return this.#refuse(code, reason);
    const asap = unauthorized && !this.#renewed;
    this.#renewed ||= unauthorized;
    const told = Math.min(MAX_DELAY, Math.max(0, afterMs, link.afterMs));
    this.#notBefore = Date.now() + told;
    this.#wait(asap ? 0 : told + Math.random() * Math.min(this.#timing.backoffMax, this.#timing.backoff * 2 ** this.#failures++), code, reason);
  }

  #wait(retryInMs, code, reason) {
    if (globalThis.navigator?.onLine === false) return this.#become('offline', { reason: 'the browser is offline' });
    this.#after('retry', retryInMs, () => this.#open());
    this.#become('offline', { reason, code, retryInMs: Math.round(retryInMs) });
  }

  #refuse(code, reason) {
    this.#become('refused', { reason, code });
    this.#giveUp(fault('refused', reason));
  }

  #drop() {
    const link = this.#link;
    this.#link = null;
    this.#stop('watch', 'retry', 'refresh', 'upgrade');
    link?.io?.close();
    for (const command of this.#commands) command.sent = false;
  }

  #reopen(transport, token) {
    this.#drop();
    this.#open(transport, token);
  }

  #listen() {
    if (this.#listening || !globalThis.addEventListener) return;
    const { signal } = this.#listening = new AbortController();
    const listen = (type, action) => globalThis.addEventListener(type, action, { signal });
    listen('online', () => {
      this.#worked = false;   // it may be another network
      this.#tryNow();
    });
    listen('offline', () => this.#link && this.#lost(this.#link, 0));
    listen('pagehide', () => this.#flush());
    listen('visibilitychange', () => globalThis.document?.visibilityState === 'hidden' ? this.#flush() : this.#tryNow());
  }

  #tryNow() {
    if (this.#link) this.#watch(this.#link);
    else if (this.#state === 'offline' && !this.#full && Date.now() >= this.#notBefore) this.#open();
  }

  // Receiving

  #receive(link, text, id) {
    if (link !== this.#link) return;
    link.heard = Date.now();
    this.#worked ||= link.transport === 'websocket';
    let frame;
    try {
      frame = JSON.parse(text);
    } catch {
      return this.#lost(link, 0, 'the server sent what is no JSON');
    }
    switch (frame.type) {
      case 'welcome': return this.#welcome(link, frame);
      case 'message':
      case 'reset':
      case 'live': return this.#enqueue(link, frame, id);
      case 'subscribed': return link.topics.delete(frame.topic) || this.#settle(this.#commands[0]);
      case 'unsubscribed': return this.#unsubscribed(frame.topic);
      case 'reconnect': return void (link.afterMs = frame.afterMs);
      case 'close': return this.#lost(link, frame.code, frame.reason);
      case 'error': return this.#refused(link, frame);
    }
  }

  #welcome(link, { user, epoch, heartbeat }) {
    if (user !== this.#position.user) {
      // What was asked for was another user's: nothing of this connection is used, unless there was nothing to ask for.
      const had = this.#position.seqs.size;
      this.#position = this.#load(user);
      this.#forget();
      this.#write(this.#key(), user);
      this.#provenToken = link.token;
      if (had || this.#position.seqs.size) return this.#reopen(link.transport, link.token);
    }
    if (epoch !== this.#position.epoch) {
      this.#position = { user, epoch, seqs: new Map() };
      this.#forget();
    }
    this.#provenToken = link.token;
    link.welcomed = true;
    link.patience = this.#patience(link, heartbeat);
    this.#refusals = 0;
    this.#watch(link);
    this.#refreshLater(link);
    if (link.transport === 'sse') {
      for (const command of this.#commands.filter(command => command.sent)) this.#settle(command);
      link.topics.clear();
      if (this.#options.transport === 'auto' && this.#WebSocket) this.#after('upgrade', this.#timing.upgrade, () => this.#reopen('websocket', link.token));
    }
    this.#sendCommands();
  }

  #enqueue(link, frame, id) {
    this.#queue.push({ frame, id, position: this.#position });
    if (this.#queue.length > MAX_WAITING) {
      this.#drop();
      this.#full = true;
      return this.#become('offline', { reason: 'the handlers are slow: it connects again when they are done', code: 'backlog' });
    }
    this.#handleQueue();
    if (link === this.#link && frame.type === 'live' && frame.channel === `user:${this.user}` && !link.live) {
      link.live = Date.now();
      this.#become('live', { transport: link.transport });
    }
  }

  /** Hands over one frame after the other. With `ack: 'auto'` it ends before it returns, else when every handler's promise has. */
  async #handleQueue() {
    if (this.#handling) return;
    this.#handling = true;
    for (let entry; (entry = this.#queue.shift());) {
      const { frame, position, id } = entry;
      if (position !== this.#position || frame.seq <= position.seqs.get(frame.channel) && frame.type === 'message') continue;
      if (frame.type === 'reset') {
        position.seqs.delete(frame.channel);
        this.#forget();
        this.#save(false);
        this.#emit('reset', { channel: frame.channel, epoch: frame.epoch });
        continue;
      }
      if (frame.type === 'message' && !(this.#options.ack === 'manual' ? await this.#deliver(entry) : this.#hand(frame))) continue;
      if (frame.seq) this.#advance(position, frame.channel, frame.seq, id);
    }
    this.#handling = false;
    if (this.#full && this.#state === 'offline') this.#open();
  }

  /** Hands a message over until its handlers have resolved; false when it has become pointless. */
  async #deliver({ frame, position }) {
    for (let pause = this.#timing.redeliver; ; pause = Math.min(2 * pause, this.#timing.backoffMax)) {
      const failed = (await Promise.allSettled(this.#callHandlers(frame))).find(result => result.status === 'rejected');
      if (!failed) return true;
      this.#report('handler', failed.reason);
      if (this.#state === 'closed') return false;
      await new Promise(resolve => {
        this.#wake = resolve;
        this.#after('redeliver', pause, resolve);
      });
      if (this.#state === 'closed' || position !== this.#position) return false;
    }
  }

  #hand(frame) {
    for (const result of this.#callHandlers(frame)) result.catch(error => this.#report('handler', error));
    return true;
  }

  #callHandlers({ type, ...message }) {
    const { channel, event } = message;
    const [kind, topic] = channel.split(':');
    if (kind === 'topic') message.topic = topic;
    return this.#call(['message', kind === 'user' ? 'user' : channel, ...(event ? [`event:${event}`] : [])], message);
  }

  /** Everything of a channel up to this seq is done with. */
  #advance(position, channel, seq, id = '') {
    if (position !== this.#position) return;
    if (seq > (position.seqs.get(channel) ?? 0)) {
      position.seqs.delete(channel);    // the ones moved last are at the end
      position.seqs.set(channel, seq);
      this.#dirty = true;
    }
    if (id || this.#link?.transport !== 'sse') this.#lastEventId = id;
    this.#acks.set(channel, position.seqs.get(channel));
    if (this.#state === 'closed') this.#flush();
    else if (!this.#timers.flush) this.#after('flush', this.#timing.ack, () => this.#flush());
  }

  /** What was handled, and may be said of it, is of another user or of a store that is gone. */
  #forget() {
    this.#acks.clear();
    this.#lastEventId = '';
  }

  #flush() {
    this.#stop('flush');
    const link = this.#link;
    if (link?.welcomed && link.io.send) {
      for (const [channel, seq] of this.#acks) {
        if (!channel.startsWith('topic:') || this.#topics.has(channel.slice(6))) link.io.send({ type: 'ack', channel, seq });
      }
      this.#acks.clear();
    }
    if (this.#dirty) this.#save();
  }

  // The position in the storage, shared by the tabs of a browser: each adds what it has handled.

  #save(merge = true) {
    this.#dirty = false;
    const { user, epoch, seqs } = this.#position;
    const saved = this.#load(user);
    const merged = new Map(merge && saved.epoch === epoch ? saved.seqs : []);
    for (const [channel, seq] of seqs) {
      const other = merged.get(channel) ?? 0;
      merged.delete(channel);
      merged.set(channel, Math.max(seq, other));
    }
    this.#write(this.#key(user), JSON.stringify({ epoch, seqs: [...merged].slice(-MAX_SAVED) }));
  }

  #load(user) {
    try {
      const { epoch, seqs } = JSON.parse(this.#read(this.#key(user)));
      if (user && NAME.test(epoch)) return { user, epoch, seqs: new Map(seqs.filter(([, seq]) => Number.isSafeInteger(seq) && seq > 0)) };
    } catch {
      // There is none yet, or not one of ours.
    }
    return { user, epoch: undefined, seqs: new Map() };
  }

  #key(...user) {
    return ['pushnode', this.#base.href, this.device, ...user].join(' ');
  }

  #keptDevice() {
    const kept = () => this.#read('pushnode device') ?? '';
    if (!NAME.test(kept())) this.#write('pushnode device', `web-${[...crypto.getRandomValues(new Uint8Array(8))].map(byte => byte.toString(16).padStart(2, '0')).join('')}`);
    return NAME.test(kept()) ? kept() : 'default';
  }

  #read(key) {
    try {
      return this.#storage?.getItem(key) ?? undefined;
    } catch {
      return undefined;
    }
  }

  #write(key, value) {
    try {
      this.#storage?.setItem(key, value);
    } catch {
      // Full or forbidden: the device's cursor at the server is there too.
    }
  }

  // Topics

  #command(type, topic) {
    if (!NAME.test(topic)) return Promise.reject(fault('bad_name', `${topic} is no topic: 1 to 128 characters of A-Z a-z 0-9 _ . @ + -`));
    if (type === 'unsubscribe') this.#topics.delete(topic);
    const promise = new Promise((resolve, reject) => this.#commands.push({ type, topic, resolve, reject, sent: false }));
    promise.catch(() => {});  // Who does not wait for it finds the error among the events.
    queueMicrotask(() => this.#sendCommands());
    return promise;
  }

  #sendCommands() {
    const link = this.#link;
    const waiting = this.#commands.filter(command => !command.sent);
    if (!link?.welcomed || !waiting.length) return;
    if (!link.io.send) return this.#reopen(link.transport, link.token);
    for (const command of waiting) {
      const { type, topic } = command;
      command.sent = true;
      link.io.send({ type, topic, after: type === 'subscribe' ? this.#position.seqs.get(`topic:${topic}`) : undefined });
    }
  }

  /** The commands that the next stream answers: up to the first that it may be refused for. */
  #batch() {
    const first = this.#commands.findIndex(command => command.type === 'subscribe');
    const batch = this.#commands.slice(0, first < 0 ? undefined : first + 1);
    for (const command of batch) command.sent = true;
    return batch;
  }

  #wanted(commands = this.#commands) {
    const topics = new Set(this.#topics);
    for (const { type, topic } of commands) type === 'subscribe' ? topics.add(topic) : topics.delete(topic);
    return topics;
  }

  #settle(command, error = null) {
    if (!command) return;
    this.#commands = this.#commands.filter(other => other !== command);
    if (error) {
      this.#report(error.code, error);
      return command.reject(error);
    }
    command.type === 'subscribe' ? this.#topics.add(command.topic) : this.#topics.delete(command.topic);
    command.resolve();
  }

  #unsubscribed(topic) {
    const [command] = this.#commands;
    if (command?.sent && command.type === 'unsubscribe' && command.topic === topic) return this.#settle(command);
    if (this.#topics.delete(topic)) this.#report('topic_not_allowed', fault('topic_not_allowed', `the new token does not allow topic ${topic}`));
  }

  #refused(link, { code, message }) {
    const [command] = this.#commands;
    if (command?.sent && command.type === ANSWERS[code]) return this.#settle(command, code.endsWith('_subscribed') ? null : fault(code, message));
    if (code === 'auth_invalid') return this.#lost(link, 4401, message);
    if (code === 'auth_other_user') return this.#reopen(link.transport, link.token);
    this.#report(code, fault(code, message));
    if (code === 'auth_unavailable') this.#after('refresh', this.#timing.backoff * 10, () => this.#refresh(link));
  }

  #giveUp(error) {
    const commands = this.#commands;
    this.#commands = [];
    for (const command of commands) command.reject(error);
  }

  // Tokens

  #refreshLater(link) {
    const left = claimsOf(link.token).exp * 1000 - Date.now();
    if (typeof this.#options.token !== 'function' || !(left > 0)) return;
    this.#after('refresh', Math.min(MAX_DELAY * 24, Math.max(1000, left - 60_000, left / 2)), () => this.#refresh(link));
  }

  async #refresh(link) {
    try {
      const token = await this.#fetchToken();
      if (link !== this.#link) return;
      const same = token === link.token;
      link.token = token;
      if (!same && !link.io.send) return this.#reopen(link.transport, token);
      if (!same) link.io.send({ type: 'auth', token });
    } catch (error) {
      this.#report('token', error);
    }
    if (link === this.#link) this.#refreshLater(link);
  }

  // Events

  #become(state, detail = {}) {
    this.#state = state;
    this.#emit('state', { state, ...detail });
  }

  #report(code, error) {
    const event = { code, message: String(error?.message ?? error), error };
    if (this.#handlers.get('error')?.size) this.#emit('error', event);
    else console.error(`PushNode: ${code}: ${event.message}`);
  }

  #emit(name, event) {
    for (const result of this.#call([name], event)) result.catch(error => name === 'error' ? console.error(error) : this.#report('handler', error));
  }

  /** Calls the handlers at once; what they throw is in the promises. */
  #call(names, event) {
    return names.flatMap(name => [...this.#handlers.get(name) ?? []]).map(async handler => handler(event));
  }

  #after(name, ms, action) {
    clearTimeout(this.#timers[name]);
    this.#timers[name] = setTimeout(() => {
      delete this.#timers[name];
      action();
    }, ms);
  }

  #stop(...names) {
    for (const name of names) {
      clearTimeout(this.#timers[name]);
      delete this.#timers[name];
    }
  }
}
