// The code that does what was just done, in JavaScript and as curl: {title, js, curl, note?, secret?}. Of secrets, it only ever has
// a try-out token, whole; the panel shortens it on the screen. Keys and tokens that were typed in are never shown: names stand for them.

import { base, hasApiKey, tryOut } from './node.js';

/** A string of JavaScript in single quotes: JSON's escapes, with the two quotes changing places. */
const quote = text => `'${JSON.stringify(text).slice(1, -1).replace(/\\(.)|'/g, (all, escaped) => (all === "'" ? "\\'" : escaped === '"' ? '"' : all))}'`;

/** A word of a shell, whatever is in it. */
const word = text => `'${text.replaceAll("'", "'\\''")}'`;

/** A value as one writes it in JavaScript. */
export function literal(value) {
  if (typeof value === 'string') return quote(value);
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (value === null || typeof value !== 'object') return String(value);
  const fields = Object.entries(value).map(([name, v]) => `${/^[a-z_$][\w$]*$/i.test(name) && name !== '__proto__' ? name : `[${quote(name)}]`}: ${literal(v)}`);
  return fields.length ? `{ ${fields.join(', ')} }` : '{}';
}

const tokenOf = device => (tryOut ? device.token : 'YOUR_TOKEN');

function stream(device) {
  const query = new URLSearchParams({ device: device.name });
  if (device.topics.length) query.set('topics', device.topics.join(','));
  return `curl -N ${word(`${base}/push/sse?${query}`)} \\\n  -H ${word(`Authorization: Bearer ${tokenOf(device)}`)}`;
}

export const snippets = {
  connect: device => ({
    title: `Connected ${device.name} as ${device.user}`,
    secret: tokenOf(device),
    js: [
      `import { PushNode } from ${quote(`${base}/client.js`)};`,
      '',
      `const push = new PushNode(${quote(base)}, {`,
      `  token: async () => ${quote(tokenOf(device))},   // asks your login service`,
      `  device: ${quote(device.name)},`,
      ...(device.topics.length ? [`  topics: ${literal(device.topics)},`] : []),
      '});',
      "push.on('message', message => console.log(message.channel, message.seq, message.data));",
      "push.on('state', ({ state }) => console.log(state));",
    ].join('\n'),
    curl: stream(device),
    note: 'The client reconnects, goes on where it was and drops repeats by itself. curl reads the same as server-sent events.',
  }),

  topics: (device, tasks) => ({
    title: tasks.map(([verb, topic]) => `${verb === 'subscribe' ? 'Subscribed' : 'Unsubscribed'} ${device.name} ${verb === 'subscribe' ? 'to' : 'from'} ${topic}`).join(', '),
    secret: tokenOf(device),
    js: tasks.map(([verb, topic]) => `await push.${verb}(${quote(topic)});`).join('\n'),
    curl: stream(device),
    note: 'On the open connection. An event stream is opened anew with its topics.',
  }),

  away: device => ({
    title: `Took ${device.name} offline`,
    js: 'push.close();',
    curl: '^C',
    note: 'What is sent now is kept for it. A lost network or a closed lid comes to the same.',
  }),

  back: device => ({
    title: `Brought ${device.name} back`,
    secret: tokenOf(device),
    js: 'push.connect();',
    curl: stream(device),
    note: `The same device name: the node goes on where ${device.name} was.`,
  }),

  send: (request, answer) => {
    const key = hasApiKey();
    const body = JSON.stringify(request);
    const to = request.broadcast ? 'everybody' : request.topic !== undefined ? `topic ${request.topic}` : request.userId;
    return {
      title: `Sent to ${to}${!answer.ok ? ', and refused' : answer.body.repeated ? ', and recognised' : ''}`,
      js: [
        `const answer = await fetch(${quote(`${base}/collect`)}, {`,
        "  method: 'POST',",
        key ? "  headers: { Authorization: 'Bearer YOUR_API_KEY', 'Content-Type': 'application/json' }," : "  headers: { 'Content-Type': 'application/json' },",
        `  body: JSON.stringify(${literal(request)}),`,
        '});',
        'console.log(answer.status, await answer.json());',
      ].join('\n'),
      curl: [`curl ${word(`${base}/collect`)}`, ...(key ? ["  -H 'Authorization: Bearer YOUR_API_KEY'"] : []), `  -d ${word(body)}`].join(' \\\n'),
      note: `Answered ${answer.status}. It is for your server: paste it into a terminal or Node.js, and watch the devices.`,
    };
  },
};
