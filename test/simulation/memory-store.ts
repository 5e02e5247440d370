// The store in memory, and the disk under it with what a power cut takes. The disk is one, the stores are views of it, each of one process.
//
// The disk keeps names as a file system with a journal does: names change in one order, and one that is known to last makes all before
// it last. Bytes that were appended, or written into a staging folder, last when they were synced or sealed.
import { Readable } from 'node:stream';
import { ServiceError } from '#contract/errors.js';
import { segmentsOf, singleSegment } from '#store/key.js';
import type { ByteRange, Staging, Store } from '#store/store.js';
import type { Draw } from './draw.js';

interface File {
  bytes: Buffer;
  /** So many of its bytes survive a power cut. */
  lasting: number;
}
type Folder = Map<string, File>;

const PATH = 'memory:/staging/';

export class MemoryDisk {
  readonly objects: Folder = new Map();
  readonly staging = new Map<string, Folder>();
  /** Keys that changed since somebody looked, staging folders by their name. */
  readonly changed = new Set<string>();
  /** Changes of names that may not last yet, the oldest first, as what takes them back. */
  private undo: (() => void)[] = [];
  private folders = 0;

  /** Every change of a name so far lasts. */
  last(): void {
    this.undo = [];
  }

  /** What may not last is gone, or some of it; a draw says which. */
  cutPower(draw: Draw): void {
    const kept = draw.whole(0, this.undo.length);
    for (const takeBack of this.undo.splice(kept).reverse()) takeBack();
    this.undo = [];
    const files = [this.objects, ...this.staging.values()].flatMap((folder) => [...folder.values()]);
    for (const file of files) if (file.lasting < file.bytes.length) file.bytes = file.bytes.subarray(0, draw.whole(file.lasting, file.bytes.length));
    for (const key of this.objects.keys()) this.changed.add(key);
  }

  set(key: string, file: File): void {
    const before = this.objects.get(key);
    this.put(key, file);
    this.undo.push(() => this.put(key, before));
  }

  private put(key: string, file: File | undefined): void {
    if (file) this.objects.set(key, file);
    else this.objects.delete(key);
    this.changed.add(key);
  }

  /** All of them at once. */
  remove(keys: readonly string[]): void {
    const before = keys.map((key) => [key, this.objects.get(key)] as const);
    for (const key of keys) this.put(key, undefined);
    this.undo.push(() => before.forEach(([key, file]) => this.put(key, file)));
  }

  makeStaging(owner: string): string {
    const name = `${owner}-${(this.folders++).toString(16).padStart(12, '0')}`;
    this.setStaging(name, new Map());
    return name;
  }

  setStaging(name: string, folder: Folder | undefined): void {
    const before = this.staging.get(name);
    const put = (to: Folder | undefined): void => {
      if (to) this.staging.set(name, to);
      else this.staging.delete(name);
      this.changed.add(name);
    };
    put(folder);
    this.undo.push(() => put(before));
  }

  /** One rename: all of it at once, and a power cut takes all of it back. */
  move(name: string, folder: Folder, path: string): void {
    const move = (there: boolean): void => {
      if (there) this.staging.delete(name);
      else this.staging.set(name, folder);
      this.changed.add(name);
      for (const [file, content] of folder) this.put(`${path}/${file}`, there ? content : undefined);
    };
    move(true);
    this.undo.push(() => move(false));
  }

  below(prefix: string): string[] {
    const start = prefix === '' ? '' : `${prefix}/`;
    return [...this.objects.keys()].filter((key) => key.startsWith(start));
  }
}

/** A change of the disk in two parts: seen by all, then known to last, which is when it is answered. */
export interface Change<T> {
  what: string;
  see: () => T;
  last?: () => void;
  /** Takes more room than there was. */
  grows?: boolean;
  /** What is left where the process ends in the middle; by itself nothing, or all. */
  tear?: () => void;
  /** Never fails once it was seen. */
  whole?: boolean;
}

