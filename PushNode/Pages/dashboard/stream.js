'use strict';
// The admin stream: server-sent events read with fetch, since only that takes the key in a header. It comes back by itself.

const silence = 6_000;      // ms without a word after which the stream counts as lost: a status comes every second
const firstDelay = 1_000;
const longestDelay = 30_000;
const longestEvent = 16 * 1024 * 1024;

// on: { history(h), status(s), state(name, details) } with the states
//   connecting            a request is under way
//   live                  events come
//   lost { why, retryAt } it is tried again at that time (performance.now())
//   refused { answer }    the key is wrong or missing, or nobody may: nothing is tried until start()
export class AdminStream {
  #api;
  #on;
  #current = null;
  #timer = 0;
  #watchdog = 0;
  #failures = 0;

  constructor(api, on) {
    this.#api = api;
    this.#on = on;
    addEventListener('online', () => this.#hurry());
    document.addEventListener('visibilitychange', () => document.hidden || this.#hurry());
  }

  start() {
    this.stop();
    this.#open();
  }

  stop() {
    clearTimeout(this.#timer);
    clearTimeout(this.#watchdog);
    this.#timer = 0;
    this.#current?.abort();
    this.#current = null;
  }

  // Somebody looks again, or there is a network again: no reason to wait any longer.
  #hurry() {
    if (this.#timer) this.start();
  }

  async #open() {
    const request = this.#current = new AbortController();
    let why = '', atLeast = 0;
    this.#on.state('connecting');
    try {
      this.#expect(request);
      const answer = await fetch('admin/stream', { headers: { Accept: 'text/event-stream', ...this.#api.headers }, cache: 'no-store', signal: request.signal });
      if (answer.status === 401 || answer.status === 403) {
        const problem = await answer.json().catch(() => ({}));
        if (request !== this.#current) return;
        this.stop();
        this.#on.state('refused', { answer: { status: answer.status, code: problem.code, detail: problem.detail } });
        return;
      }
      if (!answer.ok) {
        atLeast = (Number(answer.headers.get('Retry-After')) || 0) * 1000;
        why = await whyNot(answer);
      } else {
        why = await this.#read(answer.body, request);
      }
    } catch (error) {
      why = error.name === 'AbortError' ? 'it has said nothing for some seconds' : 'it cannot be reached';
    }
    if (request === this.#current) this.#lose(why, atLeast);
  }

  // Returns why it ended.
  async #read(body, request) {
    let last = '';
    for await (const { name, data } of events(body)) {
      if (request !== this.#current) return '';
      this.#expect(request);
      last = name;
      if (name === 'history') this.#on.history(JSON.parse(data));
      if (name !== 'status') continue;
      if (this.#failures !== -1) this.#on.state('live');
      this.#failures = -1; // live: the next failure is the first
      this.#on.status(JSON.parse(data));
    }
    return last === 'close' ? 'it is shutting down' : 'it has ended the stream';
  }

  #expect(request) {
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => request.abort(), silence);
  }

  // Half of the delay is chance: fifty dashboards do not come back in the same moment.
  #lose(why, atLeast) {
    this.stop();
    this.#failures = Math.max(0, this.#failures + 1);
    const full = Math.min(longestDelay, firstDelay * 2 ** this.#failures);
    const delay = Math.max(atLeast, full * (0.5 + Math.random() / 2));
    this.#timer = setTimeout(() => this.start(), delay);
    this.#on.state('lost', { why, retryAt: performance.now() + delay });
  }
}

async function whyNot(answer) {
  if (answer.status === 404) return 'it has no /admin/stream: its version is older, or a proxy in front does not pass it on';
  const problem = await answer.json().catch(() => null);
  return problem?.detail ?? `it, or a proxy in front of it, answers ${answer.status}`;
}

async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    rest += value;
    if (rest.length > longestEvent) throw new Error('an event without an end');
    for (let end; (end = rest.indexOf('\n\n')) >= 0; rest = rest.slice(end + 2)) {
      let name = 'message', data = '';
      for (const line of rest.slice(0, end).split('\n')) {
        if (line.startsWith('event: ')) name = line.slice(7);
        else if (line.startsWith('data: ')) data += line.slice(6);
      }
      yield { name, data };
    }
  }
}
