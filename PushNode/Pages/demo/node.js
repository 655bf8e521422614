// The node this page is from: what it is, and what can be asked of it. Keys and tokens are in memory only, and gone with the page.

import { learn } from './clock.js';

const settings = document.body.dataset;

/** Whether the node gives out tokens itself, as one does out of the box. */
export const tryOut = settings.mode === 'tryout';

/** Whether it takes messages. */
export const collects = settings.collect === 'yes';

/** Its address, also behind a proxy with a prefix; without the slash at the end. */
export const base = new URL('.', location.href).href.replace(/\/$/, '');

let apiKey = '', deniedKey = null;   // with what was refused, nothing more is asked in the background
export const useApiKey = key => { apiKey = key.trim(); };
export const hasApiKey = () => apiKey !== '';

async function ask(path, options = {}) {
  const headers = apiKey ? { ...options.headers, Authorization: `Bearer ${apiKey}` } : options.headers;
  const sentAt = performance.now();
  const answer = await fetch(`${base}/${path}`, { ...options, headers });
  const body = await answer.json().catch(() => ({}));
  const answeredAt = performance.now();
  if (answer.status === 401 || answer.status === 403) deniedKey = apiKey;
  const date = Date.parse(answer.headers.get('Date'));
  if (date) learn(date, 2000, sentAt, answeredAt);   // it has whole seconds, and may be one of them old
  return { ok: answer.ok, status: answer.status, body, sentAt, answeredAt };
}

const post = (path, body) => ask(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });

/** A token for anybody, in try-out mode only. */
export async function tokenFor(user) {
  const answer = await post('auth/token', { userId: user, topics: ['*'] });
  if (!answer.ok) throw new Error(answer.body.detail ?? `no token: ${answer.status}`);
  return answer.body.token;
}

/** Sends, and says what was answered, and when, by this page's clock. */
export const collect = request => post('collect', request);

/** Asks for nothing but an answer, which tells the time. */
export const greet = () => ask('healthz').catch(() => null);

const mayAsk = () => collects && apiKey !== deniedKey;

/** Who has acknowledged a message: `[{user, device, seq}]`, or null when that cannot be known. */
export async function acknowledged(channel, seq) {
  if (!mayAsk()) return null;
  const answer = await ask(`messages/${encodeURIComponent(channel)}/${seq}`).catch(() => null);
  return answer?.ok ? answer.body.acknowledged : null;
}

/** The node that holds a device's connection, or null when that cannot be known. */
export async function nodeOf(user, device) {
  if (!mayAsk()) return null;
  const answer = await ask(`users/${encodeURIComponent(user)}`).catch(() => null);
  return answer?.body.connections?.findLast(c => c.device === device)?.node ?? null;
}
