// A page that runs a model: one file, with TensorFlow.js and the weights in it, which asks nothing of any server.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Architecture } from '../../contract/layers.js';
import { finalActivation } from '../../models/output-layer.js';
import type { Exported } from '../formats/format.js';
import { tfjsLayers, type ManifestWeight } from '../tfjs-layers.js';
import { PAGE_SCRIPT } from './page-script.js';

const PAD_SIDE = 280;

/** What the script reads out of the page. */
interface PageData {
  topology: object;
  specs: readonly ManifestWeight[];
  /** In base64. */
  weights: string;
  shape: readonly number[];
  labels: readonly string[];
  task: 'classification' | 'regression';
  divideBy: number[];
  fit: string;
  /** Whether what is drawn is light on a dark ground, as the pictures were that the model learnt from. */
  drawsLight: boolean;
}

const STYLE = `:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 2rem auto; max-width: 40rem; padding: 0 1rem; }
main { display: flex; flex-wrap: wrap; gap: 2rem; }
canvas { border: 1px solid #888; border-radius: 4px; touch-action: none; display: block; }
p.actions { display: flex; gap: 1rem; align-items: center; }
ol { list-style: none; padding: 0; margin: 0; min-width: 16rem; flex: 1; }
li { display: flex; gap: .75rem; align-items: center; padding: .25rem 0; }
li span { flex: 1; overflow-wrap: anywhere; }
li output { font-variant-numeric: tabular-nums; }`;

/** The build of TensorFlow.js for browsers. */
const engineText = (): Promise<string> => readFile(createRequire(import.meta.url).resolve('@tensorflow/tfjs/dist/tf.es2017.min.js'), 'utf8');

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
const escaped = (text: string): string => text.replace(/[&<>"']/g, (each) => `&#${each.charCodeAt(0)};`);
/** JSON that no tag can end. */
const inScript = (value: unknown): string => JSON.stringify(value).replace(/</g, '\\u003c');

/** @returns the text of the page */
export async function pageOf(exported: Exported): Promise<string> {
  const { name, architecture } = exported;
  const [height, width] = architecture.input_shape as [number, number];
  const engine = await engineText();
  const allowed = [`default-src 'none'`, `script-src ${hashOf(engine)} ${hashOf(PAGE_SCRIPT)}`, `style-src ${hashOf(STYLE)}`, `img-src blob: data:`, `base-uri 'none'`, `form-action 'none'`];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="${allowed.join('; ')}">
<title>${escaped(name)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escaped(name)}</h1>
<p id="status" role="status">The model is being loaded.</p>
<main>
<div>
<canvas id="drawing" width="${PAD_SIDE}" height="${Math.round((PAD_SIDE * height) / width)}" aria-label="Draw here"></canvas>
<p class="actions"><button id="clear" type="button">Clear</button><label>Picture <input id="file" type="file" accept="image/*"></label></p>
</div>
<ol id="answer" aria-live="polite"></ol>
</main>
<script id="data" type="application/json">${inScript(dataOf(exported))}</script>
<script>${engine}</script>
<script>${PAGE_SCRIPT}</script>
</body>
</html>
`;
}

function dataOf({ architecture, weights, labels, preprocessing }: Exported): PageData {
  const { model, weights: bytes } = tfjsLayers(architecture, weights, null);
  const { modelTopology, weightsManifest } = model as { modelTopology: object; weightsManifest: [{ weights: ManifestWeight[] }] };
  const { look } = preprocessing;
  return {
    topology: modelTopology,
    specs: weightsManifest[0].weights,
    weights: Buffer.from(bytes).toString('base64'),
    shape: architecture.input_shape,
    labels,
    task: tellsClasses(architecture) ? 'classification' : 'regression',
    divideBy: preprocessing.steps.map(({ divide_by: by }) => by),
    fit: preprocessing.pictures?.fit ?? 'cover',
    // The outermost pixels are the ground; those of the figure are on the other side of the mean.
    drawsLight: look !== undefined && look.edge < look.mean,
  };
}

const tellsClasses = (architecture: Architecture): boolean => ['softmax', 'sigmoid'].includes(finalActivation(architecture) ?? '');
