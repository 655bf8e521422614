'use strict';
// Checks wsload against a hand-written server (node built-ins only), so that every byte on the wire is chosen here.
//   mkdir -p .work && gcc -O2 -Wall -o .work/wsload wsload.c && node wsload_test.js
const http = require('http'), net = require('net'), crypto = require('crypto'), assert = require('assert');
const { spawn } = require('child_process');
const bin = process.argv[2] || '.work/wsload';
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const now = () => process.hrtime.bigint();           // CLOCK_MONOTONIC on Linux, as wsload's
const accept = k => crypto.createHash('sha1').update(k + GUID).digest('base64');

function frame(op, data, fin = true, forceLen = 0) {
  data = Buffer.from(data);
  let h;
  if (data.length < 126 && !forceLen) h = Buffer.from([0, data.length]);
  else if (data.length < 65536 && forceLen !== 64) { h = Buffer.alloc(4); h[1] = 126; h.writeUInt16BE(data.length, 2); }
  else { h = Buffer.alloc(10); h[1] = 127; h.writeBigUInt64BE(BigInt(data.length), 2); }
  h[0] = (fin ? 0x80 : 0) | op;
  return Buffer.concat([h, data]);
}
// unmasks client frames; calls back (op, payload); throws when a frame is not masked
function parser(cb) {
  let b = Buffer.alloc(0);
  return d => {
    b = Buffer.concat([b, d]);
    for (;;) {
      if (b.length < 2) return;
      assert(b[1] & 0x80, 'client frames must be masked');
      let l = b[1] & 127, h = 2;
      if (l === 126) { if (b.length < 4) return; l = b.readUInt16BE(2); h = 4; }
      if (b.length < h + 4 + l) return;
      const m = b.subarray(h, h + 4), p = Buffer.from(b.subarray(h + 4, h + 4 + l));
      for (let i = 0; i < l; i++) p[i] ^= m[i & 3];
      const op = b[0] & 15;
      b = b.subarray(h + 4 + l);
      cb(op, p);
    }
  };
}
function wsServer(onconn, onpost) {
  const s = http.createServer((q, r) => {
    const c = []; q.on('data', d => c.push(d)); q.on('end', () => onpost(q, r, Buffer.concat(c)));
  });
  s.keepAliveTimeout = 60000;
  s.on('upgrade', (q, sock) => {
    sock.setNoDelay(true); sock.on('error', () => {});
    sock.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept(q.headers['sec-websocket-key'])}\r\n\r\n`);
    onconn(sock, q);
  });
  return new Promise(ok => s.listen(0, '127.0.0.1', () => ok(s)));
}
function run(args) {
  return new Promise((ok, no) => {
    const p = spawn(bin, args.map(String), { stdio: ['ignore', 'pipe', 'ignore'] });
    let out = '';
    const t = setTimeout(() => p.kill('SIGKILL'), 60000);
    p.stdout.on('data', d => out += d);
    p.on('close', () => { clearTimeout(t); try { ok(JSON.parse(out)); } catch (e) { no(new Error('bad output: ' + out)); } });
  });
}
const sleep = ms => new Promise(r => setTimeout(r, ms));
let n = 0;
function pass(name, extra) { console.log(`ok ${++n} ${name}${extra ? '  ' + extra : ''}`); }

(async () => {
  { // all frame forms, dripped in odd pieces, pings inside a fragmented message; pongs must echo the ping's payload
    let pongs = 0, first = 0, bad = 0, paths = new Set(), protos = new Set(), hdr = 0;
    const s = await wsServer(async (sock, q) => {
      paths.add(q.url); protos.add(q.headers['sec-websocket-protocol']); if (q.headers['x-a'] === 'b') hdr++;
      sock.on('data', parser((op, p) => {
        if (op === 10) { pongs++; if (p.toString() !== 'pp') bad++; }
        if (op === 1) { if (p.toString() === 'hi\x1e') first++; else bad++; }
      }));
      await sleep(700);
      const ts = () => `{"ts":${now()},"pad":"`;
      const all = Buffer.concat([
        frame(1, ts() + 'a"}'), frame(1, ts() + 'x'.repeat(300) + '"}'), frame(2, ts() + 'y'.repeat(70000) + '"}'),
        frame(1, ts() + 'short but 64-bit"}', true, 64), frame(1, ts() + 'short but 16-bit"}', true, 16),
        frame(1, `{"ts"`, false), frame(9, 'pp'), frame(0, `:${now()},`, false), frame(9, 'pp'), frame(0, '"z":1}'),
        frame(1, ''), frame(1, 'no stamp, its=not one'), frame(1, `{\\"ts\\":${now()}}`), frame(1, `"\\u0022ts\\u0022:${now()}"`), frame(1, `ts=${now()}`)]);
      let o = 0, k = 0; const sizes = [1, 2, 3, 7, 130, 5, 1, 4096, 65536, 11];
      while (o < all.length && k < 10000) { const z = o < 500 || o > 70400 ? sizes[k % 6] : sizes[k % 10]; sock.write(all.subarray(o, o + z)); o += z; if (++k % 3 === 0) await sleep(1); }
    });
    const tok = require('path').join(require('os').tmpdir(), 'wsload_tok.' + process.pid);
    require('fs').writeFileSync(tok, Array.from({ length: 20 }, (_, i) => 'tok' + i).join('\n') + '\n');
    const r = await run(['--port', s.address().port, '--conns', 20, '--path', '/c/%d?t=%s', '--subprotocol', 'p1', '--header', 'X-A: b', '--first', 'hi\\x1e', '--settle', 0.3, '--duration', 3, '--tokens', tok]);
    require('fs').unlinkSync(tok);
    assert.equal(r.ready, 20); assert.equal(r.failed + r.lost, 0);
    assert.equal(r.recv, 20 * 11); assert.equal(r.e2e.n, 20 * 9); assert.equal(r.recv_without_ts, 20 * 2);
    assert.equal(pongs, 40); assert.equal(first, 20); assert.equal(bad, 0); assert.equal(hdr, 20);
    assert.equal(paths.size, 20); assert(protos.has('p1')); assert([...paths][0].startsWith('/c/0?t=tok0'));
    s.close(); s.closeAllConnections(); pass('frames, fragments, pings, templates');
  }
  { // refused upgrades, wrong accept, server that closes: failures and losses are counted
    let i = 0;
    const s = net.createServer(c => { const k = i++; c.on('error', () => {}); c.once('data', d => {
      if (k % 4 === 0) c.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n');
      else if (k % 4 === 1) c.write('HTTP/1.1 101 X\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: AAAA\r\n\r\n');
      else { const h = Buffer.concat([Buffer.from(`HTTP/1.1 101 X\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept('dGhlIHNhbXBsZSBub25jZQ==')}\r\n\r\n`), frame(1, `ts=${now()}`)]);
        c.write(h); if (k % 4 === 2) setTimeout(() => c.write(frame(8, Buffer.from([3, 0xe8]))), 300); }
    }); });
    await new Promise(ok => s.listen(0, '127.0.0.1', ok));
    const r = await run(['--port', s.address().port, '--conns', 40, '--connect-conc', 1, '--settle', 0.8, '--duration', 0.1]);
    assert.deepEqual([r.failed, r.lost, r.ready, r.recv_total], [20, 10, 10, 20]); s.close(); pass('failures counted; message in the same segment as the 101');
  }
  { // publisher: every response form, split writes, bodies intact; unicast delivered with a known delay of 50 ms
    const socks = new Map(); let posts = 0, bad = 0, k = 0;
    const s = await wsServer((sock, q) => { socks.set(q.url, sock); sock.on('data', () => {}); }, (q, r, b) => {
      posts++; const j = JSON.parse(b);
      if (b.length !== 200 || q.url !== '/send/' + j.u || q.headers.x !== 'y' + j.u) bad++;
      setTimeout(() => socks.get('/u' + j.u).write(frame(1, b)), 50);
      const m = k++ % 4;
      if (m === 0) { r.end('fine'); }
      else if (m === 1) { r.write('a'); setTimeout(() => r.end('bcd'), 2); }     // chunked in two writes
      else if (m === 2) { r.statusCode = 204; r.end(); }
      else { r.setHeader('Connection', 'close'); r.statusCode = 202; r.end('x'); }
    });
    const r = await run(['--port', s.address().port, '--conns', 50, '--path', '/u%d', '--pub-path', '/send/%r', '--pub-header', 'X: y%r', '--body', '{"ts":%t,"u":%r,"p":"%p"}', '--body-size', 200, '--rate', 1000, '--pub-conc', 16, '--warmup', 1, '--duration', 3, '--pids', process.pid]);
    assert.equal(bad, 0); assert.equal(r.pub_sent_total, posts); assert.equal(r.recv_total, posts); assert.equal(r.pub_ok_total, posts);
    assert(Math.abs(r.pub_sent - 3000) <= 60, 'rate ' + r.pub_sent); assert(r.e2e.p50_us > 49000 && r.e2e.p50_us < 60000, 'p50 ' + r.e2e.p50_us);
    assert(r.status['200'] > 1000 && r.status['204'] > 500 && r.status['202'] > 500); assert(r.srv_cpu_s > 0.05);
    s.close(); s.closeAllConnections(); pass('publisher, response forms, 50 ms delay seen', `p50 ${r.e2e.p50_us} us, sent ${posts}`);
  }
  { // coordinated omission: the server stops for 1 s of 5; one fifth of the schedule must show up to 1 s of delay
    const socks = []; let stall = false, held = [];
    const s = await wsServer((sock) => { socks.push(sock); sock.on('data', () => {}); }, (q, r, b) => {
      const f = () => { socks[0].write(frame(1, b)); r.end('ok'); };
      if (stall) held.push(f); else f();
    });
    setTimeout(() => { stall = true; setTimeout(() => { stall = false; held.forEach(f => f()); held = []; }, 1000); }, 2500);
    const r = await run(['--port', s.address().port, '--conns', 1, '--pub-path', '/', '--rate', 1000, '--pub-conc', 8, '--settle', 0.5, '--duration', 5]);
    assert(Math.abs(r.recv_total - 5000) <= 60, 'recv ' + r.recv_total);
    assert(r.e2e.max_us > 950e3 && r.e2e.p90_us > 300e3 && r.e2e.p90_us < 700e3 && r.e2e.p50_us < 20e3, JSON.stringify(r.e2e));
    assert(r.pub.p90_us > 300e3, JSON.stringify(r.pub));
    s.close(); s.closeAllConnections(); pass('coordinated omission safe', `p50 ${r.e2e.p50_us} p90 ${r.e2e.p90_us} max ${r.e2e.max_us} us, recv ${r.recv_total}`);
  }
  { // broadcast gating: W outstanding at most, completion = last receiver
    const socks = []; let out = 0, maxOut = 0, posts = 0;
    const s = await wsServer((sock) => { socks.push(sock); sock.on('data', () => {}); }, (q, r, b) => {
      posts++; out++; maxOut = Math.max(maxOut, out); const f = frame(1, b);
      socks.slice(1).forEach(x => x.write(f)); setTimeout(() => { out--; socks[0].write(f); }, 30); r.end();
    });
    const r = await run(['--port', s.address().port, '--conns', 100, '--pub-path', '/b', '--pub-conc', 1, '--bcast-window', 1, '--duration', 3]);
    assert.equal(maxOut, 1); assert(r.bcast.p50_us > 29e3 && r.bcast.p50_us < 45e3, JSON.stringify(r.bcast));
    assert.equal(r.recv_total, posts * 100); assert.equal(r.bcast_stalled, 0);
    s.close(); s.closeAllConnections(); pass('broadcast window and completion', `p50 ${r.bcast.p50_us} us`);
  }
  { // SignalR records: handshake reply, several records in one frame, pings back, close record
    let pings = 0, hs = 0;
    const s = await wsServer((sock, q) => {
      sock.on('data', parser((op, p) => { const t = p.toString();
        if (t === '{"protocol":"json","version":1}\x1e') { hs++; sock.write(frame(1, '{}\x1e{"type":6}\x1e'));
          setTimeout(() => sock.write(frame(1, `{"type":1,"target":"m","arguments":[{"ts":${now()}}]}\x1e{"type":6}\x1e{"type":1,"target":"m","arguments":["ts=${now()}"]}\x1e`)), 900);
          if (q.url === '/3') setTimeout(() => sock.write(frame(1, '{"type":7,"error":"bye"}\x1e')), 1500); }
        else if (t === '{"type":6}\x1e') pings++; }));
    });
    const r = await run(['--port', s.address().port, '--conns', 10, '--path', '/%d', '--proto', 'signalr', '--ping-interval', 1, '--settle', 0.3, '--duration', 3]);
    assert.deepEqual([hs, r.ready, r.lost, r.recv, r.e2e.n, r.pings_in], [10, 9, 1, 20, 20, 20]); assert(pings >= 25 && pings <= 45, 'pings ' + pings);
    s.close(); s.closeAllConnections(); pass('SignalR', `client pings ${pings}`);
  }
  { // Socket.IO packets
    let pongs = 0, con = 0;
    const s = await wsServer((sock) => {
      sock.on('data', parser((op, p) => { const t = p.toString(); if (t === '40') { con++; sock.write(frame(1, '40{"sid":"x"}')); sock.write(frame(1, '2')); setTimeout(() => sock.write(frame(1, `42["m",{"ts":${now()}}]`)), 700); } else if (t === '3') pongs++; }));
      sock.write(frame(1, '0{"sid":"a"}'));
    });
    const r = await run(['--port', s.address().port, '--conns', 10, '--proto', 'socketio', '--settle', 0.3, '--duration', 1.5]);
    assert.deepEqual([con, pongs, r.ready, r.recv, r.e2e.n], [10, 10, 10, 10, 10]);
    s.close(); s.closeAllConnections(); pass('Socket.IO');
  }
  { // PushNode frames: ready with the user's live frame, not before; only messages are counted, a replayed one too
    const s = await wsServer((sock, q) => {
      const user = q.url.slice(1);
      sock.on('data', () => {});
      sock.write(frame(1, `{"type":"welcome","user":"${user}","head":1}`));
      if (user === 'u3') return void sock.end(frame(8, Buffer.from([0x11, 0x31])));
      setTimeout(() => sock.write(Buffer.concat([
        frame(1, `{"type":"message","id":"a","channel":"user:${user}","seq":1,"time":1,"data":{"ts":1000000001}}`),
        frame(1, '{"type":"live","channel":"all","seq":0}')])), 200);
      setTimeout(() => sock.write(frame(1, `{"type":"live","channel":"user:${user}","seq":1}`)), 400);
      setTimeout(() => sock.write(frame(1, `{"type":"message","id":"ts","channel":"user:${user}","seq":2,"time":1,"data":{"ts":${now()}}}`)), 1200);
    });
    const r = await run(['--port', s.address().port, '--conns', 10, '--path', '/u%d', '--proto', 'pushnode', '--settle', 0.3, '--duration', 1.5]);
    assert.deepEqual([r.ready, r.failed, r.recv_total, r.recv, r.e2e.n, r.other_frames], [9, 1, 18, 9, 9, 28]);
    assert(r.connect.p50_us > 390e3, JSON.stringify(r.connect));
    s.close(); s.closeAllConnections(); pass('PushNode');
  }
  console.log(`all ${n} passed`); process.exit(0);
})().catch(e => { console.error('FAILED', e); process.exit(1); });
