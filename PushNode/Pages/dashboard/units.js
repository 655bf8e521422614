'use strict';
// Numbers as people read them. Everything here takes null for "not known".

const whole = new Intl.NumberFormat('en');
const time = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
const none = '–';

export const count = n => n == null ? none : whole.format(n);
export const clock = t => time.format(t);
export const plural = (n, one, many = `${one}s`) => `${count(n)} ${n === 1 ? one : many}`;
export const list = names => names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;

// Three digits are as many as anybody compares.
const short = n => n >= 100 || Number.isInteger(n) ? String(Math.round(n)) : n >= 10 ? String(Math.round(n * 10) / 10) : String(Math.round(n * 100) / 100);

const steady = n => n.toFixed(n >= 100 ? 0 : n >= 10 ? 1 : 2);

function scaled(n, base, names) {
  let power = 0;
  for (; n >= base && power < names.length - 1; power++) n /= base;
  return short(n) + names[power];
}

export const bytes = n => n == null ? none : scaled(n, 1024, [' B', ' KiB', ' MiB', ' GiB', ' TiB']);
export const compact = n => n == null ? none : n < 10000 ? short(n) : scaled(n, 1000, ['', 'k', 'M', 'G']);
// As many digits in each second, so that a number that moves does not jump about.
export const milliseconds = n => n == null ? none : n < 1000 ? `${steady(n)} ms` : `${steady(n / 1000)} s`;
export const roughMilliseconds = n => n < 1000 ? `${short(n)} ms` : `${short(n / 1000)} s`;
export const cores = n => n == null ? none : n.toFixed(2);

export function duration(seconds) {
  if (seconds == null) return none;
  const s = Math.max(0, Math.floor(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min`;
  if (s < 86400) return `${Math.floor(s / 3600)} h ${Math.floor(s % 3600 / 60)} min`;
  return `${Math.floor(s / 86400)} d ${Math.floor(s % 86400 / 3600)} h`;
}
