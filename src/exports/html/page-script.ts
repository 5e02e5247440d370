// The script of the page: it loads the model out of the page, makes numbers of a picture as the service does, and shows what the network says. What
// runs the network needs no page, so that the service verifies it as it is written.

export const PAGE_SCRIPT = `(function (scope) {
'use strict';
const tf = scope.tf;

/** The model that the page holds. */
async function load(data) {
  await tf.ready();
  const text = scope.atob(data.weights);
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at += 1) bytes[at] = text.charCodeAt(at);
  return tf.loadLayersModel(tf.io.fromMemory({ modelTopology: data.topology, weightSpecs: data.specs, weightData: bytes.buffer }));
}

/** What the network gives for one input. */
async function outputsOf(model, values, shape) {
  const output = tf.tidy(() => model.predict(tf.tensor(values, [1].concat(shape), 'float32')));
  const given = Array.from(await output.data());
  output.dispose();
  return given;
}

/** Bytes of a picture, red, green, blue and opacity, as the numbers that the network takes. */
function valuesOf(pixels, channels, divideBy) {
  const values = [];
  const divided = (value) => divideBy.reduce((number, by) => number / by, value);
  for (let at = 0; at < pixels.length; at += 4) {
    const [red, green, blue] = [pixels[at], pixels[at + 1], pixels[at + 2]];
    const own = channels === 1 ? [Math.round(0.2126 * red + 0.7152 * green + 0.0722 * blue)] : [red, green, blue];
    for (const value of own) values.push(divided(value));
  }
  return values;
}

scope.rootstock = { load, outputsOf, valuesOf };
if (!scope.document) return;

const document = scope.document;
const of = (id) => document.getElementById(id);
const data = JSON.parse(of('data').textContent);
const [height, width, channels] = data.shape;
const [paper, pen] = data.drawsLight ? ['#000', '#fff'] : ['#fff', '#000'];
const drawing = of('drawing');
const pad = drawing.getContext('2d');
const small = document.createElement('canvas');
small.width = width;
small.height = height;
const surface = small.getContext('2d', { willReadFrequently: true });
let model;

/** Brings a picture to the size of the input: cover cuts off, contain leaves margins, stretch distorts. */
function fitted(picture, fit) {
  const [own, tall] = [picture.width, picture.height];
  const scales = [width / own, height / tall];
  const scale = fit === 'contain' ? Math.min(...scales) : Math.max(...scales);
  const [w, h] = fit === 'stretch' ? [width, height] : [own * scale, tall * scale];
  surface.fillStyle = '#fff';
  surface.fillRect(0, 0, width, height);
  surface.imageSmoothingQuality = 'high';
  surface.drawImage(picture, (width - w) / 2, (height - h) / 2, w, h);
  return surface.getImageData(0, 0, width, height).data;
}

async function tell(picture, fit) {
  if (!model) return;
  const outputs = await outputsOf(model, valuesOf(fitted(picture, fit), channels, data.divideBy), data.shape);
  const told = outputs.length === 1 && data.labels.length === 2 ? [1 - outputs[0], outputs[0]] : outputs;
  const order = told.map((_, at) => at);
  if (data.task === 'classification') order.sort((one, other) => told[other] - told[one]);
  const rows = order.slice(0, 10).map((at) => {
    const row = document.createElement('li');
    const name = document.createElement('span');
    name.textContent = data.labels[at] === undefined ? 'output ' + at : data.labels[at];
    const bar = document.createElement('meter');
    bar.min = 0;
    bar.max = 1;
    bar.value = Math.max(0, Math.min(1, told[at]));
    const number = document.createElement('output');
    number.textContent = data.task === 'classification' ? (100 * told[at]).toFixed(1) + ' %' : told[at].toPrecision(4);
    row.append(name, ...(data.task === 'classification' ? [bar] : []), number);
    return row;
  });
  of('answer').replaceChildren(...rows);
  of('status').textContent = '';
}

async function tellFile(file) {
  try {
    const picture = await scope.createImageBitmap(file);
    clear();
    const scale = Math.min(drawing.width / picture.width, drawing.height / picture.height);
    const [w, h] = [picture.width * scale, picture.height * scale];
    pad.drawImage(picture, (drawing.width - w) / 2, (drawing.height - h) / 2, w, h);
    await tell(picture, data.fit);
  } catch (error) {
    of('status').textContent = 'This is no picture that the browser can read.';
  }
}

function clear() {
  pad.fillStyle = paper;
  pad.fillRect(0, 0, drawing.width, drawing.height);
  of('answer').replaceChildren();
}

let from;
const placeOf = (event) => {
  const box = drawing.getBoundingClientRect();
  return [(event.clientX - box.left) * drawing.width / box.width, (event.clientY - box.top) * drawing.height / box.height];
};
drawing.addEventListener('pointerdown', (event) => {
  from = placeOf(event);
  drawing.setPointerCapture(event.pointerId);
});
drawing.addEventListener('pointermove', (event) => {
  if (!from) return;
  const to = placeOf(event);
  pad.strokeStyle = pen;
  pad.lineWidth = drawing.width / 12;
  pad.lineCap = 'round';
  pad.beginPath();
  pad.moveTo(...from);
  pad.lineTo(...to);
  pad.stroke();
  from = to;
});
drawing.addEventListener('pointerup', () => {
  from = undefined;
  void tell(drawing, 'stretch');
});
of('clear').addEventListener('click', clear);
of('file').addEventListener('change', (event) => event.target.files[0] && void tellFile(event.target.files[0]));
document.addEventListener('dragover', (event) => event.preventDefault());
document.addEventListener('drop', (event) => {
  event.preventDefault();
  const [file] = event.dataTransfer.files;
  if (file) void tellFile(file);
});

clear();
load(data).then((loaded) => {
  model = loaded;
  of('status').textContent = 'Draw, drop a picture, or choose a file. Nothing leaves this page.';
  document.body.dataset.ready = 'yes';
}, (error) => { of('status').textContent = 'The model cannot be loaded: ' + error.message; });
})(globalThis);
`;
