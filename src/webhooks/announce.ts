// From what happened to what is sent: for each event that an endpoint wants there is a delivery in the store. Which events were told is
// remembered in the store as well, after their deliveries: after a crash they are looked at again, and found to be there.
import { kindOfId } from '../contract/ids.js';
import { isUnreadable, readOrRemove, writeVolatileRecord } from '../store/records.js';
import { deliver, type DeliveryRooms, type Happening } from './deliveries.js';
import { enabledWebhooks, wants } from './endpoints.js';
import { LAST_ALONE, SOURCES, type Source } from './news.js';
import { TOLD, type StoredWebhook } from './records.js';

const sourceOf = (id: string): Source | undefined => {
  const kind = kindOfId(id);
  return kind !== undefined && kind in SOURCES ? SOURCES[kind as keyof typeof SOURCES] : undefined;
};

/** To be done before something is removed by a caller, whose events nobody could find then. A store that takes nothing does not keep it from going. */
export const tellBeforeRemoval = (rooms: DeliveryRooms, id: string): Promise<void> => new Announcer(rooms).tell(id).catch(() => undefined);

/** Tells of everything new. Several may do so over one store. */
export class Announcer {
  /** How far the log of each job that goes on has been read here. */
  private readonly read = new Map<string, number>();
  /** What there will be no news of any more. */
  private readonly over = new Set<string>();
  /** Ends when all that was asked about a thing so far has been done. */
  private readonly turns = new Map<string, Promise<void>>();

  constructor(private readonly rooms: DeliveryRooms) {}

  /** Tells of what is new of one job, data set or model. What fails is to be asked again. */
  async tell(id: string): Promise<void> {
    if (this.over.has(id)) return;
    await this.inTurn(id, async () => {
      const webhooks = await enabledWebhooks(this.rooms.store);
      if (webhooks.length > 0) await this.tellAll(id, webhooks);
    });
  }

  /**
   * Looks at everything of which there may be news: at the start, and for what was missed since.
   * @returns what could not be told, and why
   */
  async look(): Promise<{ id: string; problem: unknown }[]> {
    const failed: { id: string; problem: unknown }[] = [];
    const webhooks = await enabledWebhooks(this.rooms.store);
    if (webhooks.length === 0) return failed;
    for (const source of Object.values(SOURCES)) {
      // Oldest first.
      for (const id of (await source.list(this.rooms.store)).reverse()) {
        if (this.over.has(id)) continue;
        await this.inTurn(id, () => this.tellAll(id, webhooks)).catch((problem: unknown) => {
          // The reconciler says so of its record, once.
          if (isUnreadable(problem)) this.over.add(id);
          else failed.push({ id, problem });
        });
      }
    }
    return failed;
  }

  private async inTurn(id: string, work: () => Promise<void>): Promise<void> {
    const turn = (this.turns.get(id) ?? Promise.resolve()).then(work);
    const settled = turn.catch(() => undefined);
    this.turns.set(id, settled);
    await turn.finally(() => {
      if (this.turns.get(id) === settled) this.turns.delete(id);
    });
  }

  private async tellAll(id: string, webhooks: readonly StoredWebhook[]): Promise<void> {
    const { store } = this.rooms;
    const source = sourceOf(id);
    if (!source || this.over.has(id) || (await this.isTold(id, source, webhooks))) return;
    const news = await source.news(store, id, this.read.get(id) ?? 0);
    if (!news) return;
    const untold = await this.untold(id, news.happenings);
    for (const happening of untold) {
      for (const webhook of webhooks) if (wants(webhook, happening.type, happening.at)) await deliver(this.rooms, webhook, happening);
    }
    const last = untold.at(-1);
    if (last) await writeVolatileRecord(store, TOLD, id, { event: last.id });
    if (news.over) {
      this.over.add(id);
      this.read.delete(id);
    } else this.read.set(id, news.end);
  }

  /** Whether it has ended and all was told of it, or its end is older than every endpoint: its log need not be read. */
  private async isTold(id: string, source: Source, webhooks: readonly StoredWebhook[]): Promise<boolean> {
    if (this.read.has(id)) return false;
    const news = await source.news(this.rooms.store, id, LAST_ALONE);
    const last = news?.happenings.at(-1);
    if (!news?.over || !last) return false;
    const told = webhooks.every(({ since }) => last.at < since) || (await readOrRemove(this.rooms.store, TOLD, id))?.event === last.id;
    if (told) this.over.add(id);
    return told;
  }

  /** Those behind the last one that was told; all of them where that is not among them, as in a copy of the store. */
  private async untold(id: string, happenings: Happening[]): Promise<Happening[]> {
    if (happenings.length === 0) return happenings;
    const told = await readOrRemove(this.rooms.store, TOLD, id);
    return happenings.slice(happenings.findIndex((each) => each.id === told?.event) + 1);
  }
}
