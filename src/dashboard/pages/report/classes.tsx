// Class by class: what is found, what is taken for it, and by how much transfer changed that.
import type { ReportedClass } from '../../../contract/transfer-report.js';
import { rangeOf } from '../../chart/scale.js';
import { Whisker } from '../../chart/whisker.js';
import { percent, whole } from '../../format.js';
import { Cells } from '../../parts/cells.js';
import { place, setQuery } from '../../route.js';
import { points, withInterval } from './writing.js';

/** Those that one should look at first come first. */
const SORTS = {
  recall_difference: { title: 'where transfer costs most recall', by: (one) => one.recall_difference },
  precision_difference: { title: 'where transfer costs most precision', by: (one) => one.precision_difference },
  recall: { title: 'lowest recall', by: (one) => one.recall?.value ?? null },
  precision: { title: 'lowest precision', by: (one) => one.precision },
  order: { title: 'as the data set has them', by: () => 0 },
} as const satisfies Record<string, { title: string; by: (one: ReportedClass) => number | null }>;
type SortName = keyof typeof SORTS;

export function Classes({ classes }: { classes: readonly ReportedClass[] }) {
  const hasDifferences = classes.some(({ recall_difference: difference }) => difference !== null);
  const names = (Object.keys(SORTS) as SortName[]).filter((name) => hasDifferences || !name.endsWith('difference'));
  const { by = names[0]! } = place.value.query;
  const { by: valueOf } = SORTS[by as SortName] ?? SORTS.order;
  const sorted = classes.toSorted((one, other) => (valueOf(one) ?? Infinity) - (valueOf(other) ?? Infinity));
  const differences = rangeOf([0, ...classes.flatMap((one) => [one.recall_difference ?? 0, one.precision_difference ?? 0])]);
  return (
    <section class="panel">
      <div class="head">
        <h2>Class by class</h2>
        <label class="inline">Order <select value={by} onChange={(event) => setQuery({ by: event.currentTarget.value })}>{names.map((name) => <option key={name} value={name}>{SORTS[name].title}</option>)}</select></label>
      </div>
      <Cells
        label="Class by class" isTall={classes.length > 12}
        titles={['Class', '#Examples', '#Recall (95 %)', '-Recall, drawn', '#Precision', hasDifferences && '#Recall, by transfer', hasDifferences && '-Difference of recall, drawn', hasDifferences && '#Precision, by transfer']}
        rows={sorted.map(({ name, examples, recall, precision, recall_difference: ofRecall, precision_difference: ofPrecision }) => [
          name, whole(examples), withInterval(recall), recall && <Whisker key="recall" range={{ low: 0, high: 1 }} value={recall.value} interval={recall.interval} />,
          precision !== null && percent(precision), ofRecall !== null && points(ofRecall), ofRecall !== null && <Whisker key="difference" range={differences} value={ofRecall} other={0} />, ofPrecision !== null && points(ofPrecision),
        ])}
      />
    </section>
  );
}
