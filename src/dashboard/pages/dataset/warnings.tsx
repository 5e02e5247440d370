// What may go wrong in training on a data set, each with the rows, classes or columns that it is about.
import type { DatasetContent } from '../../../contract/dataset.js';
import type { DatasetReport, Warning } from '../../../contract/dataset-report.js';
import { href, place } from '../../route.js';
import { inputNames } from './input-names.js';

export function Warnings({ id, report: { warnings }, content }: { id: string; report: DatasetReport; content: DatasetContent | null }) {
  if (warnings.length === 0) return content === null ? null : <p class="box fine"><strong>Nothing to warn of:</strong> no class is small, no row is there twice, all rows could be read.</p>;
  return (
    <section class="box warn" aria-label="Warnings">
      <ul class="warnings">{warnings.map((warning) => <li key={warning.code}><strong>{warning.message}</strong> <code>{warning.code}</code><Examples id={id} of={warning} content={content} /></li>)}</ul>
    </section>
  );
}

function Examples({ id, of: { examples }, content }: { id: string; of: Warning; content: DatasetContent | null }) {
  const names = content === null ? [] : inputNames(content);
  const lines = examples.filter(({ rows, classes, columns }) => rows.length + classes.length + columns.length > 0);
  if (lines.length === 0) return null;
  return (
    <div class="quiet">
      For example{' '}
      {lines.map(({ rows, classes, columns }, at) => (
        <span key={at} class="tag">
          {[...classes, ...columns.map((column) => names[column] ?? `column ${column}`)].join(', ')}
          {rows.map(({ part, index }, of) => <span key={of}>{of > 0 ? ' = ' : ' '}<a href={href(['datasets', id], { ...place.value.query, part, index: String(index) })}>{part} {index}</a></span>)}
        </span>
      ))}
    </div>
  );
}
