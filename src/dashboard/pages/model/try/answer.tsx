// What a model said: the most likely classes as bars, or values; and how the same is asked elsewhere.
import type { Asked, Predictions } from '../../../../client/index.js';
import { number, percent } from '../../../format.js';
import { Bars } from '../../../parts/bars.js';
import { filesText, formFields, namesText } from '../../../parts/chosen-files.js';
import { CopyAs, type Request } from '../../../parts/copy.js';
import { Problem } from '../../../parts/problem.js';
import { Table } from '../../../parts/table.js';
import type { Prediction } from './use-prediction.js';

export function Answer({ model, prediction: { asked, answer, failure, isAsking }, hint }: { model: string; prediction: Prediction; hint: string }) {
  const files = asked !== undefined && 'files' in asked ? asked.files : undefined;
  return (
    <section class="panel answer" aria-busy={isAsking}>
      <div class="head"><h2>It says</h2>{asked !== undefined && <CopyAs request={requestOf(model, asked)} />}</div>
      {failure !== undefined && <Problem of={failure} />}
      {answer === undefined && failure === undefined && <p class="quiet">{isAsking ? 'It is being asked. The first time, the model has to be loaded.' : hint}</p>}
      {answer?.data.map((one, at) => (
        <div key={at}>
          {answer.data.length > 1 && <h3>{files?.[at]?.name ?? `Row ${at + 1}`}</h3>}
          <One of={one} names={answer.names} title={answer.data.length > 1 ? `${at + 1}` : ''} />
        </div>
      ))}
    </section>
  );
}

/** @param title tells it from others */
function One({ of: one, names, title }: { of: Predictions['data'][number]; names: readonly string[] | undefined; title: string }) {
  if ('values' in one) {
    return (
      <Table label={`Values ${title}`} titles={['Value', '#Told']}>
        {one.values.map((value, at) => <tr key={at}><td>{names?.[at] ?? `value ${at}`}</td><td class="number verdict">{number(value)}</td></tr>)}
      </Table>
    );
  }
  return (
    <>
      <p class="verdict"><strong>{one.label ?? `class ${one.index}`}</strong>{one.probability !== null && <span class="quiet"> {percent(one.probability, 1)}</span>}</p>
      <Bars label={`The most likely classes ${title}`} titles={['Class', 'Probability']} bars={one.top.map(({ label, index, probability }) => ({ name: label ?? `class ${index}`, length: probability ?? 0, texts: [probability === null ? 'not told' : percent(probability)] }))} />
    </>
  );
}

function requestOf(model: string, asked: Asked): Request {
  const request = { method: 'POST', path: `/v1/models/${model}/predict` } as const;
  if ('files' in asked) {
    return { ...request, form: formFields({}, asked.files, ''), call: `models.predict('${model}', { files: ${filesText(asked.files)} })`, command: `models predict ${model} ${namesText(asked.files)}` };
  }
  if ('csv' in asked) return { ...request, csv: asked.csv, call: `models.predict('${model}', { csv: ${JSON.stringify(asked.csv)} })`, command: `models predict ${model} rows.csv` };
  return { ...request, body: asked, call: `models.predict('${model}', ${JSON.stringify(asked)})`, command: `models predict ${model} instances.json` };
}
