// Files of a bundle, saved one after another, each held against its digest.
import type { Command } from 'commander';
import { ConnectionError, type Download } from '../client/index.js';
import { LiveLine } from './live-line.js';
import { line, print, sizeText } from './output.js';
import { save, type Saved } from './save.js';
import type { Session } from './session.js';
import { bar } from './sparkline.js';

const TRIES = 3;

export const pullCommand = (parent: Command, description: string): Command =>
  parent
    .command('pull')
    .description(description)
    .argument('<id>', 'which')
    .option('-o, --output <folder>', 'where to (default: a folder of that name)')
    .option('--file <name...>', 'these files alone');

type Begin = (name: string, onProgress: (progress: { received_bytes: number; total_bytes: number }) => void) => Promise<Download>;

/** A download that breaks is begun again. */
export async function pull({ json }: Session, folder: string, names: readonly string[], begin: Begin): Promise<void> {
  const status = new LiveLine();
  for (const name of names) {
    const saved = await saveWhole(folder, () =>
      begin(name, ({ received_bytes: got, total_bytes: all }) => status.set(`${bar((100 * got) / Math.max(all, 1))}  ${name}  ${sizeText(got)} of ${sizeText(all)}`)));
    status.clear();
    if (json) line(saved);
    else print(saved.path);
  }
}

async function saveWhole(folder: string, begin: () => Promise<Download>): Promise<Saved> {
  for (let tried = 1; ; tried++) {
    try {
      return await save(folder, await begin());
    } catch (error) {
      if (!(error instanceof ConnectionError) || tried === TRIES) throw error;
    }
  }
}
