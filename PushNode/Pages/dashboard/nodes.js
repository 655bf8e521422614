'use strict';
// The nodes: a table, which the stylesheet makes cards of on a phone. Sorted, filtered when there are many, and drained from here.

import { svg, trace } from './charts.js';
import { confirmed } from './confirm.js';
import { $, element, keyedRows, setData, setHidden, setText } from './dom.js';
import { bytes, clock, cores, count, duration, milliseconds, plural } from './units.js';

const many = 8;             // nodes from which on there is a filter
const sparkSpan = 60_000;   // ms
const sparkWidth = 64, sparkHeight = 18;
const order = ['unreachable', 'gone', 'draining', 'up'];
const pills = { up: 'good', draining: 'busy', unreachable: 'bad', gone: 'idle' };

// What a column shows, and what it is sorted by; the biggest comes first where that is what one looks for.
const columns = [
  { name: 'Node', key: 'node', by: n => n.address },
  { name: 'State', key: 'state', by: n => order.indexOf(n.state) - (n.state === 'up' && n.ready ? 0.5 : 0) },
  { name: 'Roles', key: 'roles', by: n => n.roles.join() },
  { name: 'Uptime', key: 'uptime', number: true, by: n => n.uptime, text: n => duration(n.uptime) },
  { name: 'Connections', key: 'connections', number: true, by: n => n.connections, text: n => count(n.connections) },
  { name: 'Accepted/s', key: 'accepted', number: true, by: n => n.accepted, text: n => count(n.accepted) },
  { name: 'Delivered/s', key: 'delivered', number: true, by: n => n.delivered },
  { name: 'p99', key: 'p99', number: true, by: n => n.p99, text: n => milliseconds(n.p99) },
  { name: 'Memory', key: 'memory', number: true, by: n => n.memory, text: n => bytes(n.memory) },
  { name: 'CPU', key: 'cpu', number: true, by: n => n.cpu, text: n => n.cpu == null ? '–' : `${cores(n.cpu)} / ${n.cores}` },
  { name: 'Outbox', key: 'outbox', number: true, by: n => n.outbox, text: n => bytes(n.outbox) },
];

export class Nodes {
  #api;
  #status = null;
  #sorted = { column: columns[0], down: false };
  #heads = new Map();
  #show;

