// How long one try may be silent. Its signal ends the request; what the request then fails with is told apart here.
import { ConnectionError, TimeoutError } from './errors.js';

export class Patience {
  private readonly over = new AbortController();
  readonly signal: AbortSignal;
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** @param caller the signal of who made the call */
  constructor(
    private readonly ms: number,
    private readonly caller: AbortSignal | undefined,
  ) {
    this.signal = caller ? AbortSignal.any([caller, this.over.signal]) : this.over.signal;
    this.heard();
  }

  /** Something came: the time begins anew. */
  heard(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.over.abort(), this.ms);
  }

  /** Nothing more is waited for. */
  end(): void {
    clearTimeout(this.timer);
  }

  /** @throws the reason of the caller's signal, TimeoutError, or ConnectionError in the place of what fetch gives */
  async during<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      throw this.failureOf(error);
    }
  }

  private failureOf(error: unknown): unknown {
    if (this.caller?.aborted) return this.caller.reason;
    if (this.over.signal.aborted) return new TimeoutError(`Nothing came for ${this.ms / 1000} s.`, { cause: error });
    const { name, message } = error as Partial<Error>;
    // By name, since they may be of another realm. Of fetch: no answer, or one that broke off; JSON that ends early is a SyntaxError.
    if (!['TypeError', 'SyntaxError', 'AbortError'].includes(name ?? '')) return error;
    return new ConnectionError(`The service does not answer: ${whyOf(error) ?? message ?? ''}`, { cause: error });
  }
}

/** Node says the reason in the cause, which may be several of one code. */
function whyOf(error: unknown): string | undefined {
  const { cause } = error as { cause?: { message?: string; code?: string } };
  return cause?.message || cause?.code;
}
