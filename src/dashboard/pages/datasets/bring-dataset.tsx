// A data set to be: of files, drawn, or of an address.
import { useState } from 'preact/hooks';
import type { DatasetRequest, GeneratorName } from '../../../contract/dataset.js';
import { ChosenFiles, filesText, formFields, namesText } from '../../parts/chosen-files.js';
import { CopyAs } from '../../parts/copy.js';
import { SendForm } from '../../parts/send-form.js';
import { ChoiceField, TextField } from '../../parts/text-field.js';
import { Ways } from '../../parts/ways.js';
import { go, href, place } from '../../route.js';
import { client } from '../../session.js';
import { formOf, NOTHING_SAID, ReadingOptions } from './reading-options.js';
import { sendDataset } from './sendings.js';

const WAYS = { files: 'Files', drawn: 'Drawn here', address: 'An address' };
const GENERATORS: readonly (readonly [GeneratorName, string])[] = [['glyph_digits', 'digits 0 to 9'], ['glyph_letters', 'letters A to J']];
const MOST_FILES = 16;

export const BringDataset = () => <Ways title="Bring a data set" ways={WAYS} shown={(way) => (way === 'drawn' ? <Drawn /> : way === 'address' ? <Address /> : <Files />)} />;

const open = (id: string): void => go(href(['datasets', id]));
const create = async (request: DatasetRequest): Promise<void> => open((await client.peek().datasets.create(request)).id);
const copied = (body: DatasetRequest, command: string) => <CopyAs request={{ method: 'POST', path: '/v1/datasets', body, call: `datasets.create(${JSON.stringify(body)})`, command }} />;

function Files() {
  const [files, setFiles] = useState<readonly File[]>([]);
  const [draft, setDraft] = useState(NOTHING_SAID);
  const form = formOf(draft);
  const send = async (): Promise<void> => {
    setFiles([]);
    setDraft(NOTHING_SAID);
    const made = await sendDataset(files, form);
    // Whoever went elsewhere meanwhile stays there.
    if (made !== undefined && place.peek().path.join() === 'datasets') open(made);
  };
  return (
    <SendForm
      label="Send"
      send={async () => void send()}
      disabled={files.length === 0}
      more={<CopyAs request={{ method: 'POST', path: '/v1/datasets', form: formFields(form, files, 'data.csv'), call: `datasets.upload(${filesText(files)}, ${JSON.stringify(form)})`, command: `datasets add ${namesText(files)}` }} />}
    >
      <ChosenFiles files={files} onFiles={(chosen) => setFiles(chosen.slice(0, MOST_FILES))}>A table (CSV, JSON lines, Parquet), pictures in a zip or tar with a folder for each class, NumPy arrays, or IDX. Large files go in pieces and may be broken off.</ChosenFiles>
      <ReadingOptions draft={draft} onDraft={setDraft} />
    </SendForm>
  );
}

function Drawn() {
  const [name, setName] = useState('');
  const [generator, setGenerator] = useState<string>('glyph_digits');
  const [examples, setExamples] = useState('12000');
  const [seed, setSeed] = useState('1');
  const request: DatasetRequest = { ...(name !== '' && { name }), generate: { name: generator as GeneratorName, examples: Number(examples), seed: Number(seed) } };
  return (
    <SendForm label="Draw it" send={() => create(request)} more={copied(request, `datasets add --generate ${generator} --examples ${examples} --seed ${seed}`)}>
      <p class="quiet">Ten classes of 28 × 28 pixels, drawn by the service itself: something to try things with.</p>
      <div class="columns">
        <TextField label="Name" value={name} onValue={setName} placeholder={generator} />
        <ChoiceField label="What" value={generator} onValue={setGenerator} options={GENERATORS} />
        <TextField label="Examples, 5 : 1 to train and to test" type="number" required min={100} max={100_000} value={examples} onValue={setExamples} />
        <TextField label="Seed" type="number" required min={0} max={4_294_967_295} value={seed} onValue={setSeed} />
      </div>
    </SendForm>
  );
}

function Address() {
  const [url, setUrl] = useState('');
  const [draft, setDraft] = useState(NOTHING_SAID);
  const request: DatasetRequest = { ...formOf(draft), url };
  return (
    <SendForm label="Fetch it" send={() => create(request)} more={copied(request, `datasets add --from-url ${JSON.stringify(url)}`)}>
      <TextField label="Address of the one file, which the service fetches" type="url" required value={url} onValue={setUrl} placeholder="https://" />
      <ReadingOptions draft={draft} onDraft={setDraft} />
    </SendForm>
  );
}
