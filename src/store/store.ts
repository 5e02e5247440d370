// The interface of the store. Keys are relative paths with forward slashes, made by the service itself.
import type { Readable } from 'node:stream';

/** A part of a file in bytes; both ends are included, as in HTTP. */
export interface ByteRange {
  start: number;
  end: number;
}

/** A folder on this machine's disk in which something is made before it is published. Removed by `discard` or `publish`. */
export interface Staging {
  readonly name: string;
  readonly path: string;
}

export interface Store {
  /** Writes a whole object: temporary file, fsync, rename, fsync of the folder. A reader sees the old or the new one. */
  put(key: string, bytes: Uint8Array | string): Promise<void>;

  /** Writes an object that others may not read after a power cut: atomic, but without fsync. For what can be made again. */
  putVolatile(key: string, bytes: Uint8Array | string): Promise<void>;

  /** Writes an object unless one is there already; of racing callers one gets true. As durable as `put`. */
  putIfAbsent(key: string, bytes: Uint8Array | string): Promise<boolean>;

  /** The whole object, or undefined. */
  get(key: string): Promise<Buffer | undefined>;

  /** The object's size in bytes, or undefined. */
  sizeOf(key: string): Promise<number | undefined>;

  /** A stream over the object or a part of it. The object must exist. */
  open(key: string, range?: ByteRange): Readable;

  /** Adds bytes to the end of an object, making it if need be. One writer at a time. Not fsynced; see `sync`. */
  append(key: string, bytes: Uint8Array | string): Promise<void>;

  /** Makes what was appended survive a power cut. */
  sync(key: string): Promise<void>;

  /** Cuts an object to a size, for a writer that finds a torn line at its end. */
  truncate(key: string, sizeBytes: number): Promise<void>;

  /** Names directly below a prefix, in ascending order; empty where there is none. */
  list(prefix: string): Promise<string[]>;

  /** Removes all below a prefix, at once for readers. False where nothing was there, or another one was faster. */
  delete(prefix: string): Promise<boolean>;

  /** A folder of this machine that holds what is below a prefix, for a child process to read. Read only. */
  localFolder(prefix: string): Promise<string>;

  /** A fresh folder to make something in. The name starts with `owner`, so that a crash leaves an owned trace. */
  stage(owner: string): Promise<Staging>;

  /** Writes a file of a staging folder, for who makes part of it from here. As lasting as the rest of the folder: once it is sealed. */
  writeStaged(staging: Staging, name: string, bytes: Uint8Array | string): Promise<void>;

  /**
   * Has a staging folder hold an object under a name, with no copy where the driver can: what becomes of the object itself is then
   * nothing to it. For objects that are never changed. False where there is none.
   */
  linkStaged(staging: Staging, name: string, key: string): Promise<boolean>;

  /** The staging folder of that name, which `stage` made earlier, perhaps before a crash. */
  staged(name: string): Promise<Staging | undefined>;

  /** Names of all staging folders. */
  listStaged(): Promise<string[]>;

  /** Makes everything in the staging folder survive a power cut. */
  seal(staging: Staging): Promise<void>;

  /** Moves a sealed staging folder to a prefix, all at once. False, and nothing moves, where the prefix is taken or the folder gone. */
  publish(staging: Staging, prefix: string): Promise<boolean>;

  /** Removes a staging folder. */
  discard(staging: Staging): Promise<void>;
}
