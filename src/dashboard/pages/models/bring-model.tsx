// A model from elsewhere: its files, its address, or its name in the catalogue.
import { useState } from 'preact/hooks';
import type { ModelFetchRequest, ModelImportForm } from '../../../contract/model.js';
import { ChosenFiles, filesText, formFields, namesText } from '../../parts/chosen-files.js';
import { CopyAs } from '../../parts/copy.js';
import { SendForm } from '../../parts/send-form.js';
import { ChoiceField, TextField } from '../../parts/text-field.js';
import { Ways } from '../../parts/ways.js';
import { go, href } from '../../route.js';
import { client } from '../../session.js';
import { Catalogue } from './catalogue.js';

const WAYS = { files: 'Files', address: 'An address', catalogue: 'The catalogue' };
const RANGES: readonly (readonly [string, string])[] = [['', '0 to 1'], ['[-1,1]', '−1 to 1'], ['[0,255]', '0 to 255']];
const TASKS: readonly (readonly [string, string])[] = [['', 'the last layer tells'], ['classification', 'classification'], ['regression', 'regression']];

export const BringModel = () => <Ways title="Bring a model" ways={WAYS} shown={(way) => (way === 'catalogue' ? <Catalogue /> : way === 'address' ? <Address /> : <Files />)} />;

export const open = ({ id }: { id: string }): void => go(href(['models', id]));

interface Draft {
  name: string;
  labels: string;
  range: string;
  task: string;
}
const NOTHING_SAID: Draft = { name: '', labels: '', range: '', task: '' };

const formOf = ({ name, labels, range, task }: Draft): ModelImportForm => ({
  ...(name !== '' && { name }),
  ...(labels.trim() !== '' && { labels: labels.split(/[,\n]/).map((label) => label.trim()).filter(Boolean) }),
  ...(range !== '' && { input_range: JSON.parse(range) as number[] }),
  ...(task !== '' && { task: task as NonNullable<ModelImportForm['task']> }),
});

function Options({ draft, onDraft }: { draft: Draft; onDraft: (draft: Draft) => void }) {
  const set = (key: keyof Draft) => (value: string) => onDraft({ ...draft, [key]: value });
  return (
    <div class="columns">
      <TextField label="Name" value={draft.name} onValue={set('name')} />
      <TextField label="Labels in the order of the outputs, commas between" value={draft.labels} onValue={set('labels')} placeholder="those that come with the files" />
      <ChoiceField label="A pixel, darkest to brightest, is" value={draft.range} onValue={set('range')} options={RANGES} />
      <ChoiceField label="Task" value={draft.task} onValue={set('task')} options={TASKS} />
    </div>
  );
}

function Files() {
  const [files, setFiles] = useState<readonly File[]>([]);
  const [draft, setDraft] = useState(NOTHING_SAID);
  const form = formOf(draft);
  return (
    <SendForm
      label="Send"
      disabled={files.length === 0}
      send={async () => open(await client.peek().models.import({ ...form, files }, { timeoutMs: 600_000 }))}
      more={<CopyAs request={{ method: 'POST', path: '/v1/models/imports', form: formFields(form, files, 'model.json'), call: `models.import({ ...${JSON.stringify(form)}, files: ${filesText(files)} })`, command: `models import ${namesText(files)}` }} />}
    >
      <ChosenFiles files={files} onFiles={setFiles}>TensorFlow.js: model.json with its shards, or a zip of them. Keras: one .keras or .h5 file.</ChosenFiles>
      <Options draft={draft} onDraft={setDraft} />
    </SendForm>
  );
}

function Address() {
  const [url, setUrl] = useState('');
  const [draft, setDraft] = useState(NOTHING_SAID);
  const request: ModelFetchRequest = { ...formOf(draft), url };
  return (
    <SendForm label="Fetch it" send={async () => open(await client.peek().models.import(request))} more={<CopyAs request={{ method: 'POST', path: '/v1/models/imports', body: request, call: `models.import(${JSON.stringify(request)})`, command: `models import --from-url ${JSON.stringify(url)}` }} />}>
      <TextField label="Address of a .keras, .h5 or zip file, or of a model.json, which the service fetches" type="url" required value={url} onValue={setUrl} placeholder="https://" />
      <Options draft={draft} onDraft={setDraft} />
    </SendForm>
  );
}
