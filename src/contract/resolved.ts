// What every resolved spec has, whatever its kind.
import Type from './typebox.js';
import { closed } from './schema.js';

export const AutoChoices = Type.Array(closed({ pointer: Type.String(), value: Type.Unknown(), rule: Type.String() }), {
  description: 'Every value that was chosen for the caller, and the rule that chose it.',
});

export const Threads = Type.Integer({ description: 'Threads inside TensorFlow; the bytes of the result depend on it.' });
