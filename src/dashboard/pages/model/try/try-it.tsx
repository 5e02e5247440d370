// A model asked of something new, in the way that fits what it takes: pictures, rows of a table, or numbers.
import type { ComponentChildren } from 'preact';
import type { Model } from '../../../../contract/model.js';
import { href, place } from '../../../route.js';
import { mayAct } from '../../../session.js';
import { Answer } from './answer.js';
import { Camera } from './camera.js';
import { Draw } from './draw.js';
import { Numbers } from './numbers.js';
import { Pictures } from './pictures.js';
import { RowForm } from './row-form.js';
import { Rows } from './rows.js';
import { usePrediction, type Prediction } from './use-prediction.js';

interface Way {
  title: string;
  /** What is said while nothing was asked. */
  hint: string;
  shown: (model: Model, prediction: Prediction) => ComponentChildren;
}

const FOR_PICTURES: Readonly<Record<string, Way>> = {
  draw: { title: 'Draw one', hint: 'Draw, and the answer comes with every stroke.', shown: (model, prediction) => <Draw model={model} prediction={prediction} /> },
  picture: { title: 'Drop a picture', hint: 'Choose a picture, or several.', shown: (_, prediction) => <Pictures prediction={prediction} /> },
  camera: { title: 'Camera', hint: 'Take a picture.', shown: (_, prediction) => <Camera prediction={prediction} /> },
};
const FOR_TABLES: Readonly<Record<string, Way>> = {
  form: { title: 'Fill in a row', hint: 'Fill in what is known and ask.', shown: (model, prediction) => <RowForm columns={model.preprocessing.columns!} prediction={prediction} /> },
  csv: { title: 'Paste rows', hint: 'Paste one row or more and ask.', shown: (model, prediction) => <Rows columns={model.preprocessing.columns!} prediction={prediction} /> },
};
const FOR_OTHERS: Readonly<Record<string, Way>> = {
  numbers: { title: 'Numbers', hint: 'Give the numbers and ask.', shown: (model, prediction) => <Numbers model={model} prediction={prediction} /> },
};

function waysOf({ preprocessing: { columns, input } }: Model): Readonly<Record<string, Way>> {
  if (columns !== undefined) return FOR_TABLES;
  const [, , channels] = input.shape;
  return input.shape.length === 3 && input.dtype === 'uint8' && (channels === 1 || channels === 3) ? FOR_PICTURES : FOR_OTHERS;
}

export function TryIt({ model }: { model: Model }) {
  const ways = waysOf(model);
  const by = place.value.query.by ?? '';
  const name = ways[by] === undefined ? Object.keys(ways)[0]! : by;
  if (!mayAct.value) return <p class="empty">Asking a model takes a key that may do more than read.</p>;
  return (
    <>
      <nav class="tabs" aria-label="Ways to ask">
        {Object.entries(ways).map(([key, { title }]) => <a key={key} href={href(['models', model.id, 'try'], { by: key })} aria-current={name === key ? 'page' : undefined}>{title}</a>)}
      </nav>
      <Asked key={name} model={model} way={ways[name]!} />
    </>
  );
}

function Asked({ model, way: { hint, shown } }: { model: Model; way: Way }) {
  const prediction = usePrediction(model.id);
  return (
    <div class="grid">
      <div class="panel">{shown(model, prediction)}</div>
      <Answer model={model.id} prediction={prediction} hint={hint} />
    </div>
  );
}
