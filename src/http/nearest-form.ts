// Where a value may have one of several forms, every form complains. Only the complaints of the form that the caller most
// likely meant are of use.
import type { Ajv, AnySchemaObject, ErrorObject } from 'ajv';

/**
 * The same errors, those at and below each union replaced by those of its nearest form.
 * @param ajv has compiled the schema with `verbose`, and judges each form by itself
 */
export function withoutOtherForms(ajv: Ajv, found: readonly ErrorObject[]): ErrorObject[] {
  const unions = found.filter(({ keyword }) => keyword === 'anyOf');
  // Ajv tells an inner union before the one around it.
  const outermost = unions.filter(
    (union, at) => !unions.some((other, otherAt) => other !== union && covers(other, union) && (other.instancePath !== union.instancePath || otherAt > at)),
  );
  const outside = found.filter((error) => error.keyword !== 'oneOf' && !outermost.some((union) => covers(union, error)));
  return [...outside, ...outermost.flatMap((union) => nearestForm(ajv, union))];
}

const covers = ({ instancePath: above }: ErrorObject, { instancePath }: ErrorObject): boolean =>
  instancePath === above || instancePath.startsWith(`${above}/`);

interface Attempt {
  errors: ErrorObject[];
  distance: number;
}

function nearestForm(ajv: Ajv, union: ErrorObject): ErrorObject[] {
  const forms = union.schema as AnySchemaObject[];
  const attempts = forms.map((form): Attempt => {
    const check = ajv.compile(form); // kept by Ajv, so that each form is compiled once
    void check(union.data);
    const errors = withoutOtherForms(ajv, check.errors ?? []);
    return { errors, distance: errors.reduce((sum, error) => sum + distanceOf(error), 0) };
  });
  const least = Math.min(...attempts.map(({ distance }) => distance));
  const nearest = attempts.filter(({ distance }) => distance === least);
  const within = (error: ErrorObject): ErrorObject => ({ ...error, instancePath: union.instancePath + error.instancePath });

  const [first] = nearest[0]!.errors;
  // Equally near, each with one complaint about the same value: any of them may have been meant.
  const sameValue = nearest.every(({ errors }) => errors.length === 1 && errors[0]!.instancePath === first!.instancePath && isOfValue(errors[0]!));
  if (nearest.length > 1 && sameValue) return [within({ ...first!, keyword: 'anyOf', params: { any: nearest.map(({ errors }) => errors[0]!) } })];
  return nearest[0]!.errors.map(within);
}

/** How much an error says that another form was meant: a value of another type most, then a field that names the form; a value deeper inside not at all. */
function distanceOf({ keyword, instancePath }: ErrorObject): number {
  if (instancePath === '') return keyword === 'type' ? Infinity : 1;
  return keyword === 'const' && instancePath.lastIndexOf('/') === 0 ? 1.5 : 0;
}

const isOfValue = ({ keyword }: ErrorObject): boolean => keyword !== 'required' && keyword !== 'additionalProperties';
