// What the model of a job says of each test example.
import type { Job } from '../../../contract/job.js';
import { Confusion } from './confusion.js';
import { Examples } from './examples.js';

export function PredictionsPart({ job: { id, runs, spec } }: { job: Job }) {
  if (spec.type === 'compare') return <p class="empty">A comparison makes no model, and so no predictions. Its report holds its candidates against each other.</p>;
  const matrix = runs.find(({ role }) => role === 'main')?.confusion_matrix;
  return (
    <>
      {matrix && <Confusion matrix={matrix} names={spec.class_names} />}
      <Examples id={id} names={spec.class_names} columns={spec.preprocessing?.columns} />
    </>
  );
}
