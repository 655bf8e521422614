'use strict';
// Requests to the node that has served the page, with the admin key where there is one.

const place = 'pushnode.admin-key';
const patience = 20_000; // ms; a node asks others for a few seconds

// What a header can carry, and what keys are made of: nothing else can be right.
const possible = /^[\x21-\x7e]+$/;

export class Api {
  #key = stored();

  get hasKey() { return this.#key !== null; }

  get headers() { return this.#key === null ? {} : { Authorization: `Bearer ${this.#key}` }; }

  // Kept for this tab only, until it is closed. False: no key looks like that.
  use(key) {
    if (!possible.test(key)) return false;
    this.#key = key;
    try { sessionStorage.setItem(place, key); } catch { /* storage is blocked: it is known until the page is left */ }
    return true;
  }

  forget() {
    this.#key = null;
    try { sessionStorage.removeItem(place); } catch { /* nothing was kept */ }
  }

  // { ok, status, body, text }: text says what went wrong, for people. Never throws.
  async ask(method, path, json) {
    const request = { method, headers: { ...this.headers }, cache: 'no-store', signal: AbortSignal.timeout(patience) };
    if (json !== undefined) {
      request.headers['Content-Type'] = 'application/json';
      request.body = json;
    }
    try {
      const answer = await fetch(path, request);
      const body = await answer.json().catch(() => null);
      return { ok: answer.ok, status: answer.status, body, text: answer.ok ? '' : why(answer, body, path) };
    } catch (error) {
      const text = error.name === 'TimeoutError' ? `No answer within ${patience / 1000} s.` : 'This node does not answer.';
      return { ok: false, status: 0, body: null, text };
    }
  }
}

// Why it was refused, for people.
function why(answer, problem, path) {
  if (answer.status === 404 && (problem?.code ?? 'not_found') === 'not_found') {
    return `Nothing is at /${path.split('?')[0]}: this node has no collect role, or a proxy in front of it does not pass that on.`;
  }
  return problem?.detail ?? `${answer.status} ${answer.statusText}`;
}

function stored() {
  try { return sessionStorage.getItem(place); } catch { return null; }
}
