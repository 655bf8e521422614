'use strict';
// The dashboard of a node: what comes over the admin stream, shown; and what can be done about it.

import { Api } from './api.js';
import { Chart, Readout } from './charts.js';
import { $, element, setData, setHidden, setText } from './dom.js';
import { showHealth } from './health.js';
import { History } from './history.js';
import { KeyForm } from './key.js';
import { Nodes } from './nodes.js';
import { Sending } from './send.js';
import { AdminStream } from './stream.js';
import { clock, list } from './units.js';
import { UserLookup } from './user.js';
import { Verdict } from './verdict.js';

let status = null, frame = 0, retryAt = null, countdown = 0;

const silent = key => points => points.every(p => !p[key]);
const api = new Api();
const history = new History();
const readout = new Readout();
const verdict = new Verdict();
const nodes = new Nodes(api);
const user = new UserLookup(api, incarnation => status?.nodes.find(n => n.incarnation === incarnation)?.address ?? null);
new Sending(api, () => user.refresh());

const charts = [
  { title: 'Connections', unit: 'count', series: [{ key: 'connections', tone: 'accent', area: true }], hint: points => silent('connections')(points) ? 'Nobody is connected. pushnode listen --user alice is somebody.' : null },
  { title: 'Accepted', unit: 'rate', series: [{ key: 'accepted', tone: 'accent', area: true }], hint: points => silent('accepted')(points) ? 'No message for five minutes: send one below.' : null },
  { title: 'Delivered', unit: 'rate', series: [{ key: 'delivered', tone: 'accent', area: true }] },
  { title: 'Latency', unit: 'milliseconds', series: [{ key: 'p99', name: 'p99', tone: 'second' }, { key: 'p50', name: 'p50', tone: 'accent' }], hint: points => points.every(p => p.p50 == null) ? 'Measured when a message is delivered.' : null },
  { title: 'Replayed', unit: 'rate', series: [{ key: 'replayed', tone: 'accent', area: true }] },
  { title: 'Outbox', unit: 'bytes', series: [{ key: 'outbox', tone: 'accent', area: true }] },
  { title: 'Dropped', unit: 'rate', series: [{ key: 'dropped', tone: 'bad', area: true }] },
  { title: 'Refused', unit: 'rate', series: [{ key: 'refused', tone: 'bad', area: true }] },
].map(about => new Chart($('charts'), history, readout, about));


// Drawn when the browser is about to show something: not at all while the tab is hidden.
function draw() {
  if (frame) return;
  frame = requestAnimationFrame(() => {
    frame = 0;
    for (const chart of charts) chart.draw();
    if (!status) return;
    showHealth(status);
    nodes.show(status);
    showCollectors();
    setText($('served'), status.node);
    const self = status.nodes.find(n => n.self);
    setHidden($('try-it'), !self?.roles.includes('push'));
  });
}

// Sending and looking up is done by nodes that collect; this one may not be one of them.
function showCollectors() {
  const self = status.nodes.find(n => n.self);
  const here = !self || self.roles.includes('collect');
  setHidden($('doing'), !here);
  setHidden($('elsewhere'), here);
  if (here) return;
  const others = status.nodes.filter(n => n.state !== 'gone' && n.roles.includes('collect')).map(n => n.address);
  setText($('elsewhere-text'), others.length
    ? `${status.node} has no collect role. Open the dashboard of ${list(others)} (the address by which the nodes know ${others.length === 1 ? 'it' : 'them'}; yours may be another).`
    : `${status.node} has no collect role, and no node of the cluster has it: start one with the role collect.`);
}

const stream = new AdminStream(api, {
  history(h) {
    history.begin(h.points);
    draw();
  },
  status(s) {
    status = s;
    history.add(s.point);
    verdict.show(s); // also while hidden: the title of the tab says what is the matter
    draw();
  },
  state(name, about = {}) {
    retryAt = about.retryAt ?? null;
    setData($('link'), 'is', { live: 'good', lost: 'bad' }[name] ?? 'busy');
    setText($('link'), { live: 'live', lost: 'no data', connecting: 'connecting', refused: 'locked' }[name]);
    if (name === 'connecting') {
      tick();
      return;
    }
    setHidden($('lost'), name !== 'lost');
    setHidden($('board'), name === 'refused');
    setHidden($('forget'), !api.hasKey || name === 'refused');
    setData(document.body, 'stale', String(name === 'lost'));
    if (name === 'live') keyForm.hide();
    if (name === 'refused') refuse(about.answer);
    if (name === 'lost') {
      const seen = status ? ` What you see is from ${clock(Date.parse(status.time))}.` : '';
      setText($('lost-text'), `No data from ${status?.node ?? 'the node'}: ${about.why}.${seen}`);
    }
    tick();
  },
});

function tick() {
  clearTimeout(countdown);
  if ($('lost').hidden) return;
  const left = retryAt === null ? 0 : Math.max(0, Math.ceil((retryAt - performance.now()) / 1000));
  setText($('lost-count'), retryAt === null ? 'Trying again …' : `Trying again in ${left} s.`);
  countdown = setTimeout(tick, 250);
}

const keyForm = new KeyForm(api, () => stream.start());

function refuse(answer) {
  status = null;
  document.title = 'PushNode dashboard';
  user.forget();
  keyForm.ask(answer);
}

$('forget').addEventListener('click', () => {
  api.forget();
  stream.start();
});
$('try-now').addEventListener('click', () => stream.start());

stream.start();
