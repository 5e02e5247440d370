// Some examples of each class on a sheet, and any one of them by its place; which, is in the address.
import type { DatasetContent } from '../../../contract/dataset.js';
import type { DatasetExample, PreviewSheet } from '../../../contract/dataset-report.js';
import { partsIn, type PartName } from '../../../contract/parts.js';
import { number, whole } from '../../format.js';
import { useLive } from '../../live/use-live.js';
import { CopyAs } from '../../parts/copy.js';
import { rowOf } from '../../parts/example-row.js';
import { FetchedPicture } from '../../parts/fetched-picture.js';
import { Loaded } from '../../parts/loaded.js';
import { Pixels } from '../../parts/pixels.js';
import { Table } from '../../parts/table.js';
import { place, setQuery } from '../../route.js';
import { client } from '../../session.js';
import { inputNames } from './input-names.js';

const MOST_VALUES = 200;

export function Samples({ id, content, sheet }: { id: string; content: DatasetContent; sheet: PreviewSheet | null }) {
  return (
    <section class="panel">
      <h2>Samples</h2>
      {sheet !== null && sheet.cells.length > 0 && (
        <>
          <div class="scroll sheets" tabIndex={0} role="region" aria-label="Sheet of samples">
            <FetchedPicture
              name={`preview ${id}`}
              alt={content.class_names.length === 0 ? 'Samples of the train part' : `Samples, a line for each class: ${content.class_names.slice(0, 40).join(', ')}`}
              fetch={(signal) => client.value.datasets.preview(id, { signal })}
              onPoint={(x, y) => pointAt(sheet, x, y)}
            />
          </div>
          <p class="quiet">{content.class_names.length > 0 && 'A line for each class. '}Click one to look at it.</p>
        </>
      )}
      <Example id={id} content={content} />
    </section>
  );
}

function pointAt({ columns, cell_width: width, cell_height: height, gap, cells }: PreviewSheet, x: number, y: number): void {
  const cell = cells[Math.floor(y / (height + gap)) * columns + Math.min(Math.floor(x / (width + gap)), columns - 1)];
  if (cell !== undefined) setQuery({ part: cell.part, index: String(cell.index) });
}

function Example({ id, content }: { id: string; content: DatasetContent }) {
  const { query } = place.value;
  const part = partsIn(content.parts).find((one) => one === query.part) ?? 'train';
  const last = content.parts[part]!.examples - 1;
  const index = Math.min(Math.max(Math.trunc(Number(query.index)) || 0, 0), last);
  const live = useLive(`example ${id} ${part} ${index}`, (signal) => client.value.datasets.example(id, index, part, { signal }));
  const to = (next: number): void => setQuery({ part, index: String(next) });
  return (
    <>
      <div class="filters">
        <label>Part<select value={part} onChange={(event) => setQuery({ part: event.currentTarget.value, index: '0' })}>{partsIn(content.parts).map((one) => <option key={one} value={one}>{one}</option>)}</select></label>
        <label>Index, 0 to {whole(last)}<input type="number" min={0} max={last} value={index} onInput={(event) => event.currentTarget.value !== '' && to(Number(event.currentTarget.value))} /></label>
        <button type="button" disabled={index === 0} onClick={() => to(index - 1)}>Previous</button>
        <button type="button" disabled={index === last} onClick={() => to(index + 1)}>Next</button>
        <CopyAs request={{ method: 'GET', path: `/v1/datasets/${id}/examples/${index}?part=${part}`, call: `datasets.example('${id}', ${index}, '${part satisfies PartName}')` }} />
      </div>
      <Loaded live={live}>{(example) => <Shown example={example} content={content} />}</Loaded>
    </>
  );
}

function Shown({ example: { part, index, shape, values, class_name: className, target }, content }: { example: DatasetExample; content: DatasetContent }) {
  const [height = 1, width = 1, channels = 1] = shape;
  const what = className ?? target?.map((value, at) => `${content.target?.names[at] ?? 'value'} ${number(value)}`).join(', ') ?? '';
  const isPicture = shape.length === 3 && (channels === 1 || channels === 3);
  return (
    <div class="example">
      {isPicture && <Pixels values={values} height={height} width={width} channels={channels} range={content.preprocessing.input.dtype === 'uint8' ? [0, 255] : rangeOf(values)} label={`${part} ${index}: ${what}`} />}
      <div>
        <p>{className === null ? 'Value' : 'Class'} <strong>{what}</strong></p>
        {!isPicture && <Values values={values} content={content} />}
      </div>
    </div>
  );
}

function rangeOf(values: readonly (number | null)[]): [number, number] {
  let [least, most] = [Infinity, -Infinity];
  for (const value of values) [least, most] = [Math.min(least, value ?? least), Math.max(most, value ?? most)];
  return [least, most];
}

function Values({ values, content }: { values: DatasetExample['values']; content: DatasetContent }) {
  const { columns } = content.preprocessing;
  const names = inputNames(content);
  const cells = columns === undefined ? values.map((value, at) => [names[at] ?? String(at), value] as const) : rowOf(values, columns);
  return (
    <>
      <Table label="Values of the example" titles={['Column', '#Value']} isTall>{cells.slice(0, MOST_VALUES).map(([name, value], at) => <tr key={at}><td>{name}</td><td class="number">{value === null ? <span class="quiet">missing</span> : typeof value === 'number' ? number(value) : value}</td></tr>)}</Table>
      {cells.length > MOST_VALUES && <p class="quiet">And {whole(cells.length - MOST_VALUES)} more.</p>}
    </>
  );
}
