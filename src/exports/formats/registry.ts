// The formats a model can be exported to.
import type { ExportFormat } from '../../contract/export-format.js';
import type { Format } from './format.js';
import { HTML } from './html.js';
import { KERAS } from './keras.js';
import { ONNX } from './onnx.js';
import { SAVED_MODEL } from './saved-model.js';
import { TFJS_GRAPH } from './tfjs-graph.js';
import { TFJS_LAYERS } from './tfjs-layers.js';

export const FORMATS: Readonly<Record<ExportFormat, Format>> = { tfjs_layers: TFJS_LAYERS, tfjs_graph: TFJS_GRAPH, saved_model: SAVED_MODEL, onnx: ONNX, keras: KERAS, html: HTML };
