// What the job was resolved to: its stages, and each value that was chosen, with the rule that chose it.
import { trains } from '../../../contract/job-kinds.js';
import type { Job } from '../../../contract/job.js';
import type { CompareSpec, ResolvedSpec } from '../../../contract/training-specs.js';
import type { EvaluateSpec, ExplainSpec, ExportSpec } from '../../../contract/untrained-specs.js';
import { number, whole, words } from '../../format.js';
import { CopyButton } from '../../parts/copy.js';

export function Plan({ job: { spec } }: { job: Pick<Job, 'spec'> }) {
  return (
    <>
      {trains(spec) && spec.type !== 'compare' && <Warnings spec={spec} />}
      <div class="grid">
        <Work spec={spec} />
        <Rules auto={spec.auto} />
      </div>
      <details class="panel">
        <summary>The whole spec</summary>
        <p><CopyButton text={JSON.stringify(spec, null, 2)} /></p>
        <pre tabIndex={0}>{JSON.stringify(spec, null, 2)}</pre>
      </details>
    </>
  );
}

function Work({ spec }: Pick<Job, 'spec'>) {
  if (spec.type === 'compare') return <Candidates spec={spec} />;
  if (spec.type === 'evaluate') return <Measured spec={spec} />;
  if (spec.type === 'explain') return <Looked spec={spec} />;
  return spec.type === 'export' ? <Exported spec={spec} /> : <Stages spec={spec} />;
}

export function Warnings({ spec: { warnings = [] } }: { spec: ResolvedSpec }) {
  if (warnings.length === 0) return null;
  return <div class="box warn"><ul>{warnings.map(({ code, message }) => <li key={code}>{message} <code>{code}</code></li>)}</ul></div>;
}

function Stages({ spec: { stages, training, wise_ft: wiseFt, lora } }: { spec: ResolvedSpec }) {
  return (
    <div class="panel">
      <h2>Stages</h2>
      <div class="scroll" tabIndex={0} role="region" aria-label="Stages">
        <table>
          <thead><tr><th class="number">No.</th><th>Layers that learn</th><th class="number">Epochs</th><th class="number">Steps</th><th>Learning rate</th></tr></thead>
          <tbody>
            {stages.map((stage, at) => (
              <tr key={at}>
                <td class="number">{at + 1}</td>
                <td>{stage.trainable.length > 4 ? `${stage.trainable.slice(0, 3).join(', ')} and ${stage.trainable.length - 3} more` : stage.trainable.join(', ')}</td>
                <td class="number">{stage.epochs}</td>
                <td class="number">{whole(stage.steps)}</td>
                <td>
                  {stage.solver ? 'solved' : number(stage.learning_rate)}{stage.schedule ? ` (${stage.schedule.name})` : ''}
                  {stage.rates && <ul>{stage.rates.map(({ layers, learning_rate: rate }) => <li key={layers.join()}>{number(rate)}: {layers.length > 2 ? `${layers[0]!} to ${layers.at(-1)!}` : layers.join(', ')}</li>)}</ul>}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="quiet">
        {training.optimizer.name}, batches of {training.batch_size}, {words(training.loss.name)}, seed {training.seed}, {whole(training.train_examples)} examples to train on, {whole(training.validation_examples)} to validate
        {wiseFt ? ', interpolated at the end (WiSE-FT)' : ''}{lora ? `, LoRA of rank ${lora.rank}` : ''}
      </p>
    </div>
  );
}

function Measured({ spec: { model, against, parts, slices, resamples } }: { spec: EvaluateSpec }) {
  return (
    <div class="panel">
      <h2>What is measured</h2>
      <p><code>{model.id}</code>{against !== null && <>, held against <code>{against.id}</code></>}, on {parts.map(({ part, examples }) => `${whole(examples)} examples of ${part}`).join(', ')}.</p>
      <p class="quiet">{whole(resamples)} resamples{slices.length > 0 ? `, by ${slices.join(', ')}` : ''}</p>
    </div>
  );
}

function Looked({ spec: { model, part, methods, examples, worst, output } }: { spec: ExplainSpec }) {
  return (
    <div class="panel">
      <h2>What is explained</h2>
      <p><code>{model.id}</code>, on {examples === null ? `the ${whole(worst!)} examples of ${part} with the greatest loss` : `${whole(examples.length)} examples of ${part}`}{output !== null && <>, for <strong>{output}</strong></>}.</p>
      <p class="quiet">{methods.map(words).join(', ')}</p>
    </div>
  );
}

function Exported({ spec: { model, format, quantize, max_drop: drop } }: { spec: ExportSpec }) {
  return (
    <div class="panel">
      <h2>What is written</h2>
      <p><code>{model.id}</code> as <code>{format}</code>{quantize !== null && `, weights as ${quantize.dtype} by ${quantize.by}`}{drop !== null && `, of whose accuracy ${number(drop)} may be lost`}.</p>
    </div>
  );
}

function Candidates({ spec: { candidates, seeds } }: { spec: CompareSpec }) {
  return (
    <div class="panel">
      <h2>Candidates</h2>
      <p class="quiet">Each by the seeds {seeds.join(', ')}.</p>
      {candidates.map(({ name, spec }) => <details key={name}><summary>{name}: {words(spec.type)}, {spec.stages.length} {spec.stages.length === 1 ? 'stage' : 'stages'}</summary><Stages spec={spec} /></details>)}
    </div>
  );
}

export function Rules({ auto }: { auto: ResolvedSpec['auto'] }) {
  return (
    <div class="panel">
      <h2>Chosen for you</h2>
      {auto.length === 0 ? <p class="quiet">Nothing: the request said it all.</p> : (
        <div class="scroll tall" tabIndex={0} role="region" aria-label="Chosen values">
          <table>
            <thead><tr><th>Where</th><th>Value</th><th>By which rule</th></tr></thead>
            <tbody>{auto.map(({ pointer, value, rule }) => <tr key={pointer}><td><code>{pointer}</code></td><td><code>{short(JSON.stringify(value))}</code></td><td>{rule}</td></tr>)}</tbody>
          </table>
        </div>
      )}
    </div>
  );
}

const short = (text = ''): string => (text.length > 80 ? `${text.slice(0, 77)}…` : text);
