// An independent WebSocket client (npm: ws) against a node: it checks every frame it gets, and sends what an unusual client may send.
// usage: node websocket.mjs ADDRESS TOKEN MESSAGES ; prints what happened as JSON
import WebSocket from "ws";

const [address, token, messages] = process.argv.slice(2);
const seen = { subprotocol: null, data: [], pongs: [], types: [], error: null };

const socket = new WebSocket(`${address}push?device=ws`, ["pushnode.v1", `bearer.${token}`], { perMessageDeflate: true });
socket.on("error", (error) => { seen.error = String(error); });
socket.on("pong", (payload) => seen.pongs.push(payload.toString()));
socket.on("open", () => {
  seen.subprotocol = socket.protocol;
  seen.extensions = socket.extensions;
  socket.ping("");
  socket.ping("x".repeat(125));
});
socket.on("message", (bytes, isBinary) => {
  const frame = JSON.parse(bytes.toString());
  seen.types.push(frame.type);
  seen.binary ||= isBinary;
  if (frame.type !== "message") {
    if (frame.type === "pong") socket.close(4000, "done: ✓");
    return;
  }
  seen.data.push(frame.data.length);
  if (seen.data.length < Number(messages)) return;
  // The last one: acknowledge it, and ask for a pong in fragments of one byte each.
  socket.send(JSON.stringify({ type: "ack", seq: frame.seq }));
  const ping = Buffer.from('{"type":"ping"}');
  for (let i = 0; i < ping.length; i++) socket.send(ping.subarray(i, i + 1), { fin: i === ping.length - 1, binary: false });
});
socket.on("close", (code, reason) => {
  console.log(JSON.stringify({ ...seen, code, reason: reason.toString() }));
});
setTimeout(() => socket.terminate(), 30_000).unref();
