// Requests to the API, counted and timed by the pattern of their route: an address that a caller made up is never a label.
import { Counter, Histogram, type Registry } from 'prom-client';

export interface Answered {
  /** Pattern of the route, such as /v1/jobs/:id; undefined where there is none. */
  route: string | undefined;
  method: string;
  status: number;
  seconds: number;
  /** Whether it was meant to take its time: a stream of events, or a caller who asked to wait. */
  waited: boolean;
}

/** From well below what a look at a job takes to the longest upload anybody waits for, in seconds. */
const BUCKETS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60];

export class RequestMeter {
  private readonly counted: Counter<'method' | 'route' | 'status'>;
  private readonly timed: Histogram<'method' | 'route'>;

  constructor(registry: Registry) {
    const registers = [registry];
    this.counted = new Counter({ name: 'rootstock_http_requests_total', help: 'Requests answered, by route and class of status; route "none": there is none.', labelNames: ['method', 'route', 'status'], registers });
    this.timed = new Histogram({
      name: 'rootstock_http_request_seconds', help: 'How long answering took, from the head of the request to the last byte. Without streams of events and requests that asked to wait.',
      labelNames: ['method', 'route'], buckets: BUCKETS_SECONDS, registers,
    });
  }

  answered({ route, method, status, seconds, waited }: Answered): void {
    // Where no route is, the method is the caller's word too.
    const labels = route === undefined ? { method: 'other', route: 'none' } : { method, route };
    this.counted.inc({ ...labels, status: `${Math.floor(status / 100)}xx` });
    if (!waited) this.timed.observe(labels, seconds);
  }
}
