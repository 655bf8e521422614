'use strict';

const $ = id => document.getElementById(id);
const tryOut = document.body.dataset.mode === 'tryout';
const seen = new Map();   // channel -> last seq shown, so that a repeated message shows once
const kept = 200;         // messages on the page
let socket = null, wanted = false, failures = 0, own = null, epoch = null, timer = 0;

function show(text, kind = '') {
  $('state').textContent = text;
  $('state').className = kind;
}

async function post(path, body, headers = {}) {
  const answer = await fetch(path, { method: 'POST', headers: { 'Content-Type': 'application/json', ...headers }, body: JSON.stringify(body) });
  const json = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(json.detail || `${answer.status} ${answer.statusText}`);
  return json;
}

const topics = () => $('topics').value.split(/[\s,]+/).filter(Boolean);

async function token() {
  return tryOut ? (await post('auth/token', { userId: $('user').value.trim(), topics: ['*'] })).token : $('token').value.trim();
}

async function connect() {
  show('connecting …');
  const query = new URLSearchParams({ device: 'page', ack: 'manual' });
  if (topics().length) query.set('topics', topics().map(t => seen.has('topic:' + t) ? `${t}:${seen.get('topic:' + t)}` : t).join(','));
  if (seen.has('all')) query.set('all', seen.get('all'));
  if (epoch) query.set('epoch', epoch);
  let bearer;
  try { bearer = await token(); } catch (error) { return again(error.message); }
  if (!wanted) return;
  const url = new URL('push?' + query, location.href);
  url.protocol = url.protocol.replace('http', 'ws');
  const current = socket = new WebSocket(url, ['pushnode.v1', 'bearer.' + bearer]);
  current.onmessage = event => current === socket && receive(JSON.parse(event.data));
  current.onclose = event => current === socket && closed(event);
}

function receive(frame) {
  if (frame.type === 'welcome') {
    if (epoch !== frame.epoch) seen.clear();
    epoch = frame.epoch;
    own = 'user:' + frame.user;
    failures = 0;
    show(`connected as ${frame.user}`, 'good');
  } else if (frame.type === 'message') {
    if (!frame.seq || frame.seq > (seen.get(frame.channel) ?? 0)) list(frame);
    if (frame.seq) {
      seen.set(frame.channel, Math.max(frame.seq, seen.get(frame.channel) ?? 0));
      const channel = frame.channel === own ? undefined : frame.channel;
      socket.send(JSON.stringify({ type: 'ack', channel, seq: frame.seq }));
    }
  } else if (frame.type === 'live') {
    seen.set(frame.channel, Math.max(frame.seq, seen.get(frame.channel) ?? 0));
  } else if (frame.type === 'reset') {
    seen.delete(frame.channel);
  } else if (frame.type === 'error') {
    show(frame.message, 'bad');
  }
}

// Text only: whatever a message contains is shown, never run.
function list(message) {
  const item = document.createElement('li');
  const about = document.createElement('small');
  const data = document.createElement('pre');
  const facts = [new Date(message.time).toLocaleTimeString(), message.channel, message.seq ? '#' + message.seq : 'ephemeral', message.event];
  about.textContent = facts.filter(Boolean).join(' · ');
  data.textContent = JSON.stringify(message.data, null, 1);
  item.append(about, data);
  $('messages').prepend(item);
  while ($('messages').children.length > kept) $('messages').lastChild.remove();
}

function closed(event) {
  socket = null;
  const final = [1008, 1009, 4400, 4401, 4403].includes(event.code);
  if (final) disconnect(event.reason || `refused (${event.code})`, 'bad');
  else again(event.reason || 'the connection was lost');
}

function again(why) {
  if (!wanted) return;
  const wait = Math.random() * Math.min(30000, 500 * 2 ** failures++);
  show(`${why}; trying again`, 'bad');
  timer = setTimeout(connect, wait);
}

function disconnect(text = 'not connected', kind = '') {
  wanted = false;
  clearTimeout(timer);
  const old = socket;
  socket = null;
  old?.close(1000);
  $('connect').textContent = 'Connect';
  show(text, kind);
}

$('receive').onsubmit = event => {
  event.preventDefault();
  if (wanted) return disconnect();
  wanted = true;
  failures = 0;
  epoch = null;
  seen.clear();
  $('messages').replaceChildren();
  $('connect').textContent = 'Disconnect';
  connect();
};

$('target').onchange = () => { $('name-label').hidden = $('target').value === 'broadcast'; };

$('send').onsubmit = async event => {
  event.preventDefault();
  const target = $('target').value, text = $('data').value, key = $('key').value;
  let data;
  try { data = JSON.parse(text); } catch { data = { text }; }
  const body = { [target]: target === 'broadcast' ? true : $('name').value.trim(), data };
  try {
    $('answer').textContent = JSON.stringify(await post('collect', body, key ? { Authorization: 'Bearer ' + key } : {}));
    $('answer').className = '';
  } catch (error) {
    $('answer').textContent = error.message;
    $('answer').className = 'bad';
  }
};
