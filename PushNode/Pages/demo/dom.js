// Elements are made by script and never from markup, so that whatever a message, a name or a label contains is shown as text.

export const $ = id => document.getElementById(id);

/** An element: attributes by name, `text` for what it says, functions as listeners (`click: () => …`); children behind. */
export function el(tag, { text, ...attributes } = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== undefined && value !== null && value !== false) element.setAttribute(name, value);
  }
  if (text !== undefined) element.textContent = text;
  element.append(...children.filter(Boolean));
  return element;
}

/** How something is, as a pill of the theme. */
export function pill(element, is, text) {
  element.dataset.is = is;
  if (element.textContent !== text) element.textContent = text;   // a screen reader reads it again when it is set again
}

/** Milliseconds as people read them: 3.4 ms, 120 ms, 2.1 s, 3 min. */
export function duration(ms) {
  const size = Math.abs(ms);
  if (size < 99.95) return `${ms.toFixed(1)} ms`;
  if (size < 999.5) return `${Math.round(ms)} ms`;
  if (size < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  return size < 3_600_000 ? `${Math.round(ms / 60_000)} min` : `${Math.round(ms / 3_600_000)} h`;
}

/** A time of day, 24 hours of it. */
export const timeOfDay = ms => new Date(ms).toLocaleTimeString([], { hourCycle: 'h23' });

/** What a message says: the text alone if that is all there is, else its JSON. */
export function said(data) {
  const keys = data && typeof data === 'object' && !Array.isArray(data) ? Object.keys(data) : [];
  if (keys.length === 1 && typeof data.text === 'string') return { text: data.text, json: false };
  const json = JSON.stringify(data, null, 1), line = json.replace(/\n\s*/g, ' ');   // a line break within a string is escaped
  return { text: line.length <= 80 ? line : json, json: true };
}
