// Low-rank adaptation: what a caller may ask for, and what a resolved spec holds.
import Type, { type Static } from './typebox.js';
import { closed } from './schema.js';

const USUAL = { rank: 8, alpha: 8 } as const;
const rank = Type.Integer({ minimum: 1, maximum: 1024, default: USUAL.rank, description: 'r: the change of a kernel is a product of two matrices with r columns and r rows.' });
const alpha = Type.Number({ exclusiveMinimum: 0, maximum: 1e6, default: USUAL.alpha, description: 'α: that product is multiplied by α / r.' });

export const LoraRequest = closed(
  { rank: Type.Optional(rank), alpha: Type.Optional(alpha) },
  { description: 'Of dense layers that were carried over only a change of low rank learns; other layers that were carried over stay as they are. The model has the change in its kernels, and beside them as a file.' },
);
export type LoraRequest = Static<typeof LoraRequest>;

export const Lora = closed({ rank, alpha, layers: Type.Array(Type.String(), { description: 'Dense layers whose kernels change so.' }) }, { title: 'Lora' });
export type Lora = Static<typeof Lora>;

/** What was asked for, with the default of everything else. */
export const resolveLora = (asked: LoraRequest, layers: string[]): Lora => ({ ...USUAL, ...asked, layers });
