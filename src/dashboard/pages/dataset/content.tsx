// What a data set is, in a few facts.
import type { Dataset, DatasetContent } from '../../../contract/dataset.js';
import { bytes, some, whole } from '../../format.js';
import { CopyButton } from '../../parts/copy.js';
import { Facts } from '../../parts/facts.js';
import { When } from '../../parts/when.js';

export const shapeText = (shape: readonly number[]): string => shape.join(' × ');

export function Content({ dataset: { id, format, created_at: created }, content }: { dataset: Dataset; content: DatasetContent }) {
  const { parts, task, target, class_names: classes, split } = content;
  return (
    <div class="panel">
      <Facts
        rows={[
          ['Input', content.input_shape.length === 1 ? some(content.input_shape[0]!, 'number') : shapeText(content.input_shape)],
          ['To tell', task === 'regression' ? (target?.names.join(', ') || 'a value') : some(classes.length, 'class', 'classes')],
          ['To train', whole(parts.train.examples)],
          parts.validation !== undefined && ['To validate', whole(parts.validation.examples)],
          ['To test', whole(parts.test.examples)],
          split !== null && ['Split', `a ${Math.round(100 * split.test_fraction)}\u00a0% test part of ${split.from}, by seed ${split.seed}`],
          ['Format', format],
          ['Size', bytes(content.size_bytes)],
          ['Made', <When key="made" at={created} />],
          ['Id', <code key="id">{id}</code>],
          ['Digest', <span key="digest"><code title={content.digest}>{content.digest.slice(0, 12)}…</code> <CopyButton text={content.digest} /></span>],
        ]}
      />
    </div>
  );
}
