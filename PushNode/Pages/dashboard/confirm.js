'use strict';
// A button that asks before it acts, in its own place: the question and its two answers stand where the button was.

import { element, setText } from './dom.js';

// question(): the sentence; act(): does it, and resolves with a sentence about what has come of it, or '' to show the button again.
export function confirmed(label, { className = 'slim', yes, question, act, name }) {
  const button = element('button', { type: 'button', className, 'aria-label': name ?? label }, label);
  const asked = element('span', { className: 'question' });
  const go = element('button', { type: 'button', className: 'slim danger' }, yes);
  const cancel = element('button', { type: 'button', className: 'slim' }, 'Cancel');
  const panel = element('span', { className: 'confirm', role: 'group', hidden: true }, asked, go, cancel);
  const outcome = element('span', { className: 'outcome small', role: 'status' });

  let busy = false; // instead of disabled, which would take the focus away
  const show = open => {
    panel.hidden = !open;
    button.hidden = open;
  };
  button.addEventListener('click', () => {
    if (busy) return;
    setText(asked, question());
    panel.setAttribute('aria-label', question());
    setText(outcome, '');
    show(true);
    cancel.focus(); // the harmless answer: whoever types ahead does no harm
  });
  const back = () => {
    show(false);
    button.focus();
  };
  cancel.addEventListener('click', back);
  panel.addEventListener('keydown', event => event.key === 'Escape' && back());
  go.addEventListener('click', async () => {
    if (busy) return;
    busy = true;
    back();
    setText(outcome, '…');
    setText(outcome, await act());
    busy = false;
  });
  return { button, panel, outcome };
}
