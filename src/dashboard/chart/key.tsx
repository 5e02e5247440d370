// How a series is told from others: its colour and its dash.
import { theme } from '../theme.js';
import { strokeOf } from './palette.js';

export const stroke = (place: number) => {
  const { color, dash } = strokeOf(place, theme.value);
  return { stroke: color, 'stroke-dasharray': dash.join(' ') };
};

export const Key = ({ place }: { place: number }) => <svg class="key" width={28} height={12} viewBox="0 0 28 12" aria-hidden="true"><line x1={0} x2={28} y1={6} y2={6} stroke-width={3} {...stroke(place)} /></svg>;
