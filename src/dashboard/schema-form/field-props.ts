// What every field of a form is given.
import type { Definitions, Schema } from './schema.js';

/** Things of the service that a text names: shown by their names. */
export type Pickers = Readonly<Record<string, readonly { value: string; label: string }[]>>;

export interface FieldProps {
  name: string;
  /** RFC 6901. */
  pointer: string;
  schema: Schema;
  definitions: Definitions;
  value: unknown;
  onChange: (value: unknown) => void;
  /** What the service says against values, by pointer. */
  errors: Readonly<Record<string, string>>;
  pickers: Pickers;
}
