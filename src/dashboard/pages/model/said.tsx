// What people say of a model: its name, aliases that mean it and no other, notes.
import { useState } from 'preact/hooks';
import type { Model, ModelChange, ModelStage } from '../../../contract/model.js';
import { announce } from '../../parts/announce.js';
import { CopyAs, quoted } from '../../parts/copy.js';
import { Facts } from '../../parts/facts.js';
import { SendForm } from '../../parts/send-form.js';
import { TextField } from '../../parts/text-field.js';
import { When } from '../../parts/when.js';
import { client, mayAct } from '../../session.js';

const KNOWN: Readonly<Record<ModelStage, true>> = { none: true, staging: true, production: true, archived: true };
const STAGES = Object.keys(KNOWN) as ModelStage[];

export function Said({ model, onChange }: { model: Model; onChange: () => void }) {
  const [isOpen, setOpen] = useState(false);
  const { name, version = null, stage = 'none', stage_history: history = [], aliases = [], notes = null, metadata = {} } = model;
  return (
    <section class="panel">
      <div class="head"><h2>What is said of it</h2>{mayAct.value && !isOpen && <button type="button" class="small" onClick={() => setOpen(true)}>Change</button>}</div>
      {isOpen ? <Form model={model} onDone={() => { setOpen(false); onChange(); }} onClose={() => setOpen(false)} /> : (
        <Facts
          rows={[
            ['Name', name ?? <span key="none" class="quiet">none</span>],
            name !== null && version !== null && ['Version', <span key="version">{version}: <code>{`${name}@${version}`}</code> means it for good</span>],
            ['Stage', <span key="stage">{stage}{history.length > 0 && <> <span class="quiet">since <When at={history.at(-1)!.at} />, before: {history.map(({ from }) => from).join(', ')}</span></>}</span>],
            ['Aliases', aliases.length === 0 ? <span key="none" class="quiet">none</span> : aliases.map((alias) => <span key={alias} class="tag">{alias}</span>)],
            ['Notes', notes === null ? <span key="none" class="quiet">none</span> : <span key="notes" class="notes">{notes}</span>],
            ...Object.entries(metadata).map(([key, value]) => [key, value] as const),
          ]}
        />
      )}
    </section>
  );
}

function Form({ model: { id, name, stage = 'none', aliases = [], notes = null }, onDone, onClose }: { model: Model; onDone: () => void; onClose: () => void }) {
  const [draft, setDraft] = useState({ name: name ?? '', stage, aliases: aliases.join(', '), notes: notes ?? '' });
  const words = draft.aliases.split(/[\s,]+/).filter(Boolean);
  const change: ModelChange = { name: draft.name || null, stage: draft.stage, aliases: words, notes: draft.notes || null };
  const save = async (): Promise<void> => {
    await client.peek().models.update(id, change);
    announce('Saved.');
    onDone();
  };
  return (
    <SendForm label="Save" send={save} more={<><button type="button" onClick={onClose}>No</button><CopyAs request={{ method: 'PATCH', path: `/v1/models/${id}`, body: change, call: `models.update('${id}', ${JSON.stringify(change)})`, command: `models set ${id} --name ${quoted(draft.name)} --stage ${draft.stage} --aliases ${quoted(words.join())} --notes ${quoted(draft.notes)}` }} /></>}>
      <TextField label="Name" value={draft.name} onValue={(value) => setDraft({ ...draft, name: value })} />
      <label>Stage<select value={draft.stage} onChange={(event) => setDraft({ ...draft, stage: event.currentTarget.value as ModelStage })}>{STAGES.map((one) => <option key={one} value={one}>{one}</option>)}</select></label>
      <TextField label="Aliases, commas between; one that another model has leaves that one" value={draft.aliases} onValue={(value) => setDraft({ ...draft, aliases: value })} placeholder="production" />
      <label>Notes<textarea rows={4} maxLength={4096} value={draft.notes} onInput={(event) => setDraft({ ...draft, notes: event.currentTarget.value })} /></label>
    </SendForm>
  );
}
