// What is looked up at each scrape: name, labels, help. docs/metrics.md says the same; a test holds them together.
import { Gauge, type Registry } from 'prom-client';

export const GAUGES = {
  rootstock_jobs: { labels: ['type', 'state'], help: 'Jobs that are kept, by type and state.' },
  rootstock_queue_up: { labels: [], help: '1 while the queue server answers. While it does not, nothing is told of queue, workers and their children.' },
  rootstock_queue_tasks: { labels: ['task', 'state'], help: 'Tasks in the queue, waiting (those that are tried again later too) or active.' },
  rootstock_queue_oldest_seconds: { labels: [], help: 'How long the job that waits longest has waited since it was last queued; 0 where none waits.' },
  rootstock_workers: { labels: ['trains'], help: 'Workers that were seen within the last seconds, by whether their engine loads.' },
  rootstock_examples_per_second: { labels: ['type'], help: 'Examples that running jobs train on, or measure a model on, in a second, together; as each tells of its attempt so far.' },
  rootstock_epoch_seconds: { labels: [], help: 'How long the last epoch of a running job took, with what is evaluated at its end: the longest of all running jobs.' },
  rootstock_checkpoint_seconds: { labels: [], help: 'How long writing the last checkpoint of a running job took: the longest of all running jobs.' },
  rootstock_children: { labels: ['task'], help: 'Child processes at work on a task.' },
  rootstock_child_resident_bytes: { labels: ['task'], help: 'Memory that child processes at work hold, together, as their workers saw it last.' },
  rootstock_child_largest_resident_bytes: { labels: ['task'], help: 'The same of the child process that holds most.' },
  rootstock_webhooks: { labels: ['state'], help: 'Endpoints of webhooks: well, failing (the last try went wrong), or off.' },
  rootstock_webhook_deliveries: { labels: ['status'], help: 'Deliveries that the log keeps (KEEP_DELIVERIES), by status; failed: given up.' },
  rootstock_webhook_tries: { labels: ['outcome'], help: 'Tries of the deliveries that the log keeps, by whether the receiver took it.' },
  rootstock_scrape_seconds: { labels: [], help: 'How long looking all this up took.' },
} as const satisfies Record<string, { labels: readonly string[]; help: string }>;

export type GaugeName = keyof typeof GAUGES;
type LabelsOf<N extends GaugeName> = Record<(typeof GAUGES)[N]['labels'][number], string>;

export class Gauges {
  private readonly made: ReadonlyMap<string, Gauge>;

  constructor(registry: Registry) {
    this.made = new Map(
      Object.entries(GAUGES).map(([name, { labels, help }]) => [name, new Gauge({ name, help, labelNames: [...labels], registers: [registry] })]),
    );
  }

  /** Forgets what was looked up before: what is not there any more is not told. */
  clear(): void {
    for (const gauge of this.made.values()) gauge.reset();
  }

  set<N extends GaugeName>(name: N, labels: LabelsOf<N>, value: number): void {
    this.made.get(name)!.set(labels, value);
  }
}
