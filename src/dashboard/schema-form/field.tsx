// A form that is made from a schema: what is required stands there, what is optional can be added, and what was left out is chosen by the service.
import { branchesOf, branchOf, kindOf, nameOf, resolved, starting, type Definitions, type Schema } from './schema.js';
import type { FieldProps } from './field-props.js';
import { words } from '../format.js';
import { ListField, RecordField } from './list-field.js';
import { JsonField } from './json-field.js';

export function Field(props: FieldProps) {
  const { name, pointer, definitions, value, onChange, pickers } = props;
  const schema = resolved(props.schema, definitions);
  const label = name === '' ? '' : words(name);
  const picker = typeof value === 'string' ? pickers[pointer] : undefined;
  if (picker) {
    return (
      <Labelled {...props} schema={schema}>
        <select value={value as string} onChange={(event) => onChange(event.currentTarget.value)}>
          {!picker.some((one) => one.value === value) && <option value={value as string}>{(value as string) || 'choose…'}</option>}
          {picker.map((one) => <option key={one.value} value={one.value}>{one.label}</option>)}
        </select>
      </Labelled>
    );
  }
  switch (kindOf(schema)) {
    case 'constant': return label === '' ? null : <Labelled {...props} schema={schema}><input value={String(schema.const)} readOnly /></Labelled>;
    case 'choice': return <ChoiceField {...props} schema={schema} />;
    case 'object': return <fieldset><legend>{label}</legend><ObjectFields {...props} schema={schema} /></fieldset>;
    case 'record': return <fieldset><legend>{label}</legend><RecordField value={value as Record<string, string>} onChange={onChange} /></fieldset>;
    case 'list': return <ListField {...props} schema={schema} itemField={Field} />;
    case 'enum': return (
      <Labelled {...props} schema={schema}>
        <select value={JSON.stringify(value)} onChange={(event) => onChange(JSON.parse(event.currentTarget.value))}>{schema.enum!.map((one) => <option key={String(one)} value={JSON.stringify(one)}>{words(String(one))}</option>)}</select>
      </Labelled>
    );
    case 'number': return (
      <Labelled {...props} schema={schema}>
        <input type="number" step={schema.type === 'integer' ? 1 : 'any'} min={schema.minimum} max={schema.maximum} value={value as number} onInput={(event) => Number.isFinite(event.currentTarget.valueAsNumber) && onChange(event.currentTarget.valueAsNumber)} />
      </Labelled>
    );
    case 'boolean': return <label class="inline" title={schema.description}><input type="checkbox" checked={value === true} onChange={(event) => onChange(event.currentTarget.checked)} /> {label}</label>;
    case 'text': return <Labelled {...props} schema={schema}><input value={typeof value === 'string' ? value : ''} maxLength={schema.maxLength} onInput={(event) => onChange(event.currentTarget.value)} /></Labelled>;
    case 'null': return <Labelled {...props} schema={schema}><input value="none" readOnly /></Labelled>;
    case 'json': return <Labelled {...props} schema={schema}><JsonField value={value} onChange={onChange} /></Labelled>;
  }
}

/** A control with its name, what it means, and what is wrong with it. */
function Labelled({ name, pointer, schema, errors, children }: FieldProps & { children: preact.ComponentChildren }) {
  const error = errors[pointer];
  return (
    <label class={error === undefined ? 'field' : 'field wrong'}>
      {words(name)}
      {children}
      {error !== undefined && <span class="bad">{error}</span>}
      {schema.description !== undefined && <span class="hint">{schema.description}</span>}
    </label>
  );
}

export function ObjectFields(props: FieldProps & { hidden?: readonly string[] }) {
  const { pointer, schema, definitions, onChange, hidden = [] } = props;
  const value = (props.value ?? {}) as Readonly<Record<string, unknown>>;
  const { properties = {}, required = [] } = schema;
  const shown = Object.keys(properties).filter((name) => !hidden.includes(name) && (name in value || required.includes(name)));
  const more = Object.keys(properties).filter((name) => !hidden.includes(name) && !shown.includes(name));
  const without = (name: string): unknown => Object.fromEntries(Object.entries(value).filter(([other]) => other !== name));
  return (
    <div class="fields">
      {shown.map((name) => (
        <div class="entry" key={name}>
          <Field {...props} name={name} pointer={`${pointer}/${name}`} schema={properties[name]!} value={value[name]} onChange={(next) => onChange({ ...value, [name]: next })} />
          {!required.includes(name) && <button type="button" class="small" aria-label={`Leave out ${words(name)}`} onClick={() => onChange(without(name))}>×</button>}
        </div>
      ))}
      {more.length > 0 && (
        <select class="add" aria-label={pointer === '' ? 'Say more' : `Say more of ${words(pointer.split('/').at(-1)!)}`} value="" onChange={(event) => event.currentTarget.value && onChange({ ...value, [event.currentTarget.value]: starting(properties[event.currentTarget.value]!, definitions) })}>
          <option value="">+ say more…</option>
          {more.map((name) => <option key={name} value={name}>{words(name)}</option>)}
        </select>
      )}
    </div>
  );
}

function ChoiceField(props: FieldProps) {
  const { name, schema, definitions, value, onChange } = props;
  const branches = branchesOf(schema)!;
  const at = branchOf(value, branches, definitions);
  const branch = resolved(branches[at]!, definitions);
  return (
    <fieldset>
      <legend>{words(name)}</legend>
      <select aria-label={`Form of ${words(name)}`} value={at} onChange={(event) => onChange(starting(branches[Number(event.currentTarget.value)]!, definitions))}>
        {branches.map((one, place) => <option key={place} value={place}>{nameOf(one, definitions)}</option>)}
      </select>
      {props.errors[props.pointer] !== undefined && <p class="bad">{props.errors[props.pointer]}</p>}
      {kindOf(branch) === 'object' ? <ObjectFields {...props} schema={branch} hidden={constantsOf(branch, definitions)} /> : <Field {...props} name="" schema={branch} />}
      {(branch.description ?? schema.description) !== undefined && <span class="hint">{branch.description ?? schema.description}</span>}
    </fieldset>
  );
}

/** What is told by the choice already. */
const constantsOf = ({ properties = {} }: Schema, definitions: Definitions): string[] =>
  Object.keys(properties).filter((name) => kindOf(resolved(properties[name]!, definitions)) === 'constant');
