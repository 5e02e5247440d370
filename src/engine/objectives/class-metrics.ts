// What is measured where each example has one class: how often it is found, and with which others it is confused.
import { LEAST_CLASSES_FOR_TOP, TOP } from '../../contract/metrics.js';
import type { Tensor, TensorFlow } from '../native.js';
import { isInTop } from '../native-operations.js';
import type { Targets } from '../targets.js';
import type { Measure, Metrics } from './objective.js';
import { areaUnderCurve, confusionOf, meanOf, shareOf } from './statistics.js';

/** Classes up to which the confusion matrix is kept: 10,000 counts. */
const MOST_CONFUSION_CLASSES = 100;

const accuracy: Measure = { name: 'accuracy', counts: true };
const topAccuracy: Measure = { name: `top_${TOP}_accuracy`, counts: true };

/** @param threshold where there is one output for two classes, the output above which it means the second */
export function classMetrics(tf: TensorFlow, classes: number, threshold: number): Metrics {
  const hasTop = classes >= LEAST_CLASSES_FOR_TOP;
  const isTrue = (condition: Tensor): Tensor => tf.cast(condition, 'float32');
  const inTop = (outputs: Tensor, of: Tensor): Tensor => isTrue(isInTop(tf, outputs, of, TOP));
  /** int32 [batch]. */
  const predicted = (outputs: Tensor): Tensor =>
    outputs.shape[1] === 1 ? tf.cast(tf.greater(tf.reshape(outputs, [-1]), threshold), 'int32') : tf.argMax(outputs, -1);

  return {
    measures: hasTop ? [accuracy, topAccuracy] : [accuracy],
    ofBatch(outputs, targets) {
      const of = prevailing(tf, targets);
      return {
        [accuracy.name]: tf.mean(isTrue(tf.equal(predicted(outputs), of))),
        ...(hasTop && { [topAccuracy.name]: tf.mean(inTop(outputs, of)) }),
      };
    },
    ofExamples: (outputs, of) => ({
      predicted: isTrue(predicted(outputs)),
      ...(hasTop && { inTop: inTop(outputs, of) }),
      ...(classes === 2 && { score: scoreOfSecond(tf, outputs) }),
    }),
    overAll({ predicted: guesses, inTop: found, score }, { values: labels }) {
      const auc = score && areaUnderCurve(score, labels);
      const measures = {
        [accuracy.name]: shareOf(labels.length, (index) => guesses![index] === labels[index]),
        ...(found && { [topAccuracy.name]: meanOf(found) }),
        ...(auc !== undefined && { auc }),
      };
      return { measures, confusion: classes <= MOST_CONFUSION_CLASSES ? confusionOf(labels, guesses!, classes) : null };
    },
  };
}

/** Of two mixed classes, the one with the larger share: what a prediction should most likely be. */
const prevailing = (tf: TensorFlow, { of, mixed }: Targets): Tensor =>
  mixed ? tf.where(tf.greaterEqual(mixed.share, 0.5), of, mixed.other) : of;

/** The larger, the more the network takes an example for the second class of two. As logits: probabilities near 0 and 1 would tie. */
function scoreOfSecond(tf: TensorFlow, outputs: Tensor): Tensor {
  if (outputs.shape[1] === 1) return tf.reshape(outputs, [-1]);
  const [first, second] = tf.unstack(outputs, 1) as [Tensor, Tensor];
  return tf.sub(second, first);
}
