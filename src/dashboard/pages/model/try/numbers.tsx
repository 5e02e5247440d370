// Numbers of the input's shape, for networks that take neither pictures nor tables.
import { useState } from 'preact/hooks';
import type { Model } from '../../../../contract/model.js';
import type { Prediction } from './use-prediction.js';

export function Numbers({ model: { preprocessing: { input } }, prediction }: { model: Model; prediction: Prediction }) {
  const [text, setText] = useState('');
  const [isWrong, setWrong] = useState(false);
  const ask = (event: Event): void => {
    event.preventDefault();
    try {
      const trimmed = text.trim();
      const instance: unknown = JSON.parse(trimmed.startsWith('[') ? trimmed : `[${trimmed.split(/[\s,;]+/).join()}]`);
      setWrong(false);
      prediction.ask({ instances: [instance] });
    } catch {
      setWrong(true);
    }
  };
  return (
    <form class="fields" onSubmit={ask}>
      <label>{input.shape.length === 1 ? `${input.shape[0]} numbers` : `Numbers in nested lists of ${input.shape.join(' × ')}, as JSON`}<textarea rows={8} required value={text} aria-invalid={isWrong} onInput={(event) => setText(event.currentTarget.value)} /></label>
      {isWrong && <p class="bad" role="alert">This is no list of numbers.</p>}
      <div class="buttons"><button class="primary">Ask</button></div>
    </form>
  );
}
