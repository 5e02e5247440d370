// How curves are looked at: smoothing, axis, scale. It is in the address, the same wherever there are curves.
import { place, setQuery } from '../route.js';

export const AXES = ['step', 'epoch', 'time'] as const;
export type Axis = (typeof AXES)[number];

export interface CurveView {
  /** 0 to 1. */
  smoothing: number;
  axis: Axis;
  isLog: boolean;
}

export function curveView(): CurveView {
  const { smooth = '0', axis = 'step', scale } = place.value.query;
  return { smoothing: Number(smooth), axis: AXES.find((one) => one === axis) ?? 'step', isLog: scale === 'log' };
}

/** @param axes those that can be told */
export function CurveControls({ axes = AXES }: { axes?: readonly Axis[] }) {
  const { smoothing, axis, isLog } = curveView();
  return (
    <>
      <label>Smoothing<input type="range" min={0} max={0.99} step={0.01} value={smoothing} onInput={(event) => setQuery({ smooth: event.currentTarget.value })} /></label>
      <label>Axis<select value={axis} onChange={(event) => setQuery({ axis: event.currentTarget.value })}>{axes.map((one) => <option key={one} value={one}>{one}</option>)}</select></label>
      <label>Scale<select value={isLog ? 'log' : 'linear'} onChange={(event) => setQuery({ scale: event.currentTarget.value })}><option value="linear">linear</option><option value="log">logarithmic</option></select></label>
    </>
  );
}
