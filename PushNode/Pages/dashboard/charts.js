'use strict';
// Line and area charts of the last five minutes, as SVG. Nothing here reads the layout while it draws: the width comes from a
// ResizeObserver, and what is read out stands in the caption, not in a box that would have to be placed.

import { element, setData, setHidden, setText } from './dom.js';
import { joined, span } from './history.js';
import { bytes, clock, compact, count, milliseconds, roughMilliseconds } from './units.js';

const svgNamespace = 'http://www.w3.org/2000/svg';
const left = 56, right = 10, top = 8, bottom = 20; // room for the labels, px
const minutes = [5, 4, 3, 2, 1, 0];

// How a chart's numbers are written, and which round numbers its axis may end at: those whose half is round too.
const decimals = n => { const power = 10 ** Math.floor(Math.log10(n)); return power * [1, 2, 4, 6, 10].find(step => step * power >= n); };
export const units = {
  count: { value: count, axis: compact, ceiling: n => decimals(Math.max(2, n)) },
  rate: { value: n => n == null ? '–' : `${count(n)}/s`, axis: compact, ceiling: n => decimals(Math.max(2, n)) },
  bytes: { value: bytes, axis: bytes, ceiling: n => 2 ** Math.ceil(Math.log2(Math.max(1024, n))) },
  milliseconds: { value: milliseconds, axis: roughMilliseconds, ceiling: n => decimals(Math.max(0.1, n)) },
};

