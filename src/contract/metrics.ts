// The metrics of a run, by name: which there are, and which way each gets better. Apart from the schemas, so that a training child
// does not load the library they are written in.

/** `top_5_accuracy` is the part of the examples whose class is among so many. */
export const TOP = 5;
/** With fewer classes, half of them or more are among the top: that says little, and costs a step of the smallest network a fortieth (docs/decisions.md, "Objectives"). */
export const LEAST_CLASSES_FOR_TOP = 2 * TOP + 1;

/** What a run over so many classes measures after each epoch: of what it trained on and of what validates, if anything does. */
export function epochMetrics(classes: number, validates: boolean): string[] {
  const ofBoth = ['loss', 'accuracy', ...(classes >= LEAST_CLASSES_FOR_TOP ? [`top_${TOP}_accuracy`] : [])];
  // The area under a curve is no mean over batches.
  const ofValidation = [...ofBoth, ...(classes === 2 ? ['auc'] : [])].map((name) => `val_${name}`);
  return validates ? [...ofBoth, ...ofValidation] : ofBoth;
}

/** Whether the metric gets better as it grows. All but the losses lie between 0 and 1. */
export const isBetterHigher = (metric: string): boolean => !metric.endsWith('loss');
