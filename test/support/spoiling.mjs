// Loaded into a training process that tests start: in what an export has written, these weights are nought before the files are looked at.
import { armFaultPoints } from '#fault-points';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const { searchParams } = new URL(import.meta.url);
const folder = searchParams.get('folder');
const weights = Buffer.from(searchParams.get('weights'), 'base64url');

armFaultPoints(async (name) => {
  if (name !== 'export.written.fail') return;
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const path of entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))) {
    const bytes = await readFile(path);
    const at = bytes.indexOf(weights);
    if (at < 0) continue;
    bytes.fill(0, at, at + weights.length);
    await writeFile(path, bytes);
  }
});
