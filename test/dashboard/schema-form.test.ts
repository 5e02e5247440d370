// Forms that are made from a schema.
import { describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { FineTuneRequest, LrFindRequest, PretrainRequest } from '#contract/job-request.js';
import { NAMED_SCHEMAS } from '#contract/named-schemas.js';
import { selfContained } from '#contract/self-contained.js';
import { branchesOf, branchOf, kindOf, resolved, starting, type Definitions, type Schema } from '#dashboard/schema-form/schema.js';

const KINDS = { pretrain: PretrainRequest, fine_tune: FineTuneRequest, lr_find: LrFindRequest };

/** Every place of a schema that a form can lead to, each once. */
function* places(schema: Schema, definitions: Definitions, seen = new Set<Schema>(), pointer = ''): Generator<[string, Schema]> {
  const found = resolved(schema, definitions);
  const key = schema.$ref === undefined ? schema : definitions[schema.$ref.slice('#/$defs/'.length)]!;
  if (seen.has(key)) return;
  seen.add(key);
  yield [pointer, found];
  for (const [at, branch] of (branchesOf(found) ?? []).entries()) yield* places(branch, definitions, seen, `${pointer}(${at})`);
  for (const [name, field] of Object.entries(found.properties ?? {})) yield* places(field, definitions, seen, `${pointer}/${name}`);
  if (found.items) yield* places(found.items, definitions, seen, `${pointer}/0`);
}

describe.each(Object.entries(KINDS))('the form of %s', (_, request) => {
  const { $defs: definitions = {}, ...root } = selfContained(request, NAMED_SCHEMAS) as Schema;
  const ajv = new Ajv2020({ strict: false });
  addFormats.default(ajv);
  ajv.addSchema({ $id: 'definitions', $defs: definitions });
  /** By the name under which they are compiled once for all places. */
  const named = (schema: Schema): Schema => JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', '"definitions#/$defs/')) as Schema;
  const all = [...places(root, definitions)];

  it('has a control for every place but for what has no form', () => {
    expect(all.length).toBeGreaterThan(50);
    expect(all.filter(([, schema]) => kindOf(schema) === 'json').map(([pointer]) => pointer).filter((pointer) => !/config|layers|value/.test(pointer))).toEqual([]);
  });

  it('begins each field with what is of its form', () => {
    const wrong = all.flatMap(([pointer, schema]) => {
      const value = starting(schema, definitions);
      // Texts have to be written and ids chosen; all else is acceptable as it begins. What lies deeper is a place of its own.
      const errors = ajv.validate(named(schema), value) ? [] : (ajv.errors ?? []);
      return errors.filter(({ keyword, instancePath }) => instancePath === '' && ['type', 'required', 'const', 'additionalProperties'].includes(keyword) && !branchesOf(schema)).map(({ message }) => `${pointer}: ${message}`);
    });
    expect(wrong).toEqual([]);
  });

  it('knows each form of a choice again by what it begins with', () => {
    for (const [pointer, schema] of all) {
      const branches = branchesOf(schema);
      if (!branches) continue;
      const found = branches.map((branch) => branchOf(starting(branch, definitions), branches, definitions));
      const forms = branches.map((branch) => JSON.stringify(starting(branch, definitions)));
      // Two forms that begin with the same are one until something is said.
      expect({ pointer, forms: found.map((at) => forms[at]) }).toEqual({ pointer, forms });
    }
  });
});
