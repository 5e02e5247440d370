// Ids: a prefix that says what it names, and a UUIDv7 (RFC 9562) without dashes, so that ids sort by time of creation.
import { v7 as uuidv7 } from 'uuid';
import Type from './typebox.js';

export const ID_PREFIXES = { dataset: 'ds', model: 'mdl', job: 'job', checkpoint: 'ckpt', upload: 'upl', webhook: 'whk', event: 'evt', delivery: 'dlv' } as const;
export type IdKind = keyof typeof ID_PREFIXES;

export const newId = (kind: IdKind): string => `${ID_PREFIXES[kind]}_${uuidv7().replaceAll('-', '')}`;

export const idPattern = (kind: IdKind): string => `^${ID_PREFIXES[kind]}_[0-9a-f]{32}$`;
export const isId = (kind: IdKind, text: string): boolean => new RegExp(idPattern(kind)).test(text);

/** Which kind of thing an id names, or undefined if it is no id of ours. */
export const kindOfId = (text: string): IdKind | undefined =>
  (Object.keys(ID_PREFIXES) as IdKind[]).find((kind) => isId(kind, text));

// In a body an id is a plain string: one that names nothing is answered 422 with its pointer, whatever it looks like.
export const DatasetId = Type.String({ maxLength: 128, examples: ['ds_0197a2c4d5e67f8091a2b3c4d5e6f708'] });
export const ModelId = Type.String({ maxLength: 128, examples: ['mdl_0197a2c4d5e67f8091a2b3c4d5e6f708'] });
export const UploadId = Type.String({ maxLength: 128, examples: ['upl_0197a2c4d5e67f8091a2b3c4d5e6f708'] });
export const JobId = Type.String({ maxLength: 128, examples: ['job_0197a2c4d5e67f8091a2b3c4d5e6f708'] });
