// A job to be: a form from the served schema, and beside it what the service would make of it, before anything is sent.
import { useEffect, useState } from 'preact/hooks';
import type { JobSchema } from '../../../contract/job-schema.js';
import type { JobType } from '../../../contract/job.js';
import type { AnyJobRequest, Dataset, AnyModel } from '../../../client/index.js';
import { shortId, words } from '../../format.js';
import { useLive } from '../../live/use-live.js';
import { CopyAs } from '../../parts/copy.js';
import { Loaded } from '../../parts/loaded.js';
import { Problem } from '../../parts/problem.js';
import { Title } from '../../parts/title.js';
import { go, href, place, setQuery } from '../../route.js';
import { client, noteAccess } from '../../session.js';
import { ObjectFields } from '../../schema-form/field.js';
import type { Pickers } from '../../schema-form/field-props.js';
import { JsonField } from '../../schema-form/json-field.js';
import type { Schema } from '../../schema-form/schema.js';
import { JOB_KINDS, KIND_TITLES } from '../job-kinds.js';
import { errorsByPointer, Preview, usePreview } from './preview.js';
import { requestOf } from './request-of.js';

type Draft = Readonly<Record<string, unknown>>;
const MOST_NAMED = 100;

export function NewJobPage() {
  const { type = 'fine_tune', from, base_model: base } = place.value.query;
  const live = useLive(`schema ${type} ${base ?? ''}`, (signal) => client.value.jobs.schema(type as JobType, base, { signal }));
  const named = useLive('named', async (signal) => ({
    datasets: (await client.value.datasets.list({ limit: MOST_NAMED, status: 'ready' }, { signal }).page()).data,
    models: (await client.value.models.list({ limit: MOST_NAMED, status: 'ready' }, { signal }).page()).data,
    catalogue: (await client.value.models.catalogue({ signal })).data.map(({ name }) => name),
  }));
  const cloned = useLive(`job ${from ?? ''}`, async (signal) => (from === undefined ? null : client.value.jobs.get(from, { signal })));
  return (
    <>
      <Title text="New job" />
      <div class="tabs" role="group" aria-label="Kind of job">
        {JOB_KINDS.map((kind) => <a key={kind} href={href(['jobs', 'new'], { ...place.value.query, type: kind, from: undefined })} aria-current={kind === type ? 'page' : undefined}>{KIND_TITLES[kind]}</a>)}
      </div>
      <Loaded live={live}>
        {(schema) => (
          <Loaded live={named}>
            {({ datasets, models, catalogue }) => <Loaded live={cloned}>{(job) => <Form key={`${type} ${base} ${from}`} schema={schema} start={startOf(schema, job === null ? undefined : requestOf(job))} pickers={pickersOf(datasets, models, catalogue)} />}</Loaded>}
          </Loaded>
        )}
      </Loaded>
    </>
  );
}

/** What must be said, by kinds that need something else than a data set and a base model. */
const EMPTY: Partial<Record<JobType, Draft>> = { pretrain: { dataset: '' }, evaluate: { dataset: '', model: '' }, export: { model: '' } };

/** The template, or the job that is cloned, and what the address says. */
function startOf({ template, type }: JobSchema, cloned: Draft | undefined): Draft {
  const { dataset, base_model: base, checkpoint } = place.peek().query;
  const given = { ...(dataset && { dataset }), ...(base && { base_model: base }), ...(checkpoint && { base_model: { job: place.peek().query.job, checkpoint } }) };
  const empty = EMPTY[type] ?? { dataset: '', base_model: '' };
  return { ...empty, ...(cloned?.type === type ? cloned : template), ...given };
}

const pickersOf = (datasets: readonly Dataset[], models: readonly AnyModel[], catalogue: readonly string[]): Pickers => ({
  '/dataset': datasets.map(({ id, name }) => ({ value: id, label: `${name} (${shortId(id)})` })),
  '/base_model': [...models.map(({ id, name }) => ({ value: id, label: `${name ?? 'model'} (${shortId(id)})` })), ...catalogue.map((name) => ({ value: name, label: `${name} (catalogue)` }))],
});

function Form({ schema: { schema, type, missing }, start, pickers }: { schema: JobSchema; start: Draft; pickers: Pickers }) {
  const [draft, setDraft] = useState(start);
  const [isJson, setJson] = useState(false);
  const [failure, setFailure] = useState<unknown>();
  const [isBusy, setBusy] = useState(false);
  const preview = usePreview(draft);
  useEffect(() => setQuery({ type }), [type]);
  const { $defs: definitions = {}, ...root } = schema as Schema;
  const submit = async (): Promise<void> => {
    setBusy(true);
    setFailure(undefined);
    try {
      const { id } = await client.value.jobs.submit(draft as AnyJobRequest);
      go(href(['jobs', id]));
    } catch (error) {
      noteAccess(error);
      setFailure(error);
      setBusy(false);
    }
  };
  const lacking = missing.filter((pointer) => !draft[pointer.slice(1)]);
  return (
    <form class="grid" onSubmit={(event) => { event.preventDefault(); void submit(); }}>
      <div class="panel">
        <div class="head">
          <h2>What is asked for</h2>
          <label class="inline"><input type="checkbox" checked={isJson} onChange={(event) => setJson(event.currentTarget.checked)} /> as JSON</label>
        </div>
        {lacking.length > 0 && <div class="box warn"><p>There is no {lacking.map((pointer) => words(pointer.slice(1))).join(' and no ')} yet that fits. {lacking.includes('/dataset') && <a href={href(['datasets'])}>Bring a data set</a>} {lacking.includes('/base_model') && <a href={href(['models'])}>Bring a model</a>}</p></div>}
        {isJson ? <JsonField rows={24} value={draft} onChange={(next) => setDraft(next as Draft)} /> : <ObjectFields name="" pointer="" schema={root} definitions={definitions} value={draft} onChange={(next) => setDraft(next as Draft)} errors={errorsByPointer(preview.error)} pickers={pickers} hidden={['type']} />}
        <div class="buttons actions">
          <button class="primary" disabled={isBusy}>Submit</button>
          <CopyAs request={{ method: 'POST', path: '/v1/jobs', body: draft, call: `jobs.submit(${JSON.stringify(draft, null, 2)})`, command: `jobs submit -f job.json` }} />
        </div>
        {failure !== undefined && <Problem of={failure} />}
      </div>
      <Preview of={preview} />
    </form>
  );
}
