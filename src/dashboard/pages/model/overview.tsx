// A model in facts: its metrics, what its outputs mean, what people say of it.
import type { Model } from '../../../contract/model.js';
import { metric, shortId, whole, words } from '../../format.js';
import { CopyButton } from '../../parts/copy.js';
import { Facts } from '../../parts/facts.js';
import { When } from '../../parts/when.js';
import { href } from '../../route.js';
import { Preprocessing } from '../dataset/source.js';
import { MadeBy } from '../models/made-by.js';
import { Said } from './said.js';
import { Versions } from './versions.js';

const MOST_LABELS = 100;

export function Overview({ model, onChange }: { model: Model; onChange: () => void }) {
  const { id, name, metrics, labels, task, dataset, base_model: base, architecture, parameters, created_at: created, weights_digest: digest } = model;
  const values = Object.entries(metrics);
  return (
    <>
      <div class="panel">
        <Facts
          rows={[
            ['Input', architecture.input_shape.join(' × ')],
            ['Layers', architecture.layers.length],
            ['Parameters', whole(parameters)],
            ['Made by', <MadeBy key="by" of={model} />],
            dataset !== null && ['Trained on', <a key="dataset" href={href(['datasets', dataset])}>{shortId(dataset)}</a>],
            base !== null && ['Started from', <Base key="base" of={base} />],
            ['Made', <When key="made" at={created} />],
            ['Id', <code key="id">{id}</code>],
            ['Digest of its weights', <span key="digest"><code title={digest}>{digest.slice(0, 12)}…</code> <CopyButton text={digest} /></span>],
          ]}
        />
      </div>
      <div class="grid">
        <section class="panel">
          <h2>Metrics</h2>
          {values.length === 0 ? <p class="quiet">None: it was not measured here. A job that starts from it measures what came of it.</p> : (
            <table>
              <thead><tr><th>Metric</th><th class="number">Value</th></tr></thead>
              <tbody>{values.map(([name, value]) => <tr key={name}><td>{words(name)}</td><td class="number">{metric(name, value)}</td></tr>)}</tbody>
            </table>
          )}
        </section>
        <Said key={id} model={model} onChange={onChange} />
        {name !== null && <Versions name={name} of={id} />}
        <section class="panel">
          <h2>{task === 'regression' ? 'Values that it tells' : 'Classes that it tells'}</h2>
          {labels.length === 0 ? <p class="quiet">It came without labels: its outputs are told by number.</p> : <p>{labels.slice(0, MOST_LABELS).map((label) => <span key={label} class="tag">{label}</span>)}{labels.length > MOST_LABELS && <span class="quiet"> and {whole(labels.length - MOST_LABELS)} more</span>}</p>}
        </section>
        <Preprocessing of={model.preprocessing} />
      </div>
    </>
  );
}

const Base = ({ of: base }: { of: NonNullable<Model['base_model']> }) =>
  typeof base === 'string' ? <a href={href(['models', base])}>{shortId(base)}</a> : <a href={href(['jobs', base.job, 'checkpoints'])}>a checkpoint of {shortId(base.job)}</a>;
