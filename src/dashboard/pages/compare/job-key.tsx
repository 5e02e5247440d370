// How a job is told from others in drawings: its colour and dash, which are those of its place in the address.
import type { Job } from '../../../contract/job.js';
import { strokeOf } from '../../chart/palette.js';
import { shortId } from '../../format.js';
import { theme } from '../../theme.js';

export const nameOf = ({ name, id }: Pick<Job, 'name' | 'id'>): string => name ?? shortId(id);

export const stroke = (place: number) => {
  const { color, dash } = strokeOf(place, theme.value);
  return { stroke: color, 'stroke-dasharray': dash.join(' ') };
};

export const Key = ({ place }: { place: number }) => <svg class="key" width={28} height={12} viewBox="0 0 28 12" aria-hidden="true"><line x1={0} x2={28} y1={6} y2={6} stroke-width={3} {...stroke(place)} /></svg>;
