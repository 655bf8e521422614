'use strict';
// Elements by hand. Every text goes in as text: whatever a name, a message or an error contains is shown, never run.

export const $ = id => document.getElementById(id);

export function element(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in node) node[name] = value;
    else node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

// Writes only what has changed: a text that stays costs the browser nothing.
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export function setData(node, name, value) {
  if (node.dataset[name] !== value) node.dataset[name] = value;
}

export function setHidden(node, hidden) {
  if (node.hidden !== hidden) node.hidden = hidden;
}

// A list whose rows stay the same elements for as long as their key is there, so that focus, selection and scrolling outlive an update.
// A table's head stays on top. create(key) makes { node, update(value) }; the function returned takes [key, value] pairs in the order in which they are to stand.
export function keyedRows(parent, create) {
  const rows = new Map();
  return pairs => {
    const wanted = new Set(pairs.map(([key]) => key));
    for (const [key, row] of rows) {
      if (wanted.has(key)) continue;
      row.node.remove();
      rows.delete(key);
    }
    let next = parent.tHead ? parent.tHead.nextElementSibling : parent.firstElementChild;
    for (const [key, value] of pairs) {
      let row = rows.get(key);
      if (!row) rows.set(key, row = create(key));
      row.update(value);
      if (row.node === next) next = next.nextElementSibling;
      else parent.insertBefore(row.node, next);
    }
  };
}
