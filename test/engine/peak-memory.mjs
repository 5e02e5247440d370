// Trains one epoch of a packed data set in a process of its own, from the compiled engine, and prints the most memory that took.
import { readFileSync } from 'node:fs';
import { openPacked } from '../../dist/datasets/packed.js';
import { loadTensorFlow } from '../../dist/engine/native.js';
import { prepareData } from '../../dist/engine/training-data.js';
import { trainRun } from '../../dist/engine/train-run.js';

const { folder, spec } = JSON.parse(process.argv[2] ?? '');
const { tf } = loadTensorFlow();
const packed = await openPacked(folder);
const quiet = { onEvent: () => undefined, onMetrics: () => undefined, onSteps: async () => undefined };
const { result } = await trainRun(tf, spec, spec.runs[0], await prepareData(packed, spec), null, quiet);
await packed.close();
// Not maxRSS, which a process inherits from the one that forked it.
console.log(JSON.stringify({ peakBytes: 1024 * Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]), metrics: result.metrics }));
