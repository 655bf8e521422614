// The code panel: the last thing that was done, as JavaScript or as curl.

import { $, el } from './dom.js';

const tabs = [$('tab-js'), $('tab-curl')];
let current = null;

/** Shows a snippet in both languages. */
export function showCode(snippet) {
  current = snippet;
  $('code-title').textContent = snippet.title;
  $('code-note').textContent = snippet.note ?? '';
  $('code-empty').hidden = true;
  $('code-panel').hidden = false;
  $('copy').disabled = false;
  draw();
}

const language = () => (tabs[0].getAttribute('aria-selected') === 'true' ? 'js' : 'curl');

function draw() {
  if (!current) return;
  const code = current[language()];
  const shown = current.secret?.length > 40 ? code.replaceAll(current.secret, `${current.secret.slice(0, 8)}…${current.secret.slice(-4)}`) : code;
  $('code').replaceChildren(...colour(shown));
}

/** Strings, remarks and a few words in colours; everything else as it is. */
function* colour(code) {
  const marks = /('(?:\\.|[^'\\\n])*')|(\/\/[^\n]*)|\b(import|from|const|await|async|new|curl)\b/g;
  let end = 0;
  for (const match of code.matchAll(marks)) {
    yield code.slice(end, match.index);
    yield el('span', { class: match[1] ? 'string' : match[2] ? 'remark' : 'word', text: match[0] });
    end = match.index + match[0].length;
  }
  yield code.slice(end);
}

function select(tab) {
  for (const t of tabs) {
    t.setAttribute('aria-selected', String(t === tab));
    t.tabIndex = t === tab ? 0 : -1;   // one stop for the keyboard; the arrows go on from there
  }
  $('code-panel').setAttribute('aria-labelledby', tab.id);
  draw();
}

for (const tab of tabs) {
  tab.addEventListener('click', () => select(tab));
  tab.addEventListener('keydown', event => {
    if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
    const other = tabs[1 - tabs.indexOf(tab)];
    select(other);
    other.focus();
  });
}

$('copy').addEventListener('click', async () => {
  const text = current[language()];
  let done = true;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    done = copyTheOldWay(text);   // there is no clipboard on a page that is not from https or this machine
  }
  $('copy').textContent = done ? 'Copied' : 'Not copied';
  setTimeout(() => { $('copy').textContent = 'Copy'; }, 1500);
});

function copyTheOldWay(text) {
  const area = el('textarea', { class: 'unseen', 'aria-hidden': 'true' });
  area.value = text;
  document.body.append(area);
  area.select();
  const done = document.execCommand('copy');
  area.remove();
  $('copy').focus();
  return done;
}