/** When changes are made, and whether. */
export interface Making {
  change<T>(change: Change<T>): Promise<T>;
  look<T>(look: () => T): Promise<T>;
}

/** At once, and always: for tests of the store itself, and for whoever looks at a simulation from outside. */
export const atOnce: Making = {
  async change({ see, last }) {
    const result = see();
    last?.();
    return result;
  },
  look: async (look) => look(),
};

export class MemoryStore implements Store {
  constructor(
    private readonly disk: MemoryDisk,
    private readonly making: Making = atOnce,
  ) {}

  put(key: string, bytes: Uint8Array | string): Promise<void> {
    const path = pathOf(key);
    return this.making.change({ what: `put ${key}`, grows: true, see: () => this.disk.set(path, whole(bytes)), last: () => this.disk.last() });
  }

  putVolatile(key: string, bytes: Uint8Array | string): Promise<void> {
    const path = pathOf(key);
    return this.making.change({ what: `put ${key} for now`, grows: true, see: () => this.disk.set(path, whole(bytes)) });
  }

  putIfAbsent(key: string, bytes: Uint8Array | string): Promise<boolean> {
    const path = pathOf(key);
    const see = (): boolean => {
      if (this.disk.objects.has(path)) return false;
      this.disk.set(path, whole(bytes));
      return true;
    };
    return this.making.change({ what: `put ${key} once`, grows: true, see, last: () => this.disk.last() });
  }

  get(key: string): Promise<Buffer | undefined> {
    const path = pathOf(key);
    return this.making.look(() => copyOf(this.disk.objects.get(path)?.bytes));
  }

  sizeOf(key: string): Promise<number | undefined> {
    const path = pathOf(key);
    return this.making.look(() => this.disk.objects.get(path)?.bytes.length);
  }

  open(key: string, { start, end }: ByteRange = { start: 0, end: Infinity }): Readable {
    const path = pathOf(key);
    const read = (): Buffer => {
      const file = this.disk.objects.get(path);
      if (!file) throw missing(key);
      return Buffer.from(file.bytes.subarray(start, end + 1));
    };
    const { making } = this;
    return Readable.from((async function* () {
      yield await making.look(read);
    })());
  }

  append(key: string, bytes: Uint8Array | string): Promise<void> {
    const path = pathOf(key);
    const added = Buffer.from(bytes);
    const add = (part: Buffer): void => {
      const file = this.disk.objects.get(path);
      if (!file) this.disk.set(path, { bytes: part, lasting: 0 });
      else file.bytes = Buffer.concat([file.bytes, part]);
      this.disk.changed.add(path);
    };
    return this.making.change({
      what: `append to ${key}`,
      grows: true,
      whole: true,
      see: () => add(added),
      tear: () => add(added.subarray(0, added.length >> 1)),
    });
  }

  sync(key: string): Promise<void> {
    const path = pathOf(key);
    const see = (): void => {
      if (!this.disk.objects.has(path)) throw missing(key);
    };
    const last = (): void => {
      const file = this.disk.objects.get(path);
      if (file) file.lasting = file.bytes.length;
      this.disk.last();
    };
    return this.making.change({ what: `sync ${key}`, see, last });
  }

  truncate(key: string, sizeBytes: number): Promise<void> {
    const path = pathOf(key);
    return this.making.change({ what: `truncate ${key}`, see: () => this.cut(path, sizeBytes) });
  }

  private cut(path: string, sizeBytes: number): void {
    const file = this.disk.objects.get(path);
    if (!file) throw missing(path);
    file.bytes = file.bytes.subarray(0, sizeBytes);
    file.lasting = Math.min(file.lasting, sizeBytes);
    this.disk.changed.add(path);
  }

  list(prefix: string): Promise<string[]> {
    const path = prefix === '' ? '' : pathOf(prefix);
    const from = path === '' ? 0 : path.length + 1;
    return this.making.look(() => [...new Set(this.disk.below(path).map((key) => key.slice(from).split('/')[0]!))].sort());
  }

