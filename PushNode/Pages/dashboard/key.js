'use strict';
// The admin key: asked for when the node refuses, kept for this tab, and why it is refused.

import { $, setHidden, setText } from './dom.js';

export class KeyForm {
  #api;

  // entered(): somebody has given a key, or wants to try again.
  constructor(api, entered) {
    this.#api = api;
    $('key-form').addEventListener('submit', event => {
      event.preventDefault();
      const key = $('key').value.trim();
      $('key').value = '';
      if (api.use(key)) entered();
      else this.#say('That is no key: it has other characters than keys have.');
    });
    $('again').addEventListener('click', entered);
  }

  // Why the node refuses: { status, code, detail }.
  ask({ status, code, detail }) {
    const wrong = status === 401 && this.#api.hasKey;
    if (status === 401) this.#api.forget();
    setHidden($('locked'), false);
    setHidden($('key-form'), status !== 401);
    setHidden($('no-key'), code !== 'no_admin_key');
    setHidden($('refused'), status === 401 || code === 'no_admin_key');
    setText($('locked-title'), status === 401 ? 'The admin key, please' : code === 'no_admin_key' ? 'This node has no admin key' : 'This node refuses');
    setText($('refused-text'), detail ?? `It answers ${status}.`);
    setHidden($('again'), status === 401);
    this.#say(wrong ? 'That is not the admin key of this node.' : '');
    if (status === 401) $('key').focus();
  }

  hide() {
    setHidden($('locked'), true);
  }

  #say(text) {
    setText($('key-answer'), text);
    if (text) $('key').setAttribute('aria-invalid', 'true');
    else $('key').removeAttribute('aria-invalid');
  }
}
