// How files are read, where their content does not tell.
import type { DatasetForm } from '../../../contract/dataset.js';
import { words } from '../../format.js';
import { ChoiceField, TextField } from '../../parts/text-field.js';

const FORMATS: Readonly<Record<NonNullable<DatasetForm['format']>, string>> = {
  csv: 'CSV', jsonl: 'lines of JSON', parquet: 'Parquet', images: 'pictures in a zip or tar', npy: 'NumPy', idx: 'IDX, as MNIST has it',
};
const TASKS: readonly NonNullable<DatasetForm['task']>[] = ['classification', 'regression'];

/** What is empty is left to the service. */
export interface ReadingDraft {
  name: string;
  format: string;
  task: string;
  badRows: string;
  target: string;
}
export const NOTHING_SAID: ReadingDraft = { name: '', format: '', task: '', badRows: '', target: '' };

export const formOf = ({ name, format, task, badRows, target }: ReadingDraft): DatasetForm => ({
  ...(name !== '' && { name }),
  ...(format !== '' && { format: format as NonNullable<DatasetForm['format']> }),
  ...(task !== '' && { task: task as NonNullable<DatasetForm['task']> }),
  ...(badRows !== '' && { on_bad_rows: badRows as NonNullable<DatasetForm['on_bad_rows']> }),
  ...(target !== '' && { table: { target } }),
});

export function ReadingOptions({ draft, onDraft }: { draft: ReadingDraft; onDraft: (draft: ReadingDraft) => void }) {
  const set = (key: keyof ReadingDraft) => (value: string) => onDraft({ ...draft, [key]: value });
  return (
    <div class="columns">
      <TextField label="Name" value={draft.name} onValue={set('name')} placeholder="that of the first file" />
      <ChoiceField label="Format" value={draft.format} onValue={set('format')} options={[['', 'the content tells'], ...Object.entries(FORMATS)]} />
      <ChoiceField label="Task" value={draft.task} onValue={set('task')} options={[['', 'the labels tell'], ...TASKS.map((task) => [task, words(task)] as const)]} />
      <ChoiceField label="Rows that cannot be read" value={draft.badRows} onValue={set('badRows')} options={[['', 'are left out and counted'], ['refuse', 'refuse the data set']]} />
      <TextField label="Column to predict, of a table" value={draft.target} onValue={set('target')} placeholder="label, class, target, y, or the last" />
    </div>
  );
}
