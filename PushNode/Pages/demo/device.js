// One device: a client of /client.js of its own, with its name, its state, and the messages it got.

import { PushNode } from '../client.js';
import { pill } from './dom.js';
import { messageList } from './messages.js';
import { base, nodeOf, tokenFor, tryOut } from './node.js';
import { ways } from './ways.js';

const template = document.getElementById('device');
const words = text => [...new Set(text.split(/[\s,]+/).filter(Boolean))];

export class Device {
  #push = null;
  #part;             // (name) => the element of the panel with that data-part
  #list;
  #did;              // (what, device) => …: tells the page what was just done, to show its code
  #token = '';       // the one in use: of the try-out endpoint, or typed in
  #transport = null;
  #caught = true;    // whether what was missed has come; until then messages are those of before
  #openedAt = 0;     // when this connection was asked for
  #leftAt = null;    // when the one before ended
  #node = null;
  #user = '';        // whom the token is for, as the node says
  #onceLive = null;  // what is to be told then

  /** @param given {name, user, token?}. @param page {did, choose, changed}, what the page wants to know. */
  constructor(given, page) {
    const panel = this.element = template.content.firstElementChild.cloneNode(true);
    const parts = new Map([...panel.querySelectorAll('[data-part]')].map(e => [e.dataset.part, e]));
    const part = this.#part = name => parts.get(name);
    this.#did = page.did;
    this.changed = page.changed;
    part('user').value = given.user;
    part('device').value = given.name;
    part('token').value = given.token ?? '';
    part('topics').value = tryOut ? 'news' : '';   // a token that was typed in need not allow any
    this.#list = messageList(part('messages'), page.choose);
    panel.querySelector('form').addEventListener('submit', event => {
      event.preventDefault();   // what was changed has been seen to before
      if (!this.#push || this.#push.state === 'closed') this.#switch();
    });
    for (const name of ['user', 'device', 'token']) part(name).addEventListener('change', () => (this.#push || tryOut) && this.open());
    part('topics').addEventListener('change', () => this.#retopic());
    part('switch').addEventListener('click', () => this.#switch());
    this.#show('idle', 'not connected');
    this.#rename();
  }

  get name() { return this.#part('device').value.trim(); }
  get user() { return tryOut ? this.#part('user').value.trim() : this.#user; }
  get topics() { return words(this.#part('topics').value); }
  get token() { return this.#token; }
  get isLive() { return this.#push?.state === 'live'; }
  get isOpen() { return this.#push !== null; }

  /** Whether a message with this target is for this device. */
  takes(request) {
    return request.broadcast === true || request.userId === this.user || (request.topic !== undefined && this.topics.includes(request.topic));
  }

  /** Connects: as what the fields say. */
  open() {
    this.close();
    if (!(tryOut ? this.user : this.#part('token').value.trim()) || !this.name) return;
    this.#list.clear();
    this.#leftAt = null;
    this.#rename();
    const options = { token: () => this.#fetchToken(), device: this.name, topics: this.topics };
    const push = this.#push = new PushNode(base, options);
    const mine = handler => value => push === this.#push && handler(value);
    push.on('state', mine(state => this.#turn(state)));
    push.on('message', mine(message => this.#receive(message)));
    push.on('error', mine(error => this.#detail(`${error.code}: ${error.message}`)));
    this.#begin();
    this.#onceLive = () => this.#did('connect', this);
  }

  close() {
    this.#push?.close();
    this.#push = null;
  }

  /** Takes it off the page. */
  remove() {
    this.close();
    this.#list.end();
    this.element.remove();
  }

  #begin() {
    this.#openedAt = performance.now();
    this.#caught = false;
  }

  async #fetchToken() {
    return this.#token = tryOut ? await tokenFor(this.#part('user').value.trim()) : this.#part('token').value.trim();
  }

  async #switch() {
    if (!this.#push || this.#push.state === 'refused') return this.open();
    if (this.#push.state === 'closed') {
      this.#begin();
      this.#push.connect();
      this.#did('back', this);
    } else {
      this.#push.close();
      this.#did('away', this);
    }
  }

  async #retopic() {
    if (!this.#push || this.#push.state === 'refused') return;   // the next connection has them
    const before = this.#push.topics, now = this.topics;
    const tasks = [
      ...now.filter(t => !before.includes(t)).map(t => ['subscribe', t]),
      ...before.filter(t => !now.includes(t)).map(t => ['unsubscribe', t]),
    ];
    if (tasks.length) this.#did('topics', this, tasks);
    this.#detail('');
    this.changed();
    const ends = await Promise.allSettled(tasks.map(([verb, topic]) => this.#push[verb](topic)));
    for (const [i, end] of ends.entries())
      if (end.status === 'rejected') this.#detail(`${tasks[i].join(' ')}: ${end.reason?.code ?? end.reason?.message}`);
  }

  #turn({ state, reason, code, retryInMs, transport }) {
    this.#transport = transport ?? this.#push.transport ?? this.#transport;
    const why = [reason, code && `(${code})`].filter(Boolean).join(' ');
    if (state !== 'live' && this.#caught) this.#leftAt = performance.now();
    if (state === 'live') {
      this.#caught = true;
      this.#user = this.#push.user;
      this.#show('good', 'live', '');
      this.#find();
      this.#onceLive?.();
      this.#onceLive = null;
    } else if (state === 'connecting') {
      this.#begin();
      this.#show('busy', 'connecting');
    } else if (state === 'offline') {
      this.#begin();
      this.#show('warn', 'offline', `${why || 'the connection was lost'}; ${retryInMs === undefined ? 'waiting for the network' : `trying again in ${Math.max(1, Math.round(retryInMs / 1000))} s`}`);
    } else if (state === 'refused') {
      this.#show('bad', 'refused', why || 'the node refused the connection');
    } else {
      this.#show('idle', 'offline', '');
    }
    this.changed();
  }

  #receive(message) {
    const at = performance.now();
    const replayed = message.seq !== undefined && (!this.#caught || ways.isOlder(message, this.#openedAt));
    const receipt = { at, replayed, away: replayed && this.#leftAt !== null, transport: this.#push.transport ?? this.#transport, node: this.#node };
    const way = ways.received(message, this, receipt);
    this.#list.add(message, way, receipt);
    this.#part('empty').hidden = true;
  }

  async #find() {
    const push = this.#push;
    const node = await nodeOf(this.user, this.name);
    if (push === this.#push) this.#node = node;
  }

  #rename() {
    this.#part('name').textContent = this.name;
    this.#part('messages').setAttribute('aria-label', `Messages on ${this.name}`);
  }

  #detail(text) {
    this.#part('detail').textContent = text;
    this.#part('detail').hidden = !text;
  }

  #show(is, text, detail) {
    pill(this.#part('state'), is, text);
    if (detail !== undefined) this.#detail(detail);
    const state = this.#push?.state;
    const closed = state === 'closed';
    this.#part('switch').textContent = !this.#push ? 'Connect' : closed ? 'Come back' : state === 'refused' ? 'Try again' : 'Go offline';
    this.#part('switch').classList.toggle('primary', !this.#push || closed);
    this.#part('away').hidden = !closed;
    this.#part('who').textContent = this.#push ? this.user : '';
    const empty = this.#part('empty');
    empty.hidden = this.#part('messages').children.length > 0;
    empty.replaceChildren(...emptyWords(this.#push && text, this.user));
  }
}

function emptyWords(state, user) {
  const strong = document.createElement('strong');
  const [title, next] = !state ? ['Not connected', tryOut ? 'Say who you are, and connect.' : 'Paste a token, and connect. “pushnode token --user alice” makes one for trying out.']
    : state === 'live' ? ['Nothing yet', `Send ${user} something: it appears here.`]
    : state === 'refused' ? ['Refused', 'The node does not let it in; mend what it says above, and try again.']
    : state === 'connecting' ? ['Connecting', 'What was missed comes first.'] : ['Offline', 'What is sent now waits for it.'];
  strong.textContent = title;
  return [strong, next];
}
