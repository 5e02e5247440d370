// A drawing, asked of with every stroke: by mouse, pen or finger. What the network sees of it is shown beside.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Model } from '../../../../contract/model.js';
import { Pixels } from '../../../parts/pixels.js';
import { place, setQuery } from '../../../route.js';
import { fitted, isDark, nested, paint, pixelsOf, type Stroke } from './drawing.js';
import type { Prediction } from './use-prediction.js';

const SIDE = 336;
const BLACK = '#000000';
const WHITE = '#ffffff';

export function Draw({ model: { preprocessing }, prediction: { ask } }: { model: Model; prediction: Prediction }) {
  const shape = preprocessing.input.shape as [number, number, number];
  const [height, width, channels] = shape;
  const { query } = place.value;
  const dark = query.ground === undefined ? isDark(preprocessing.look) : query.ground === 'dark';
  const margin = preprocessing.look?.margin ?? 0;
  // Of photographs nothing is known of where things lie.
  const isFitted = query.fit === undefined ? preprocessing.look !== undefined && channels === 1 : query.fit === '1';
  const [strokes, setStrokes] = useState<readonly Stroke[]>([]);
  const [ink, setInk] = useState<string>();
  const [thick, setThick] = useState(8);
  const surface = useRef<HTMLCanvasElement>(null);
  const ground = dark ? BLACK : WHITE;
  const color = ink ?? (dark ? WHITE : BLACK);
  const values = useMemo(() => pixelsOf(isFitted ? fitted(strokes, height, width, margin) : strokes, ground, shape), [strokes, ground, isFitted]);
  useEffect(() => paint(surface.current!.getContext('2d')!, strokes, ground), [strokes, ground]);
  // Not while a stroke is being drawn: only what is finished is asked of.
  const [isDown, setDown] = useState(false);
  useEffect(() => {
    if (!isDown) ask(strokes.length === 0 ? undefined : { instances: [nested(values, shape)] });
  }, [values, isDown]);

  const at = (event: PointerEvent & { currentTarget: HTMLCanvasElement }): readonly [number, number] => {
    const { left, top, width: wide, height: tall } = event.currentTarget.getBoundingClientRect();
    return [(event.clientX - left) / wide, (event.clientY - top) / tall];
  };
  const down = (event: PointerEvent & { currentTarget: HTMLCanvasElement }): void => {
    // A second finger draws nothing.
    if (!event.isPrimary) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    setDown(true);
    setStrokes([...strokes, { color, width: thick / 100, points: [at(event)] }]);
  };
  const move = (event: PointerEvent & { currentTarget: HTMLCanvasElement }): void => {
    if (isDown && event.isPrimary) setStrokes([...strokes.slice(0, -1), { ...strokes.at(-1)!, points: [...strokes.at(-1)!.points, at(event)] }]);
  };
  return (
    <>
      <div class="example">
        <canvas
          ref={surface} class="surface" role="img" aria-label="What is drawn. Without a pointer, drop a picture instead."
          width={Math.round((SIDE * width) / Math.max(width, height))} height={Math.round((SIDE * height) / Math.max(width, height))}
          onPointerDown={down} onPointerMove={move} onPointerUp={() => setDown(false)} onPointerCancel={() => setDown(false)}
        />
        <div>
          <p class="quiet">What the network sees, {width} × {height}</p>
          <Pixels values={values} height={height} width={width} channels={channels} label="The drawing as the network takes it" />
        </div>
      </div>
      <div class="filters actions">
        <button type="button" disabled={strokes.length === 0} onClick={() => setStrokes(strokes.slice(0, -1))}>Undo</button>
        <button type="button" disabled={strokes.length === 0} onClick={() => setStrokes([])}>Clear</button>
        <label>Pen<input type="range" min={2} max={24} value={thick} onInput={(event) => setThick(Number(event.currentTarget.value))} /></label>
        <label>Ground<select value={dark ? 'dark' : 'light'} onChange={(event) => { setInk(undefined); setStrokes([]); setQuery({ ground: event.currentTarget.value }); }}><option value="dark">dark</option><option value="light">light</option></select></label>
        {channels === 3 && <label>Ink<input type="color" value={color} onInput={(event) => setInk(event.currentTarget.value)} /></label>}
        <label class="inline"><input type="checkbox" checked={isFitted} onChange={(event) => setQuery({ fit: event.currentTarget.checked ? '1' : '0' })} /> fitted into the middle</label>
      </div>
      <p class="quiet">{preprocessing.look === undefined ? 'What it learnt from is not known: choose a ground like that of its pictures.' : `It learnt from pictures on a ${isDark(preprocessing.look) ? 'dark' : 'light'} ground${margin > 0 ? `, with a margin of ${margin} pixels` : ''}.`}</p>
    </>
  );
}
