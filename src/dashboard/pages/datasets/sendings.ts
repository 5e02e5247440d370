// Files on their way to the service. They go on while one looks at other pages, wait while the line is broken, and are taken up again after the
// page was closed: ids of uploads are kept in the browser by name, size and time of the file.
import { signal } from '@preact/signals';
import type { DatasetForm } from '../../../contract/dataset.js';
import { ConnectionError, NotFoundError } from '../../../client/index.js';
import { announce } from '../../parts/announce.js';
import { client, noteAccess } from '../../session.js';

export interface Sending {
  id: number;
  title: string;
  sentBytes: number;
  totalBytes: number;
  /** broken: the service does not answer, and is asked again and again. */
  state: 'sending' | 'broken' | 'failed';
  failure?: unknown;
  stop: () => void;
}

export interface Remembered {
  name: string;
  size: number;
  modified: number;
  upload: string;
}

const KEPT = 'rootstock-uploads';
/** Smaller ones go in one form. */
const IN_PIECES_FROM_BYTES = 8 * 2 ** 20;
/** Small enough that a bar moves, and a break costs little. */
const PIECE_BYTES = 2 * 2 ** 20;
const AGAIN_AFTER_MS = 2_000;

export const sendings = signal<readonly Sending[]>([]);
/** Uploads that are begun and not yet a data set, of this and earlier visits. */
export const remembered = signal<readonly Remembered[]>(JSON.parse(localStorage.getItem(KEPT) ?? '[]') as Remembered[]);

function remember(all: readonly Remembered[]): void {
  remembered.value = all;
  localStorage.setItem(KEPT, JSON.stringify(all));
}

const isOf = (file: File) => ({ name, size, modified }: Remembered): boolean => name === file.name && size === file.size && modified === file.lastModified;
export const forget = (uploads: readonly string[]): void => remember(remembered.peek().filter(({ upload }) => !uploads.includes(upload)));

let count = 0;

/** @returns the id of the data set, or undefined where it came to none: the list says why */
export async function sendDataset(files: readonly File[], form: DatasetForm): Promise<string | undefined> {
  const stopped = new AbortController();
  const id = (count += 1);
  const totalBytes = files.reduce((sum, file) => sum + file.size, 0);
  const change = (changes: Partial<Sending>): void => {
    sendings.value = sendings.peek().map((one) => (one.id === id ? { ...one, ...changes } : one));
  };
  const drop = (): void => {
    sendings.value = sendings.peek().filter((one) => one.id !== id);
  };
  const stop = (): void => {
    stopped.abort(new Error('Sending was stopped.'));
    drop();
  };
  sendings.value = [...sendings.peek(), { id, title: form.name ?? files.map(({ name }) => name).join(', '), sentBytes: 0, totalBytes, state: 'sending', stop }];
  try {
    const dataset = totalBytes < IN_PIECES_FROM_BYTES ? await client.peek().datasets.upload(files, form, { signal: stopped.signal }) : await inPieces();
    announce('All was sent.');
    drop();
    return dataset.id;
  } catch (failure) {
    if (stopped.signal.aborted) return undefined;
    noteAccess(failure);
    change({ state: 'failed', failure });
    return undefined;
  }

  async function inPieces() {
    const upload: string[] = [];
    let before = 0;
    for (const file of files) {
      upload.push(await whole(file, (sent) => change({ sentBytes: before + sent, state: 'sending' })));
      before += file.size;
    }
    const { datasets, uploads } = client.peek();
    const dataset = await datasets.create({ ...form, upload }, { signal: stopped.signal });
    forget(upload);
    // The data set has a copy of its own. One that stays is removed by the service in its time.
    await Promise.all(upload.map((one) => uploads.delete(one).catch(() => undefined)));
    return dataset;
  }

  /** One file, however often the line breaks. */
  async function whole(file: File, onSent: (bytes: number) => void): Promise<string> {
    const options = { signal: stopped.signal, pieceBytes: PIECE_BYTES, onProgress: ({ sent_bytes: sent }: { sent_bytes: number }) => onSent(sent) };
    for (;;) {
      const known = remembered.peek().find(isOf(file))?.upload;
      try {
        const { uploads } = client.peek();
        if (known === undefined) return await uploads.send(file, { ...options, onCreated: (made) => remember([...remembered.peek(), { name: file.name, size: file.size, modified: file.lastModified, upload: made }]) });
        await uploads.resume(known, file, options);
        return known;
      } catch (error) {
        // It was there too long, and is sent anew.
        if (known !== undefined && error instanceof NotFoundError) forget([known]);
        else if (error instanceof ConnectionError && !stopped.signal.aborted) await again();
        else throw error;
      }
    }
  }

  /** The line may be there again at any time; the browser may know at once. */
  function again(): Promise<void> {
    change({ state: 'broken' });
    return new Promise((resolve) => {
      const timer = setTimeout(go, AGAIN_AFTER_MS);
      addEventListener('online', go, { once: true });
      stopped.signal.addEventListener('abort', go, { once: true });
      function go(): void {
        clearTimeout(timer);
        removeEventListener('online', go);
        resolve();
      }
    });
  }
}
