// "Its way": what is known about one message, step by step, with the times this page can honestly know. Everything that happened
// here is measured by one clock, this page's; what happened elsewhere is said to be between two of its moments, or by whose clock it is.

import { wall } from './clock.js';
import { $, duration, el, timeOfDay } from './dom.js';
import { latency, ways } from './ways.js';

let shown = null, pinned = false;

/** Shows the way of a message. A chosen one stays until the next is sent from here. */
export function showWay(way, { pin }) {
  shown = way;
  pinned = pin;
  draw();
}

ways.addEventListener('change', ({ detail }) => {
  if (!pinned && detail !== shown && isNewer(detail)) shown = detail;
  if (detail === shown) draw();
});

const startOf = way => way.sentAt ?? way.receipts[0]?.at ?? 0;
const isNewer = way => !shown || startOf(way) > startOf(shown);

const precisely = ms => `${timeOfDay(ms)}.${String(Math.floor(ms % 1000)).padStart(3, '0')}`;

function draw() {
  const steps = shown.sentAt !== undefined && !shown.repeated ? stepsFromHere(shown) : stepsFromElsewhere(shown);
  const end = Math.max(1, ...steps.map(s => s.ms ?? 0).filter(Number.isFinite));
  $('way-empty').hidden = true;
  $('way-name').textContent = shown.channel ? `${shown.channel}${shown.seq ? ` #${shown.seq}` : ''}` : `id ${shown.id}`;
  $('way-steps').replaceChildren(...steps.map(s => row(s, end)));
  $('way-note').textContent = note(shown);
}

function row({ title, about, when, ms, from = ms, is }, end) {
  const bar = el('span', { class: 'track', 'aria-hidden': 'true' });
  if (ms !== undefined) {
    const span = el('span');
    span.style.left = `${Math.min(95, 100 * from / end)}%`;
    span.style.width = `${Math.max(1, 100 * (ms - from) / end)}%`;
    bar.append(span);
  }
  return el('li', { 'data-is': is },
    el('span', { class: 'title', text: title }), el('span', { class: 'about', text: about }), el('span', { class: 'when', text: when }), bar);
}

function stepsFromHere(way) {
  const since = at => at - way.sentAt;
  const answered = since(way.answeredAt);
  const arrived = way.receipts.map(r => since(r.at));
  const first = Math.min(...arrived);
  const nodes = [...new Set(way.receipts.map(r => r.node).filter(Boolean))];
  // It is on disk before it is dispatched or answered, and both before this page hears of it.
  const stored = Math.min(answered, first);
  const steps = [
    { title: 'Sent', about: 'POST /collect, by this page', when: '0 ms', ms: 0, is: 'done' },
    way.seq
      ? { title: 'Stored', about: `on disk as seq ${way.seq}`, when: `within ${duration(stored)}`, from: 0, ms: stored, is: 'done' }
      : { title: 'Not stored', about: 'ephemeral: for who is connected now', when: '', is: 'off' },
  ];
  if (arrived.length)
    steps.push({ title: 'Dispatched', about: `to ${nodes.join(', ') || 'the node'} that holds ${arrived.length > 1 ? 'them' : 'it'}`, when: `within ${duration(first)}`, from: 0, ms: first, is: 'done' });
  const seen = [
    { title: `Answered ${way.status}`, about: way.seq ? 'from here on it is promised' : 'handed on', when: `+${duration(answered)}`, ms: answered, is: 'done' },
    ...way.receipts.map(r => arrival(r, `+${duration(since(r.at))}`, since(r.at))),
    ...way.repeats.map(r => ({ title: 'Sent again', about: `same id: answered ${r.status}, sent to nobody`, when: `+${duration(since(r.at))}`, ms: since(r.at), is: 'off' })),
  ];
  return [...steps, ...seen.sort((a, b) => a.ms - b.ms), ...waiting(way), ...acknowledgement(way)];
}

function stepsFromElsewhere(way) {
  const first = way.receipts[0], known = first && latency(way, first);
  const steps = [{ title: 'Accepted', about: 'from another producer; by the node’s clock', when: way.time ? precisely(way.time) : '', is: 'done', ms: known ? 0 : undefined }];
  if (way.seq) steps.push({ title: 'Stored', about: `on disk as seq ${way.seq}`, when: '', is: 'done' });
  for (const r of way.receipts) {
    const ms = latency(way, r)?.ms;
    steps.push(arrival(r, ms !== undefined ? `≈ +${duration(ms)}` : r === first ? precisely(wall(r.at)) : `${duration(r.at - first.at)} later`, ms));
  }
  return [...steps, ...acknowledgement(way)];
}

const arrival = (r, when, ms) => ({
  title: `Received on ${r.name}`, is: r.replayed ? 'late' : 'done', when, ms,
  about: `${r.transport ?? 'unknown'}, ${r.away ? 'after being away' : r.replayed ? 'from the store' : 'live'}`,
});

const waiting = way => way.waiting.map(device => ({ title: `Waits for ${device.name}`, about: 'offline: kept for its return', when: '', is: 'waits' }));

function acknowledgement(way) {
  if (!way.seq || !way.receipts.length || way.acknowledged === null) return [];
  const names = way.receipts.filter(r => way.acknowledged?.some(a => a.device === r.name && a.user === r.user)).map(r => r.name);
  if (!names.length) return [{ title: 'Acknowledged', about: 'not yet known', when: '', is: 'waits' }];
  return [{ title: 'Acknowledged', about: `by ${[...new Set(names)].join(', ')}: never sent there again`, when: '', is: 'done' }];
}

function note(way) {
  if (way.sentAt !== undefined && !way.repeated) return 'Measured by this page’s clock, from the POST on. What happens inside the node lies between two of its moments.';
  const known = way.receipts.length > 0 && latency(way, way.receipts[0]);
  if (!known) return 'It was sent from elsewhere, and two clocks need not agree: send one from here, and the page knows by how much.';
  return `It was sent from elsewhere: ≈ compares the node’s clock with this machine’s, known to ± ${duration(known.error)} by its answers to this page.`;
}
