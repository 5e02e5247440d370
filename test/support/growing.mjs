// Loaded into a training process that tests start: it grows by a piece after each call into TensorFlow, up to a size, and stays there.
import { armFaultPoints } from '#fault-points';

const PIECE_BYTES = 2 ** 24;
const mostBytes = Number(new URL(import.meta.url).searchParams.get('most'));
const held = [];

armFaultPoints((name) => {
  if (name === 'train.call.fail' && process.memoryUsage.rss() + PIECE_BYTES < mostBytes) held.push(Buffer.alloc(PIECE_BYTES, 1));
});
