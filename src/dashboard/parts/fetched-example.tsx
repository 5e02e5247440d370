// One example of a data set, asked for by its place.
import type { Preprocessing } from '../../contract/dataset.js';
import type { PartName } from '../../contract/parts.js';
import { useLive } from '../live/use-live.js';
import { client } from '../session.js';
import { Example } from './example.js';
import { Problem } from './problem.js';

export interface ExamplePlace {
  dataset: string;
  part: PartName;
  index: number;
}

/** The columns of a table, for its rows to be told by; undefined until they are known, and of pictures. */
export const useColumns = (dataset: string): Preprocessing['columns'] =>
  useLive(`dataset ${dataset}`, (signal) => client.value.datasets.get(dataset, { signal })).data?.content?.preprocessing.columns;

export function FetchedExample({ at: { dataset, part, index }, columns }: { at: ExamplePlace; columns: Preprocessing['columns'] }) {
  const { data, error, again } = useLive(`example ${dataset} ${part} ${index}`, (signal) => client.value.datasets.example(dataset, index, part, { signal }));
  if (data) return <Example of={data} columns={columns} />;
  return error === undefined ? null : <Problem of={error} onAgain={again} />;
}
