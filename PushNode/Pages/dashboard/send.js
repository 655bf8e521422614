'use strict';
// A test message: what stands in the form is sent as it is, and the node's answer is shown as it is.

import { $, setData, setHidden, setText } from './dom.js';
import { milliseconds } from './units.js';

export class Sending {
  #api;
  #sent;
  #busy = false;

  // sent(): called after each answer.
  constructor(api, sent) {
    this.#api = api;
    this.#sent = sent;
    $('send-form').addEventListener('submit', event => {
      event.preventDefault();
      this.#send();
    });
    $('send-form').addEventListener('change', () => this.#fit());
    this.#fit();
  }

  get #target() { return $('send-form').elements.target.value; }

  #fit() {
    const everybody = this.#target === 'broadcast';
    setHidden($('send-name-field'), everybody);
    $('send-name').required = !everybody;
    setText($('send-name-label'), this.#target === 'topic' ? 'Topic' : 'User id');
  }

  async #send() {
    if (this.#busy) return;
    this.#busy = true;
    const target = this.#target === 'broadcast' ? '"broadcast":true' : `"${this.#target}":${JSON.stringify($('send-name').value.trim())}`;
    const text = $('send-data').value;
    const data = isJson(text) ? text : JSON.stringify(text); // JSON goes out as it was typed: parsing would change large numbers
    const event = $('send-event').value.trim();
    const more = (event ? `,"event":${JSON.stringify(event)}` : '') + ($('send-ephemeral').checked ? ',"ephemeral":true' : '');
    setData($('send-answer'), 'is', '');
    setText($('send-answer'), 'Sending …');
    const start = performance.now();
    const answer = await this.#api.ask('POST', 'collect?wait=delivered', `{${target},"data":${data}${more}}`);
    this.#busy = false;
    setData($('send-answer'), 'is', answer.ok ? 'good' : 'bad');
    setText($('send-answer'), answer.ok ? taken(answer, performance.now() - start) : `${answer.status || 'Not sent'}: ${answer.text}`);
    this.#sent();
  }
}

function taken({ status, body }, took) {
  const seq = body.seq === undefined ? 'ephemeral' : `seq ${body.seq}`;
  const delivered = body.delivered === undefined ? '' : body.delivered === 0 ? ', nobody it is for is connected now' : `, delivered to ${body.delivered} connected`;
  return `${status} after ${milliseconds(took)}: ${seq}${delivered}. Id ${body.id}`;
}

function isJson(text) {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
