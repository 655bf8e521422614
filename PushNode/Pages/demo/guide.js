// The four things to try, ticked off as they are done.

import { $ } from './dom.js';

/** @param step send, away, back or elsewhere. */
export function tick(step) {
  const item = $(`step-${step}`);
  if (item.classList.contains('done')) return;
  item.classList.add('done');
  item.querySelector('.unseen').textContent = 'Done: ';
}
