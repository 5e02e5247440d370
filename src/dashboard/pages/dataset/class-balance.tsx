// How many examples each class has, as bars.
import { useState } from 'preact/hooks';
import type { Findings } from '../../../contract/dataset-report.js';
import { PARTS, partsIn } from '../../../contract/parts.js';
import { percent, whole } from '../../format.js';
import { Bars } from '../../parts/bars.js';

const MOST_SHOWN = 50;

export function ClassBalance({ findings: { classes, parts } }: { findings: Findings }) {
  const [isAll, setAll] = useState(false);
  const most = Math.max(...classes.map(({ examples }) => examples), 1);
  const there = partsIn(parts);
  const bars = classes.slice(0, isAll ? undefined : MOST_SHOWN).map(({ name, examples, share }, at) => ({
    name, length: examples / most, texts: [whole(examples), percent(share, 1), ...there.map((part) => whole(parts[part]!.class_counts[at] ?? 0))],
  }));
  return (
    <section class="panel">
      <h2>Classes</h2>
      <Bars label="Examples of each class" titles={['Class', 'Examples', 'Share', ...PARTS.filter((part) => there.includes(part))]} bars={bars} />
      {!isAll && classes.length > MOST_SHOWN && <p><button type="button" class="small" onClick={() => setAll(true)}>Show all {whole(classes.length)}</button></p>}
    </section>
  );
}
