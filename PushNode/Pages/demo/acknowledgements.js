// Asks the node who has acknowledged a message that has arrived. Clients acknowledge a moment later, several messages at once,
// so it is asked a few times, and no more once everybody is there.

import { acknowledged } from './node.js';
import { ways } from './ways.js';

const after = [350, 700, 1500, 4000];   // ms, each after the one before
const most = 8;                         // at the same time; in a flood of messages the others are not asked about
const asked = new Set();                // ways that are being asked about

ways.addEventListener('change', ({ detail: way }) => {
  if (way.seq && way.receipts.length && way.acknowledged !== null && !asked.has(way) && asked.size < most && !isComplete(way)) ask(way);
});

const isComplete = way => way.receipts.every(r => way.acknowledged?.some(a => a.device === r.name && a.user === r.user));

async function ask(way) {
  asked.add(way);
  for (const pause of after) {
    await new Promise(resolve => setTimeout(resolve, pause));
    const devices = await acknowledged(way.channel, way.seq);
    ways.acknowledged(way, devices);
    if (!devices || isComplete(way)) break;
  }
  asked.delete(way);
}
