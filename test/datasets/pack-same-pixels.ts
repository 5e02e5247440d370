// A process that packs a real data set in one of its forms, and says what came of it.
import { packedFrom, type PixelForm, type SamePixels } from '../support/same-pixels.js';

const [form = '', same = ''] = process.argv.slice(2);
process.stdout.write(`${JSON.stringify(await packedFrom(form as PixelForm, JSON.parse(same) as SamePixels))}\n`);