  constructor(api) {
    this.#api = api;
    $('nodes-head').append(...columns.map(column => this.#head(column)), element('th', { scope: 'col', role: 'columnheader' }, element('span', { className: 'unseen' }, 'Actions')));
    $('nodes-sort').append(...columns.map(column => element('option', { value: column.key }, column.name)));
    $('nodes-sort').addEventListener('change', () => this.#sort(columns.find(c => c.key === $('nodes-sort').value)));
    $('nodes-filter').addEventListener('input', () => this.#status && this.#draw());
    this.#show = keyedRows($('nodes-table'), () => new Row(node => this.#drain(node), () => this.#status));
    this.#mark();
  }

  show(status) {
    this.#status = status;
    this.#draw();
  }

  #draw() {
    const all = this.#status.nodes;
    const words = $('nodes-filter').value.trim().toLowerCase().split(/\s+/);
    setHidden($('nodes-filter-field'), all.length < many && words[0] === '');
    const shown = all.filter(node => { const text = searched(node); return words.every(word => text.includes(word)); });
    const { column, down } = this.#sorted;
    // What somebody is about to press does not move away.
    if (!document.activeElement?.closest('#nodes-table > tbody')) {
      shown.sort((a, b) => compare(column.by(a), column.by(b)) * (down ? -1 : 1) || compare(a.address, b.address));
      this.#places = new Map(shown.map((node, i) => [node.address, i]));
    } else {
      shown.sort((a, b) => (this.#places.get(a.address) ?? Infinity) - (this.#places.get(b.address) ?? Infinity));
    }
    this.#show(shown.map(node => [node.address, { node, now: Date.parse(this.#status.time) }]));
    setText($('nodes-count'), shown.length === all.length ? plural(all.length, 'node') : `${shown.length} of ${plural(all.length, 'node')}`);
    setHidden($('nodes-none'), shown.length > 0);
  }

  #places = new Map();

  #head(column) {
    const button = element('button', { type: 'button', className: 'sort' }, column.name);
    button.addEventListener('click', () => this.#sort(column));
    const head = element('th', { scope: 'col', role: 'columnheader', className: column.number ? 'number' : '' }, button);
    this.#heads.set(column, head);
    return head;
  }

  #sort(column) {
    this.#sorted = { column, down: this.#sorted.column === column ? !this.#sorted.down : Boolean(column.number) };
    this.#mark();
    if (this.#status) this.#draw();
  }

  #mark() {
    const { column, down } = this.#sorted;
    for (const [other, head] of this.#heads) {
      if (other === column) head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
      else head.removeAttribute('aria-sort');
    }
    $('nodes-sort').value = column.key;
  }

  async #drain(node) {
    const answer = await this.#api.ask('POST', node.self ? 'admin/drain' : `admin/drain?node=${encodeURIComponent(node.address)}`);
    return answer.ok ? 'It drains.' : `Not drained: ${answer.text}`;
  }
}

const searched = node => [node.address, node.state, node.ready ? 'not ready' : '', node.version, ...node.roles].join(' ').toLowerCase();
const addresses = new Intl.Collator('en', { numeric: true }); // node-2 stands before node-10

function compare(a, b) {
  if (a == null || b == null) return (a == null ? 1 : 0) - (b == null ? 1 : 0);
  return typeof a === 'string' ? addresses.compare(a, b) : a - b;
}

class Row {
  #value = null;
  #parts = {};
  #cells = new Map();
  #rates = [];

  constructor(drain, status) {
    const p = this.#parts;
    p.address = element('strong', { className: 'address' });
    p.self = element('span', { className: 'badge', 'data-is': 'accent', title: 'this page comes from it' }, 'this one');
    p.version = element('span', { className: 'soft tiny' });
    p.pill = element('span', { className: 'pill' });
    p.detail = element('span', { className: 'detail small' });
    p.roles = element('span', { className: 'roles' });
    p.rate = element('span');
    p.spark = svg('svg', { class: 'spark', viewBox: `0 0 ${sparkWidth} ${sparkHeight}`, 'aria-hidden': 'true' });
    p.line = svg('path', { class: 'line accent' });
    p.spark.append(p.line);
    p.drain = confirmed('Drain', {
      yes: 'Drain it', name: 'Drain',
      question: () => question(this.#value.node, status()),
      act: () => drain(this.#value.node),
    });

    const cells = columns.map(column => {
      const cell = element('td', { role: 'cell', className: column.number ? 'number' : '', 'data-label': column.name, 'data-is': column.key });
      this.#cells.set(column, cell);
      return cell;
    });
    cells[0].append(element('span', { className: 'name' }, p.address, p.self, p.version));
    cells[1].append(p.pill, p.detail);
    cells[2].append(p.roles);
    cells.find(c => c.dataset.is === 'delivered').append(p.spark, p.rate);
    const action = element('td', { role: 'cell', className: 'action', 'data-is': 'action' }, p.drain.button);
    const more = element('tr', { role: 'row', className: 'more' }, element('td', { role: 'cell', colSpan: cells.length + 1 }, p.drain.panel, p.drain.outcome));
    p.row = element('tr', { role: 'row' }, ...cells, action);
    this.node = element('tbody', { role: 'rowgroup' }, p.row, more);
  }

  update(value) {
    const { node, now } = this.#value = value;
    const p = this.#parts;
    setData(this.#parts.row, 'state', node.state);
    setText(p.address, node.address);
    setHidden(p.self, !node.self);
    setText(p.version, node.version ?? '');
    const unready = node.state === 'up' && node.ready;
    setData(p.pill, 'is', unready ? 'warn' : pills[node.state] ?? 'idle');
    setText(p.pill, unready ? 'not ready' : node.state === 'gone' ? `gone since ${clock(Date.parse(node.since))}` : node.state);
    setText(p.detail, node.detail ?? (unready ? node.ready : ''));
    setText(p.roles, node.roles.join(' '));
    for (const [column, cell] of this.#cells) if (column.text) setText(cell, column.text(node));
    setText(p.rate, count(node.delivered));
    this.#spark(node.delivered, now);
    if (p.drain.button.getAttribute('aria-label') !== `Drain ${node.address}`) p.drain.button.setAttribute('aria-label', `Drain ${node.address}`);
    setData(this.#parts.row, 'drains', String(node.state === 'up'));
  }

  // The last minute of what it delivers, since the page was opened.
  #spark(delivered, at) {
    const rates = this.#rates;
    if (rates.at(-1)?.at === at) return; // drawn again for another reason
    rates.push({ at, delivered });
    while (rates[0].at < at - sparkSpan) rates.shift();
    const highest = Math.max(1, ...rates.map(r => r.delivered ?? 0));
    const { line } = trace(rates, r => r.delivered, r => sparkWidth - 1 - (at - r.at) / sparkSpan * (sparkWidth - 2), v => sparkHeight - 1.5 - v / highest * (sparkHeight - 3), sparkHeight);
    this.#parts.line.setAttribute('d', line);
  }
}

// What draining this one means, said before it is done.
function question(node, status) {
  const others = status.nodes.filter(n => n.state === 'up' && n.address !== node.address);
  const last = node.roles.filter(role => !others.some(n => n.roles.includes(role)));
  const lost = others.length === 0 ? ' It is the only node: nothing serves afterwards.'
    : last.length ? ` It is the only one with the role ${last.join(', ')}.` : '';
  return `Drain ${node.address}? Its clients go to other nodes, then the process ends.${lost}`;
}
