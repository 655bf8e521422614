// The page at /: puts its parts together.

import './acknowledgements.js';
import { showCode } from './code.js';
import { composer } from './composer.js';
import { Device } from './device.js';
import { $ } from './dom.js';
import { tick } from './guide.js';
import { collects, greet, tryOut } from './node.js';
import { snippets } from './snippets.js';
import { showWay } from './way.js';
import { ways } from './ways.js';

// Who uses which device stands in the address, so that a link opens the same story: #laptop=alice&phone=bob
const story = new URLSearchParams(location.hash.slice(1));
let first = null, second = null, compose = null;

const page = {
  devices: () => [first, second].filter(Boolean),
  me: () => first.user,
  did: (what, ...about) => showCode(snippets[what](...about)),
  choose: way => {
    showWay(way, { pin: true });
    $('way').scrollIntoView({ block: 'nearest' });
  },
  sent: (way, request, absent) => {
    showWay(way, { pin: false });
    tick('send');
    if (absent.length) tick('away');
  },
  changed: () => {
    compose?.tell();
    remember();
  },
};

function remember() {
  if (!tryOut) return;
  const hash = new URLSearchParams({ laptop: first.user, phone: second ? second.user : '' });
  history.replaceState(null, '', `#${hash}`);
}

function openSecond() {
  const user = story.get('phone') || first.user;
  story.delete('phone');
  second = new Device({ name: 'phone', user, token: first.token }, page);
  const close = second.element.querySelector('[data-part="remove"]');
  close.hidden = false;
  close.addEventListener('click', () => {
    second.remove();
    second = null;
    $('add').hidden = false;
    $('open-second').focus();
    remember();
  });
  $('add').before(second.element);
  $('add').hidden = true;
  if (tryOut || first.token) second.open();
}

ways.addEventListener('change', ({ detail: way }) => {
  const last = way.receipts.at(-1);
  if (last?.away) tick('back');
  if (last && !last.replayed && way.sentAt === undefined) setTimeout(() => way.sentAt === undefined && tick('elsewhere'), 2000);   // its answer may be on the way
});

greet();
first = new Device({ name: 'laptop', user: story.get('laptop') || 'alice' }, page);
$('add').before(first.element);
if (collects) compose = composer(page);
if (tryOut) {
  first.open();
  if (story.get('phone') !== '') openSecond();
}
$('open-second').addEventListener('click', () => {
  openSecond();
  second.element.querySelector('input:not([type=hidden])').focus();
});
