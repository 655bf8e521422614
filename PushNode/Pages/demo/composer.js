// Sends to /collect, and shows what it answers.

import { $, duration, el } from './dom.js';
import { collect, tryOut, useApiKey } from './node.js';
import { ways } from './ways.js';

/** @param page {devices(), me(), did(what, …), sent(way)}. */
export function composer(page) {
  const form = $('send'), answer = $('answer');
  const choice = name => form.elements[name].value;

  function target() {
    const to = choice('to');
    return to === 'all' ? { broadcast: true } : to === 'topic' ? { topic: $('topic').value.trim() } : { userId: to === 'me' ? page.me() : $('user').value.trim() };
  }

  function tell() {
    const { userId, topic } = target();
    $('user-field').hidden = choice('to') !== 'user';
    $('topic-field').hidden = choice('to') !== 'topic';
    $('target-hint').textContent = userId !== undefined ? `Every device of ${userId || 'this user'} gets it, also one that is away now.`
      : topic !== undefined ? `Every device that has subscribed to ${topic || 'it'} gets it.` : 'Everybody gets it; devices that are away, on their return.';
    $('own-id').disabled = $('ephemeral').checked;   // nothing of it is kept, so no repeat is recognised
    $('data-label').textContent = choice('kind') === 'json' ? 'Message, any JSON' : 'Message';
  }

  /** What is to be sent, or null when the JSON is none; says so at the field. */
  function read() {
    const text = $('data').value;
    let data = { text }, problem = '';
    if (choice('kind') === 'json')
      try { data = JSON.parse(text); } catch (error) { problem = `This is no JSON: ${error.message}`; }
    $('data').setAttribute('aria-invalid', String(problem !== ''));
    $('data-problem').textContent = problem;
    $('data-problem').hidden = !problem;
    if (problem) {
      $('data').focus();
      return null;
    }
    const label = $('event').value.trim(), id = $('own-id').value.trim(), ephemeral = $('ephemeral').checked;
    return { ...target(), ...(label && { event: label }), ...(ephemeral ? { ephemeral } : id && { id }), data };
  }

  async function send(request) {
    const absent = page.devices().filter(d => d.isOpen && !d.isLive && d.takes(request) && !request.ephemeral);
    useApiKey($('key').value);
    $('submit').disabled = true;
    try {
      const result = await collect(request);
      page.did('send', request, result);
      if (result.ok) page.sent(ways.answered(request, result, absent), request, absent);
      show(request, result);
    } catch {
      show(request, { status: 'no answer', body: { detail: 'The node did not answer. It is not promised, though it may turn out to be stored: with an id of your own you may send it again.' } });
    } finally {
      $('submit').disabled = false;
    }
  }

  function show(request, { ok, status, body, sentAt, answeredAt }) {
    if (status === 401 || status === 403) $('key-field').hidden = false;
    const words = !ok ? (body.detail ?? 'It was refused.')
      : body.repeated ? 'Recognised by its id: it was sent before, so nothing is sent again.'
      : request.ephemeral ? 'Handed to who is connected, and not stored.' : 'Stored, and promised.';
    const facts = !ok ? body.code : [body.seq && `seq ${body.seq}`, `id ${body.id}`, duration(answeredAt - sentAt)].filter(Boolean).join(' · ');
    answer.replaceChildren(
      el('span', { class: 'badge', 'data-is': ok ? 'good' : 'bad', text: status }),
      el('span', { class: ok ? 'words' : 'words bad', text: words }),
      facts && el('span', { class: 'facts mono', text: facts }));
  }

  form.addEventListener('submit', event => {
    event.preventDefault();
    const request = read();
    if (request?.userId === '') answer.textContent = 'To whom? Connect, or name a user.';
    else if (request) send(request);
  });
  form.addEventListener('input', tell);
  $('data').addEventListener('keydown', event => {
    if (event.key !== 'Enter' || event.isComposing || !(event.ctrlKey || event.metaKey || (choice('kind') === 'text' && !event.shiftKey))) return;
    event.preventDefault();
    form.requestSubmit();
  });
  for (const radio of form.elements.kind)
    radio.addEventListener('change', () => {
      // What is there goes on in the other form, where it can.
      if (choice('kind') === 'json') $('data').value = JSON.stringify({ text: $('data').value });
      else try { $('data').value = JSON.parse($('data').value).text ?? $('data').value; } catch { /* it stays as it is */ }
    });

  $('key-field').hidden = tryOut;
  tell();
  return { tell };
}
