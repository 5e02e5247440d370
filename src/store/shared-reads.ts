// Reads that many want at once are made once. Nobody is given what was begun to be read before he asked, so that who has been told of a change sees it.

export class SharedReads<T> {
  /** By what is read: the read that is being made, as its end. */
  private readonly running = new Map<string, Promise<void>>();
  /** The one that follows it, which all share who ask meanwhile. */
  private readonly waiting = new Map<string, Promise<T>>();

  read(what: string, load: () => Promise<T>): Promise<T> {
    const joined = this.waiting.get(what);
    if (joined) return joined;
    const read = (this.running.get(what) ?? Promise.resolve()).then(() => {
      this.waiting.delete(what);
      const loaded = load();
      const ended = loaded.then(() => undefined, () => undefined).then(() => {
        if (this.running.get(what) === ended) this.running.delete(what);
      });
      this.running.set(what, ended);
      return loaded;
    });
    this.waiting.set(what, read);
    return read;
  }
}
