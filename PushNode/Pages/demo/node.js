// The node this page is from: what it is, and what can be asked of it. Keys and tokens are in memory only, and gone with the page.

const settings = document.body.dataset;

/** Whether the node gives out tokens itself, as one does out of the box. */
export const tryOut = settings.mode === 'tryout';

/** Whether it takes messages. */
export const collects = settings.collect === 'yes';

/** Its address, also behind a proxy with a prefix; without the slash at the end. */
export const base = new URL('.', location.href).href.replace(/\/$/, '');

/** performance.now() as a time of day; finer than Date.now(), and it never goes back. */
export const wall = now => performance.timeOrigin + now;

let apiKey = '';
export const useApiKey = key => { apiKey = key.trim(); };
export const hasApiKey = () => apiKey !== '';

async function ask(path, options = {}) {
  const headers = apiKey ? { ...options.headers, Authorization: `Bearer ${apiKey}` } : options.headers;
  const answer = await fetch(`${base}/${path}`, { ...options, headers });
  const body = await answer.json().catch(() => ({}));
  return { ok: answer.ok, status: answer.status, body };
}

const post = (path, body) => ask(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });

/** A token for anybody, in try-out mode only. */
export async function tokenFor(user) {
  const answer = await post('auth/token', { userId: user, topics: ['*'] });
  if (!answer.ok) throw new Error(answer.body.detail ?? `no token: ${answer.status}`);
  return answer.body.token;
}

/** Sends, and says what was answered and when, by this page's clock. */
export async function collect(request) {
  const sentAt = performance.now();
  const answer = await post('collect', request);
  return { ...answer, sentAt, answeredAt: performance.now() };
}

/** Who has acknowledged a message: `[{user, device, seq}]`, or null when that cannot be known. */
export async function acknowledged(channel, seq) {
  if (!collects) return null;
  const answer = await ask(`messages/${encodeURIComponent(channel)}/${seq}`).catch(() => null);
  return answer?.ok ? answer.body.acknowledged : null;
}

/** The node that holds a device's connection, or null when that cannot be known. */
export async function nodeOf(user, device) {
  if (!collects) return null;
  const answer = await ask(`users/${encodeURIComponent(user)}`).catch(() => null);
  return answer?.body.connections?.findLast(c => c.device === device)?.node ?? null;
}
