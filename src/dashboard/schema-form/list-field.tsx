// Several values of one kind, and pairs of texts.
import { resolved, kindOf, starting } from './schema.js';
import { words } from '../format.js';
import type { ComponentType } from 'preact';
import type { FieldProps } from './field-props.js';

/** @param itemField draws one of them: a field may hold lists, and a list fields */
export function ListField({ itemField: Field, ...props }: FieldProps & { itemField: ComponentType<FieldProps> }) {
  const { name, pointer, schema, definitions, onChange, errors } = props;
  const items = schema.items ?? {};
  const value = Array.isArray(props.value) ? (props.value as unknown[]) : [];
  if (kindOf(resolved(items, definitions)) === 'number') {
    return (
      <label class={errors[pointer] === undefined ? 'field' : 'field wrong'}>
        {words(name)}
        <input value={value.join(', ')} inputMode="numeric" onChange={(event) => onChange(event.currentTarget.value.split(/[\s,]+/).filter((text) => text !== '').map(Number).filter(Number.isFinite))} />
        {errors[pointer] !== undefined && <span class="bad">{errors[pointer]}</span>}
        {schema.description !== undefined && <span class="hint">{schema.description}</span>}
      </label>
    );
  }
  const put = (at: number, next: unknown): void => onChange(value.map((old, place) => (place === at ? next : old)));
  return (
    <fieldset>
      <legend>{words(name)}</legend>
      {value.map((item, at) => (
        <div class="entry" key={at}>
          <Field {...props} name={String(at + 1)} pointer={`${pointer}/${at}`} schema={items} value={item} onChange={(next) => put(at, next)} />
          <button type="button" class="small" aria-label={`Remove ${words(name)} ${at + 1}`} onClick={() => onChange(value.filter((_, place) => place !== at))}>×</button>
        </div>
      ))}
      <button type="button" class="small" onClick={() => onChange([...value, starting(items, definitions)])}>+ one more</button>
      {schema.description !== undefined && <span class="hint">{schema.description}</span>}
    </fieldset>
  );
}

export function RecordField({ value = {}, onChange }: { value: Readonly<Record<string, string>>; onChange: (value: Record<string, string>) => void }) {
  const pairs = Object.entries(value);
  const put = (at: number, pair: [string, string]): void => onChange(Object.fromEntries(pairs.map((old, place) => (place === at ? pair : old))));
  return (
    <>
      {pairs.map(([key, text], at) => (
        <div class="row" key={at}>
          <input aria-label="Name" value={key} onChange={(event) => put(at, [event.currentTarget.value, text])} />
          <input aria-label="Value" value={text} onInput={(event) => put(at, [key, event.currentTarget.value])} />
          <button type="button" class="small" aria-label={`Remove ${key}`} onClick={() => onChange(Object.fromEntries(pairs.filter((_, place) => place !== at)))}>×</button>
        </div>
      ))}
      <button type="button" class="small" onClick={() => onChange({ ...value, [`name${pairs.length + 1}`]: '' })}>+ one more</button>
    </>
  );
}
