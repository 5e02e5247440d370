// Which kinds of jobs train, and which are about a model as it is. Apart from the schemas, so that a training child and the page do not load the library they are written in.

export const UNTRAINED_TYPES = ['evaluate', 'explain', 'export'] as const;
type UntrainedType = (typeof UNTRAINED_TYPES)[number];

export const trains = <Spec extends { type: string }>(spec: Spec): spec is Exclude<Spec, { type: UntrainedType }> => !UNTRAINED_TYPES.some((type) => type === spec.type);
