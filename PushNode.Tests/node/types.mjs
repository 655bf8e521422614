// Compiles a program that uses the client library as its types say, and one that does not. usage: node types.mjs FOLDER ; prints what is wrong as JSON
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ts from 'typescript';

const library = process.argv[2];
const good = `
import { PushNode, type Message, type StateEvent } from '${library}/client.js';
interface Order { total: number }
const push = new PushNode('https://push.example.com', { token: async () => 'x', topics: ['news'], ack: 'manual', storage: null });
const off: () => void = push.on('message', (message: Message) => message.seq?.toFixed());
push.on<Order>('topic:orders', async message => { const total: number = message.data.total; return total; });
push.on('event:paid', ({ data, topic }) => [data, topic]);
push.on('state', ({ state, retryInMs }: StateEvent) => state === 'offline' && retryInMs);
push.on('error', ({ code, message }) => code + message);
push.on('reset', ({ channel, epoch }) => channel + epoch);
export const all: [string, string | null, string, string | null, string[], Promise<void>, Promise<void>] =
  [push.state, push.user, push.device, push.transport, push.topics, push.subscribe('a'), push.unsubscribe('a')];
off(); push.connect(); push.close();
`;
const bad = [
  `new PushNode('', {});`, `new PushNode('', { token: 1 });`, `new PushNode('', { token: '', ack: 'never' });`,
  `new PushNode('', { token: '' }).on('mesage', () => {});`, `new PushNode('', { token: '' }).state = 'live';`, `new PushNode('', { token: '' }).on('state', ({ nonsense }) => nonsense);`,
];
const folder = mkdtempSync(join(tmpdir(), 'types-'));

// All in one program: what takes the time are the types of the language and of browsers.
function compile(texts) {
  const files = texts.map((text, i) => {
    const file = join(folder, `${i}.ts`);
    writeFileSync(file, text);
    return file;
  });
  const options = { strict: true, noEmit: true, target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler, types: [] };
  const program = ts.createProgram([...files, join(library, 'client.d.ts')], options);
  return program.getRootFileNames().map(name => program.getSourceFile(name)).map(file =>
    [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map(found => ts.flattenDiagnosticMessageText(found.messageText, '\n')));
}

try {
  const results = compile([good, ...bad.map(line => `import { PushNode } from '${library}/client.js';\n${line}`)]);
  const wrong = [...results[0], ...results.at(-1)];
  bad.forEach((line, i) => results[i + 1].length || wrong.push(`compiles: ${line}`));
  // What the library has and what its types say it has.
  const declared = [...readFileSync(join(library, 'client.d.ts'), 'utf8').matchAll(/^ {2}(?:readonly )?(\w+)(?:[:(<])/gm)].map(([, name]) => name);
  const { PushNode } = await import(`${library}/client.js`);
  const push = new PushNode('http://127.0.0.1:1', { token: 'x' });
  push.close();
  for (const name of [...Object.keys(push), ...Object.getOwnPropertyNames(PushNode.prototype)]) if (!declared.includes(name)) wrong.push(`undeclared: ${name}`);
  console.log(JSON.stringify(wrong));
} finally {
  rmSync(folder, { recursive: true });
}
