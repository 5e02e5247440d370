// The report of an explanation: what in each example the model goes by, beside the example; and which columns of a table count.
import type { ExplainedExample, ExplainReport as Report, PermutationImportance } from '../../../contract/explain-report.js';
import type { ExplainMethod } from '../../../contract/explain-method.js';
import type { ExamplePrediction } from '../../../contract/example-prediction.js';
import type { Preprocessing } from '../../../contract/dataset.js';
import { metric as metricText, number, percent, shortId, signed, some } from '../../format.js';
import { Cells } from '../../parts/cells.js';
import { FetchedExample, useColumns } from '../../parts/fetched-example.js';
import { FetchedPicture } from '../../parts/fetched-picture.js';
import { Lazily } from '../../parts/lazily.js';
import { href } from '../../route.js';
import { client } from '../../session.js';
import { span } from './writing.js';

const METHOD_TITLES: Readonly<Record<ExplainMethod, string>> = {
  integrated_gradients: 'Integrated gradients', grad_cam: 'Grad-CAM', occlusion: 'Occlusion', nearest_examples: 'Nearest in training', permutation_importance: 'Shuffled columns',
};

export function ExplainReport({ report }: { report: Report }) {
  const { model, dataset, examples, methods, part, permutation_importance: permuted } = report;
  const tableColumns = useColumns(dataset);
  const hasMaps = examples.some(({ values }) => values !== null);
  return (
    <>
      <section class="panel finding" aria-label="Result">
        <h2>{methods.map((method) => METHOD_TITLES[method]).join(', ')}</h2>
        <p>
          <a href={href(['models', model])}>{shortId(model)}</a> on {some(examples.length, 'example')} of <a href={href(['datasets', dataset])}>{shortId(dataset)}</a> ({part}).
        </p>
        {hasMaps && <p class="quiet">A map shows what the output of this network follows from, not what causes the thing itself. Red speaks for what is explained, blue against it; of Grad-CAM bright is much.</p>}
      </section>
      {permuted && <Columns of={permuted} />}
      {examples.map((one) => <Explained key={one.example.id} of={one} report={report} columns={tableColumns} />)}
    </>
  );
}

function Columns({ of: { metric, value, columns, examples, repeats } }: { of: PermutationImportance }) {
  return (
    <section class="panel">
      <h2>Which columns count</h2>
      <Cells
        label="Columns by importance" isTall={columns.length > 12} titles={['Column', `#${metric} lost`, '#95 % interval']}
        rows={columns.map(({ column, importance, interval }) => [column, signed(importance), interval && span(interval, signed)])}
      />
      <p class="quiet">By how much {metric} ({metricText(metric, value)} on {some(examples, 'example')}) gets worse when the values of the column are shuffled, {repeats} times. Columns that tell the same share what they are worth.</p>
    </section>
  );
}

function Explained({ of: { example, output, integrated_gradients: gradients, grad_cam: cam, occlusion, nearest_examples: nearest }, report, columns }: { of: ExplainedExample; report: Report; columns: Preprocessing['columns'] }) {
  const maps = [
    ['integrated_gradients', gradients?.picture, gradients && `${some(gradients.steps, 'step')}${gradients.is_complete ? '' : ', not complete'}`],
    ['grad_cam', cam?.picture, cam?.layer],
    ['occlusion', occlusion?.picture, occlusion && `${occlusion.patch} px, every ${occlusion.stride}`],
  ] as const;
  return (
    <section class="panel" aria-label={`Example ${example.index}`}>
      <h2>No. {example.index}: {saidOf(example)}</h2>
      <p class="quiet">Explained: {output.name}, for which the network gives {number(output.value)}{example.loss !== null && `; loss ${number(example.loss)}`}.</p>
      <ul class="gallery">
        <li><Lazily class="thumbnail">{() => <FetchedExample at={example} columns={columns} />}</Lazily><span>The example</span></li>
        {maps.map(([method, name, what]) => name && (
          <li key={method}>
            <Lazily class="thumbnail">{() => <FetchedPicture name={`${report.job} ${name}`} alt={`${METHOD_TITLES[method]} of example ${example.index}, for ${output.name}`} fetch={(signal) => client.value.jobs.artifact(report.job, name, { signal })} />}</Lazily>
            <span>{METHOD_TITLES[method]}</span>
            <span class="quiet">{what}</span>
          </li>
        ))}
      </ul>
      {gradients && gradients.picture === null && <p class="quiet">Integrated gradients sum to {number(gradients.sum)} of {number(gradients.difference)}; the numbers are among the files.</p>}
      {nearest && nearest.length > 0 && (
        <>
          <h3>{METHOD_TITLES.nearest_examples}</h3>
          <ul class="gallery">
            {nearest.map(({ index, true: truth, distance }) => (
              <li key={index}>
                <Lazily class="thumbnail">{() => <FetchedExample at={{ dataset: report.dataset, part: 'train', index }} columns={columns} />}</Lazily>
                <span>{typeof truth === 'string' ? truth : truth.map(number).join(', ')}</span>
                <span class="quiet number">No. {index}, {number(distance)} away</span>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

function saidOf(example: ExamplePrediction): string {
  if (typeof example.true === 'string' && 'probability' in example) {
    const sure = example.probability === null ? '' : ` (${percent(example.probability)})`;
    return example.true === example.predicted ? `${example.true}, told${sure}` : `${example.true}, taken for ${example.predicted}${sure}`;
  }
  const told = (values: readonly (number | null)[]): string => values.map((value) => (value === null ? 'not finite' : number(value))).join(', ');
  return `${told(example.true as (number | null)[])}, predicted ${told(example.predicted as (number | null)[])}`;
}
