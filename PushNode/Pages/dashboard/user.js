'use strict';
// A user looked up: devices, where they are connected, how far they have come. It stays up to date while it is on the page.

import { confirmed } from './confirm.js';
import { $, element, keyedRows, setData, setHidden, setText } from './dom.js';
import { clock, count, duration, list, plural } from './units.js';

const again = 3_000; // ms between two looks at the same user

export class UserLookup {
  #api;
  #id = null;
  #timer = 0;
  #turn = 0;
  #show;

  // addressOf(incarnation): where a node is, by the name of its run; null when it is not known.
  constructor(api, addressOf) {
    this.#api = api;
    this.#show = keyedRows($('devices'), device => new DeviceRow(device, addressOf, () => this.#disconnect(device)));
    const all = confirmed('Disconnect all', {
      yes: 'Disconnect them', question: () => `Disconnect every device of ${this.#id}? They are closed with 1000; a client that connects again by itself comes back.`,
      act: () => this.#disconnect(),
    });
    $('user-all').append(all.button, all.panel, all.outcome);
    $('user-form').addEventListener('submit', event => {
      event.preventDefault();
      this.look($('user-id').value.trim());
    });
    document.addEventListener('visibilitychange', () => document.hidden || this.refresh());
  }

  async look(id) {
    if (!id) return;
    if (id !== this.#id) this.#clear();
    this.#id = id;
    $('user-id').value = id;
    setData($('user-answer'), 'is', '');
    setText($('user-answer'), 'Looking …');
    await this.refresh();
  }

  forget() {
    this.#id = null;
    this.#turn++;
    this.#clear();
    setText($('user-answer'), '');
  }

  async refresh() {
    clearTimeout(this.#timer);
    if (this.#id === null) return;
    const turn = ++this.#turn;
    const answer = isStep(this.#id)
      ? { ok: false, text: 'Browsers cannot ask for the ids "." and "..": use curl.' }
      : await this.#api.ask('GET', `users/${encodeURIComponent(this.#id)}/devices`);
    if (turn !== this.#turn) return; // somebody has asked for another one since
    if (answer.ok) this.#draw(answer.body);
    else this.#refuse(answer);
    if (!document.hidden && (answer.ok || answer.status === 0 || answer.status >= 500)) this.#timer = setTimeout(() => this.refresh(), again);
  }

  #draw(user) {
    const { devices, unanswered } = user;
    const open = devices.reduce((n, d) => n + d.connections.length, 0);
    setData($('user-answer'), 'is', '');
    setText($('user-answer'), '');
    setHidden($('user'), false);
    setHidden($('user-hint'), true);
    setText($('user-name'), user.userId);
    setData($('user-state'), 'is', user.online ? 'good' : 'idle');
    setText($('user-state'), user.online ? `online, ${plural(open, 'connection')}` : 'offline');
    setText($('user-head'), user.head ? `${plural(user.head, 'message')} so far (seq ${user.head} is the newest)` : 'No message has been sent to this user yet');
    setHidden($('user-unanswered'), !unanswered?.length);
    if (unanswered?.length) setText($('user-unanswered'), `${list(unanswered)} did not answer: there may be more connections than these.`);
    setHidden($('devices-table'), devices.length === 0);
    setHidden($('devices-none'), devices.length > 0);
    setData($('user-all'), 'connected', String(open > 0));
    this.#show(devices.map(device => [device.device, device]));
  }

  #refuse({ text }) {
    setData($('user-answer'), 'is', 'bad');
    setText($('user-answer'), text);
  }

  #clear() {
    setHidden($('user'), true);
    setHidden($('user-hint'), false);
    this.#show([]);
  }

  async #disconnect(device) {
    if (isStep(this.#id)) return '';
    const only = device === undefined ? '' : `?device=${encodeURIComponent(device)}`;
    const answer = await this.#api.ask('POST', `users/${encodeURIComponent(this.#id)}/disconnect${only}`);
    this.refresh();
    return answer.ok ? `${plural(answer.body?.disconnected ?? 0, 'connection')} closed.` : answer.text;
  }
}

// A step up or none at all, to a browser, however it is written.
const isStep = id => id === '.' || id === '..';

class DeviceRow {
  #acknowledged = cell('Acknowledged', 'number');
  #behind = cell('Behind', 'number');
  #where = cell('Connected');
  #action = cell('', 'action');

  #addressOf;

  constructor(device, addressOf, disconnect) {
    this.#addressOf = addressOf;
    const one = confirmed('Disconnect', { name: `Disconnect ${device}`, yes: 'Disconnect it', question: () => `Disconnect ${device}?`, act: disconnect });
    this.#action.append(one.button, one.panel, one.outcome);
    this.node = element('tr', { role: 'row' }, element('th', { scope: 'row', role: 'rowheader' }, device), this.#acknowledged, this.#behind, this.#where, this.#action);
  }

  update({ acknowledged, behind, connections }) {
    setText(this.#acknowledged, acknowledged === null ? 'nothing yet' : count(acknowledged));
    setText(this.#behind, count(behind));
    setData(this.#behind, 'is', behind ? 'warn' : '');
    const texts = connections.length ? connections.map(c => `${c.transport} on ${this.#addressOf(c.node) ?? c.node} since ${clock(Date.parse(c.since))} (${duration((Date.now() - Date.parse(c.since)) / 1000)})`) : ['not connected'];
    while (this.#where.children.length > texts.length) this.#where.lastElementChild.remove();
    while (this.#where.children.length < texts.length) this.#where.append(element('div'));
    texts.forEach((text, i) => setText(this.#where.children[i], text));
    setData(this.node, 'connected', String(connections.length > 0));
  }
}

const cell = (label, className = '') => element('td', { role: 'cell', className, 'data-label': label });