export function svg(tag, attributes = {}) {
  const node = document.createElementNS(svgNamespace, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

const round = n => Math.round(n * 10) / 10;

// The lines through points, and the areas under them, with gaps where a value or a point is missing. x and y give pixels.
export function trace(points, valueOf, x, y, base) {
  let line = '', area = '', length = 0, lastX = 0, before = null;
  const end = () => {
    if (length === 1) line += 'm-1 0h2'; // a point that stands alone is a dot
    if (length) area += `L${lastX} ${base}Z`;
    length = 0;
  };
  for (const point of points) {
    const value = valueOf(point);
    if (length && (value == null || !joined(before, point))) end();
    if (value != null) {
      const px = round(x(point)), py = round(y(value));
      line += length ? `L${px} ${py}` : `M${px} ${py}`;
      area += length ? `L${px} ${py}` : `M${px} ${base}L${px} ${py}`;
      length++;
      lastX = px;
    }
    before = point;
  }
  end();
  return { line, area };
}

// The moment that is read out, in all charts at once; null: the latest.
export class Readout {
  #watching = [];
  moment = null;

  watch(changed) { this.#watching.push(changed); }

  set(moment) {
    if (this.moment === moment) return;
    this.moment = moment;
    for (const changed of this.#watching) changed();
  }
}

export class Chart {
  #history;
  #readout;
  #unit;
  #series;
  #hint;
  #plot;
  #picture;
  #cursor;
  #note;
  #when;
  #levels;
  #ages;
  #width = 0;
  #height = 0;
  #ceiling = 0;

  // series: [{ key, name, tone, area }], key being that of a point; hint(points): a sentence where there is nothing to see, else null.
  constructor(host, history, readout, { title, unit, series, hint }) {
    this.#history = history;
    this.#readout = readout;
    this.#unit = units[unit];
    this.#hint = hint;
    this.#picture = svg('svg', { 'aria-hidden': 'true' });
    this.#levels = [0, 0.5, 1].map(share => ({ share, line: this.#add('line', 'level'), label: this.#add('text', 'axis y') }));
    this.#ages = minutes.map(age => ({ age, line: this.#add('line', 'tick'), label: this.#add('text', 'axis x') }));
    for (const { age, label } of this.#ages) label.textContent = age === 0 ? 'now' : age === 5 ? '−5 min' : `−${age}`;
    this.#series = series.map(s => ({
      ...s,
      area: s.area ? this.#add('path', `area ${s.tone}`) : null,
      line: this.#add('path', `line ${s.tone}`),
      value: element('b', { className: 'value' }),
    }));
    this.#cursor = this.#add('line', 'cursor');
    for (const s of this.#series) s.dot = this.#add('circle', `dot ${s.tone}`, { r: 3.5 });

    const values = this.#series.map(s => element('span', { className: 'reading' },
      ...(series.length > 1 ? [element('i', { className: `key ${s.tone}` }), element('span', {}, s.name)] : []), s.value));
    this.#when = element('span', { className: 'when soft small' });
    this.#note = element('p', { className: 'hint soft small', hidden: true });
    this.#plot = element('div', {
      className: 'plot', tabIndex: 0, role: 'slider', 'aria-label': `${title}, last five minutes: arrow keys read one second after the other`,
      'aria-valuemin': -span / 1000, 'aria-valuemax': 0, 'aria-valuenow': 0, 'aria-valuetext': 'now',
    }, this.#picture, this.#note);
    host.append(element('figure', { className: 'card chart' },
      element('figcaption', {}, element('h3', {}, title), this.#when, element('span', { className: 'readings' }, ...values)), this.#plot));

    new ResizeObserver(([entry]) => this.#resize(entry.contentRect)).observe(this.#plot);
    readout.watch(() => this.#read());
    this.#listen();
  }

  draw() {
    if (!this.#width) return;
    const { points, end } = this.#history;
    const base = this.#height - bottom;
    let highest = 0;
    for (const s of this.#series) {
      for (const point of points) if (point[s.key] > highest) highest = point[s.key];
    }
    const ceiling = this.#unit.ceiling(highest || 0);
    if (ceiling !== this.#ceiling) {
      this.#ceiling = ceiling;
      for (const { share, label } of this.#levels) label.textContent = this.#unit.axis(ceiling * share);
    }
    const x = point => this.#x(point.at, end);
    const y = value => base - value / ceiling * (base - top);
    for (const s of this.#series) {
      const { line, area } = trace(points, point => point[s.key], x, y, base);
      s.line.setAttribute('d', line);
      s.area?.setAttribute('d', area);
    }
    const hint = points.length ? this.#hint?.(points) : 'Nothing has been measured yet.';
    setHidden(this.#note, !hint);
    if (hint) setText(this.#note, hint);
    this.#read();
  }

  #x(at, end) {
    return left + (1 - (end - at) / span) * (this.#width - left - right);
  }

  // The numbers in the caption: of the moment that is read out, or the latest.
  #read() {
    const { points, end } = this.#history;
    const moment = this.#readout.moment;
    const reads = moment !== null && end - moment <= span && points.length > 0;
    const point = reads ? this.#history.nearest(moment) : points.at(-1) ?? null;
    setText(this.#when, reads ? clock(moment) + (point ? '' : ', no data') : '');
    for (const s of this.#series) {
      setText(s.value, this.#unit.value(point?.[s.key]));
      const shown = reads && point?.[s.key] != null;
      s.dot.setAttribute('visibility', shown ? 'visible' : 'hidden');
      if (!shown) continue;
      const base = this.#height - bottom;
      s.dot.setAttribute('cx', round(this.#x(point.at, end)));
      s.dot.setAttribute('cy', round(base - point[s.key] / this.#ceiling * (base - top)));
    }
    this.#cursor.setAttribute('visibility', reads ? 'visible' : 'hidden');
    if (reads) setLine(this.#cursor, round(this.#x(point?.at ?? moment, end)), top, round(this.#x(point?.at ?? moment, end)), this.#height - bottom);
  }

  #resize({ width, height }) {
    if (width === this.#width && height === this.#height) return;
    this.#width = width;
    this.#height = height;
    this.#picture.setAttribute('viewBox', `0 0 ${width} ${height}`);
    const base = height - bottom;
    for (const { share, line, label } of this.#levels) {
      const y = round(base - share * (base - top));
      setLine(line, left, y, width - right, y);
      setPlace(label, left - 8, y + 4);
    }
    for (const { age, line, label } of this.#ages) {
      const x = round(this.#x(-age * 60_000, 0));
      setLine(line, x, base, x, base + 4);
      setPlace(label, age === 0 ? width - right + 6 : x, height - 3);
      setData(label, 'end', String(age === 0));
    }
    this.draw();
  }

  // A mouse that is over it, a finger that moves across it, and the arrow keys read it; the page still scrolls up and down under a finger.
  #listen() {
    const point = event => {
      const box = this.#plot.getBoundingClientRect();
      const share = (event.clientX - box.left - left) / (this.#width - left - right);
      this.#readout.set(this.#history.end - Math.round((1 - Math.min(1, Math.max(0, share))) * span));
    };
    const leave = () => this.#readout.set(null);
    this.#plot.addEventListener('pointermove', point);
    this.#plot.addEventListener('pointerdown', point);
    this.#plot.addEventListener('pointerleave', leave);
    this.#plot.addEventListener('pointercancel', leave);
    this.#plot.addEventListener('blur', leave);
    this.#plot.addEventListener('keydown', event => {
      const { end } = this.#history;
      const at = this.#readout.moment ?? end;
      const moment = {
        ArrowLeft: at - 1000, ArrowDown: at - 1000, ArrowRight: at + 1000, ArrowUp: at + 1000,
        PageDown: at - 30_000, PageUp: at + 30_000, Home: end - span, End: end,
      }[event.key];
      if (moment === undefined && event.key !== 'Escape') return;
      event.preventDefault();
      this.#readout.set(moment === undefined ? null : Math.min(end, Math.max(end - span, moment)));
      this.#say();
    });
  }

  // For who hears it: only when asked by a key, not with each second.
  #say() {
    const { end } = this.#history;
    const at = this.#readout.moment ?? end;
    const point = this.#history.nearest(at);
    const values = this.#series.map(s => `${this.#series.length > 1 ? `${s.name} ` : ''}${this.#unit.value(point?.[s.key])}`).join(', ');
    this.#plot.setAttribute('aria-valuenow', Math.round((at - end) / 1000));
    this.#plot.setAttribute('aria-valuetext', `${clock(at)}: ${point ? values : 'no data'}`);
  }

  #add(tag, name, attributes = {}) {
    const node = svg(tag, { class: name, ...attributes });
    this.#picture.append(node);
    return node;
  }
}

function setLine(line, x1, y1, x2, y2) {
  line.setAttribute('x1', x1);
  line.setAttribute('y1', y1);
  line.setAttribute('x2', x2);
  line.setAttribute('y2', y2);
}

function setPlace(label, x, y) {
  label.setAttribute('x', x);
  label.setAttribute('y', y);
}
