// A process that reads one model and says how that ended, and how long a processor was at work for it.
import { join } from 'node:path';
import { readModel } from '#models/imports/read-model.js';

const [folder = '', ...names] = process.argv.slice(2);
const files = names.map((name) => ({ name, path: join(folder, name) }));
const before = process.cpuUsage();
const answer = await readModel(files, {}, 2 ** 30).then(() => 'accepted', ({ code = '', message }: { code?: string; message: string }) => `${code}: ${message}`);
process.stdout.write(`${JSON.stringify({ answer, processorSeconds: process.cpuUsage(before).user / 1e6 })}\n`);
