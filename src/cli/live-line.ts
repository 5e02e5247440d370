// A line on stderr that is written over, where a person looks.
import { isLive } from './environment.js';

export class LiveLine {
  private readonly live = isLive();
  private shown = '';

  set(text: string): void {
    if (!this.live || text === this.shown) return;
    this.shown = text.slice(0, process.stderr.columns - 1);
    process.stderr.write(`\r\u001b[K${this.shown}`);
  }

  /** So that something else can be written. */
  clear(): void {
    if (this.live && this.shown !== '') process.stderr.write('\r\u001b[K');
    this.shown = '';
  }

  get isLive(): boolean {
    return this.live;
  }
}