  delete(prefix: string): Promise<boolean> {
    const path = pathOf(prefix);
    const see = (): boolean => {
      const gone = [path, ...this.disk.below(path)];
      const found = gone.some((each) => this.disk.objects.has(each));
      this.disk.remove(gone);
      return found;
    };
    return this.making.change({ what: `delete ${prefix}`, see, last: () => this.disk.last() });
  }

  localFolder(prefix: string): Promise<string> {
    const path = pathOf(prefix);
    return this.making.look(() => {
      if (this.disk.below(path).length === 0) throw missing(prefix);
      return `memory:/${path}`;
    });
  }

  stage(owner: string): Promise<Staging> {
    singleSegment(owner);
    const see = (): Staging => {
      const name = this.disk.makeStaging(owner);
      return { name, path: `${PATH}${name}` };
    };
    return this.making.change({ what: `stage for ${owner}`, grows: true, see });
  }

  writeStaged({ name }: Staging, file: string, bytes: Uint8Array | string): Promise<void> {
    const see = (): void => {
      const folder = this.disk.staging.get(name);
      if (!folder) throw missing(name);
      folder.set(file, { bytes: Buffer.from(bytes), lasting: 0 });
      this.disk.changed.add(name);
    };
    return this.making.change({ what: `write ${file} into ${name}`, grows: true, see });
  }

  linkStaged({ name }: Staging, file: string, key: string): Promise<boolean> {
    const path = pathOf(key);
    singleSegment(file);
    const see = (): boolean => {
      const folder = this.disk.staging.get(name);
      const linked = this.disk.objects.get(path);
      if (!folder || !linked) return false;
      folder.set(file, linked);
      this.disk.changed.add(name);
      return true;
    };
    return this.making.change({ what: `link ${key} into ${name}`, grows: true, see });
  }

  async staged(name: string): Promise<Staging | undefined> {
    singleSegment(name);
    return this.making.look(() => (this.disk.staging.has(name) ? { name, path: `${PATH}${name}` } : undefined));
  }

  listStaged(): Promise<string[]> {
    return this.making.look(() => [...this.disk.staging.keys()].sort());
  }

  seal({ name }: Staging): Promise<void> {
    const see = (): void => {
      if (!this.disk.staging.has(name)) throw missing(name);
    };
    const last = (): void => {
      for (const file of this.disk.staging.get(name)?.values() ?? []) file.lasting = file.bytes.length;
      this.disk.last();
    };
    return this.making.change({ what: `seal ${name}`, see, last });
  }

  publish({ name }: Staging, prefix: string): Promise<boolean> {
    const path = pathOf(prefix);
    const see = (): boolean => {
      const folder = this.disk.staging.get(name);
      if (!folder || this.disk.objects.has(path) || this.disk.below(path).length > 0) return false;
      this.disk.move(name, folder, path);
      return true;
    };
    return this.making.change({ what: `publish ${name} as ${prefix}`, see, last: () => this.disk.last() });
  }

  discard({ name }: Staging): Promise<void> {
    return this.making.change({ what: `discard ${name}`, see: () => void (this.disk.staging.has(name) && this.disk.setStaging(name, undefined)) });
  }
}

/** The staging folder of that path, for a child, which knows the path alone. */
export const stagingAt = (path: string): Staging => ({ name: path.slice(PATH.length), path });

const pathOf = (key: string): string => segmentsOf(key).join('/');
/** Written under another name and synced before it has this one. */
const whole = (bytes: Uint8Array | string): File => {
  const copy = Buffer.from(bytes);
  return { bytes: copy, lasting: copy.length };
};
const copyOf = (bytes: Buffer | undefined): Buffer | undefined => bytes && Buffer.from(bytes);
const missing = (what: string): Error => Object.assign(new Error(`ENOENT: ${what}`), { code: 'ENOENT' });

export const diskFull = (): Error => ServiceError.of('DISK_FULL');
