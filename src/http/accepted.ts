// Which of several forms of an answer a client wants, by its Accept header (RFC 9110, 12.5.1).

/** The form with the greatest weight, the first of several; the first too where the header is missing or wants none of them. */
export function acceptedOf<T extends string>(header: string | undefined, forms: readonly [T, ...T[]]): T {
  if (header === undefined) return forms[0];
  const ranges = header.toLowerCase().split(',').map(rangeOf);
  const weightOf = (form: string): number => {
    // The range that says most of a form decides.
    const names = [form, `${form.split('/')[0]}/*`, '*/*'];
    const range = names.map((name) => ranges.find(({ type }) => type === name)).find((found) => found !== undefined);
    return range?.weight ?? 0;
  };
  return forms.reduce((best, form) => (weightOf(form) > weightOf(best) ? form : best), forms[0]);
}

function rangeOf(text: string): { type: string; weight: number } {
  const [type, ...parameters] = text.split(';').map((part) => part.trim());
  const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
  return { type: type!, weight: weight === undefined ? 1 : Number(weight) || 0 };
}
