// How far each layer that was carried over went: its outputs (CKA) and its weights.
import type { ReportedLayer } from '../../../contract/transfer-report.js';
import { number } from '../../format.js';
import { Cells } from '../../parts/cells.js';

export function Layers({ layers }: { layers: readonly ReportedLayer[] }) {
  const farthest = Math.max(...layers.map(({ relative }) => relative ?? 0)) || 1;
  return (
    <section class="panel">
      <h2>Layer by layer</h2>
      <p class="quiet">CKA: how alike the outputs of a layer are before and after training, 1 being the same but for rotation and scale. Distance: how far its weights went, by their length before.</p>
      <Cells
        label="Layer by layer" isTall={layers.length > 12} titles={['Layer', '#Linear CKA', '#Debiased CKA', '#Distance, relative', '-Distance, drawn', '#Distance, L2']}
        rows={layers.map(({ layer, l2, relative, cka }) => [
          layer, heat(cka?.linear), heat(cka?.debiased), relative === null ? '–' : number(relative),
          relative !== null && <svg key="bar" class="whisker" viewBox="0 0 108 20" width={108} height={20} aria-hidden="true"><rect class="bar" y={5} height={10} width={Math.max(1, (108 * relative) / farthest)} /></svg>,
          number(l2),
        ])}
      />
    </section>
  );
}

const heat = (value: number | null | undefined) => (typeof value === 'number' ? <span class="heat" style={{ '--tint': Math.max(0, Math.min(1, value)) }}>{value.toFixed(3)}</span> : '–');
