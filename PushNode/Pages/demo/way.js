// "Its way": what is known about one message, step by step, with the times this page can honestly know. Everything that happened
// here is measured by one clock, this page's; what happened elsewhere is said to be between two of its moments, or by whose clock it is.

import { here } from './clock.js';
import { $, duration, el, timeOfDay } from './dom.js';
import { wall } from './node.js';
import { ways } from './ways.js';

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
    span.style.left = `${Math.min(99, 100 * from / end)}%`;
    span.style.width = `${Math.max(1, 100 * (ms - from) / end)}%`;
    bar.append(span);
  }
  return el('li', { 'data-is': is },
    el('span', { class: 'title', text: title }), el('span', { class: 'about', text: about }), el('span', { class: 'when', text: when }), bar);
}

function stepsFromHere(way) {
  const since = at => at - way.sentAt;
  const answered = since(way.answeredAt);
  const stored = way.seq
    ? { title: 'Stored', about: `on disk as seq ${way.seq}, before it is answered`, when: `within ${duration(answered)}`, from: 0, ms: answered, is: 'done' }
    : { title: 'Not stored', about: 'ephemeral: for who is connected now', when: '', is: 'off' };
  const nodes = [...new Set(way.receipts.map(r => r.node).filter(Boolean))];
  const first = way.receipts.length ? Math.min(...way.receipts.map(r => since(r.at))) : undefined;
  return [
    { title: 'Sent', about: 'POST /collect, by this page', when: '0 ms', ms: 0, is: 'done' },
    stored,
    { title: `Answered ${way.status}`, about: way.seq ? 'from here on it is promised' : 'handed on', when: `+${duration(answered)}`, ms: answered, is: 'done' },
    first !== undefined && { title: 'Dispatched', about: nodes.length ? `to ${nodes.join(', ')}, which holds the connection${way.receipts.length > 1 ? 's' : ''}` : 'to the node that holds the connection', when: `within ${duration(first)}`, from: 0, ms: first, is: 'done' },
    ...way.receipts.map(r => arrival(r, `+${duration(since(r.at))}`, since(r.at))),
    ...waiting(way),
    ...acknowledgement(way),
    ...way.repeats.map(r => ({ title: 'Sent again', about: `the same id: answered ${r.status}, nothing delivered twice`, when: `+${duration(since(r.at))}`, is: 'off' })),
  ].filter(Boolean);
}

function stepsFromElsewhere(way) {
  const first = way.receipts[0];
  const accepted = way.time && here(way.time);
  const steps = [{ title: 'Accepted', about: 'sent by another producer; the node’s clock says', when: way.time ? timeOfDay(way.time) : '', is: 'done', ms: accepted ? 0 : undefined }];
  if (way.seq) steps.push({ title: 'Stored', about: `on disk as seq ${way.seq}, before it was answered`, when: '', is: 'done' });
  for (const r of way.receipts) {
    const ms = accepted && Math.max(0, wall(r.at) - accepted.at);
    const when = accepted ? `≈ +${duration(ms)}` : r === first ? timeOfDay(wall(r.at)) : `${duration(r.at - first.at)} later`;
    steps.push(arrival(r, when, accepted ? ms : undefined));
  }
  return [...steps, ...acknowledgement(way)];
}

const arrival = (r, when, ms) => ({
  title: `Received on ${r.name}`, is: r.replayed ? 'late' : 'done', when, ms,
  about: `${r.transport ?? 'unknown'}, ${r.away ? 'while away: it came on return' : r.replayed ? 'from the store' : 'live'}`,
});

const waiting = way => way.waiting.map(device => ({ title: `Waits for ${device.name}`, about: 'offline; it is kept, and comes first on return', when: '', is: 'waits' }));

function acknowledgement(way) {
  if (!way.seq || !way.receipts.length || way.acknowledged === null) return [];
  const names = way.receipts.filter(r => way.acknowledged?.some(a => a.device === r.name && a.user === r.user)).map(r => r.name);
  if (!names.length) return [{ title: 'Acknowledged', about: 'not yet known', when: '', is: 'waits' }];
  return [{ title: 'Acknowledged', about: `by ${[...new Set(names)].join(', ')}: never sent there again`, when: '', is: 'done' }];
}

function note(way) {
  if (way.sentAt !== undefined && !way.repeated) return 'Measured by this page’s clock, from the POST on. What happens inside the node lies between two of its moments.';
  const accepted = way.time && here(way.time);
  if (!accepted) return 'It was sent from elsewhere, and two clocks need not agree: send one from here, and the page knows by how much.';
  return `It was sent from elsewhere: ≈ compares the node’s clock with this machine’s, known to ± ${duration(accepted.error)} from the messages sent here.`;
}
