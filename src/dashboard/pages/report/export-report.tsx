// The report of an export: in which runtime it was run, how far it lies from the model, and what fewer bits cost.
import type { ExportReport as Report } from '../../../contract/export-report.js';
import { bytes, number, percent, shortId, some, words } from '../../format.js';
import { Cells } from '../../parts/cells.js';
import { Facts } from '../../parts/facts.js';
import { href } from '../../route.js';

export function ExportReport({ report: { job, model, format, quantize, files, verification, accuracy } }: { report: Report }) {
  const { runtime, inputs, inputs_from: from, largest_difference: difference, accepted } = verification;
  const size = files.reduce((sum, { size_bytes: one }) => sum + one, 0);
  return (
    <>
      <section class="panel finding good" aria-label="Result">
        <h2>{words(format)}{quantize ? `, ${quantize.dtype} by ${quantize.by}` : ''}: verified in {runtime}</h2>
        <Facts
          rows={[
            ['Model', <a key="model" href={href(['models', model])}>{shortId(model)}</a>],
            ['Run on', `${some(inputs, 'input')} of ${from === 'dataset' ? 'the test part' : 'the golden pairs'}`],
            ['Largest difference', number(difference)],
            ['Accepted up to', number(accepted)],
            ['Size', bytes(size)],
            accuracy !== null && [words(accuracy.metric), accuracy.metric === 'accuracy' ? `${percent(accuracy.after)}, before ${percent(accuracy.before)}` : `${number(accuracy.after)}, before ${number(accuracy.before)}`],
            accuracy !== null && ['Measured on', `${some(accuracy.examples, 'example')}${accuracy.measured_on === 'test_part' ? ' of the test part' : ', by what the model itself says'}`],
          ]}
        />
      </section>
      <section class="panel">
        <h2>Files</h2>
        <Cells label="Files of the export" titles={['File', '#Size', 'SHA-256']} rows={files.map(({ name, size_bytes: one, sha256 }) => [name, bytes(one), <code key="digest" title={sha256}>{sha256.slice(0, 16)}…</code>])} />
        <p><a href={href(['jobs', job, 'files'])}>Download</a></p>
      </section>
    </>
  );
}
