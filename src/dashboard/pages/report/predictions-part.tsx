// What the model of a job says of each test example.
import type { Job } from '../../../contract/job.js';
import { Confusion } from './confusion.js';
import { Examples } from './examples.js';

export function PredictionsPart({ job: { id, runs, spec } }: { job: Job }) {
  if (spec.type === 'evaluate') return <Examples id={id} names={spec.task === 'classification' ? spec.model.labels : []} dataset={spec.dataset} />;
  if (spec.type === 'compare' || spec.type === 'explain' || spec.type === 'export') return <p class="empty">This kind of job predicts nothing that is kept. Its report says what it came to.</p>;
  const matrix = runs.find(({ role }) => role === 'main')?.confusion_matrix;
  return (
    <>
      {matrix && <Confusion matrix={matrix} names={spec.class_names} />}
      <Examples id={id} names={spec.class_names} dataset={spec.dataset} />
    </>
  );
}
