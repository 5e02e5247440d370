// What the model said of test examples, those it was most wrong about first, with what they look like.
import type { ExamplePrediction } from '../../../contract/example-prediction.js';
import type { Preprocessing } from '../../../contract/dataset.js';
import type { PredictionFilter } from '../../../client/index.js';
import { number, percent } from '../../format.js';
import { useLive } from '../../live/use-live.js';
import { CopyAs } from '../../parts/copy.js';
import { FetchedExample, useColumns } from '../../parts/fetched-example.js';
import { Lazily } from '../../parts/lazily.js';
import { Loaded } from '../../parts/loaded.js';
import { href, place, setQuery } from '../../route.js';
import { client } from '../../session.js';

const PAGE = 24;

export interface ExamplesProps {
  id: string;
  /** Empty where values are told. */
  names: readonly string[];
  /** That they lie in. */
  dataset: string;
}

export function Examples({ id, names, dataset }: ExamplesProps) {
  const { path, query } = place.value;
  const { true: ofClass, predicted, sort = 'loss', after } = query;
  const filter: PredictionFilter = { limit: PAGE, sort: sort as 'loss', ...(ofClass && { true: ofClass }), ...(predicted && { predicted }), ...(after && { after }) };
  const live = useLive(`predictions ${id} ${JSON.stringify(filter)}`, (signal) => client.value.jobs.predictions(id, filter, { signal }).page());
  const columns = useColumns(dataset);
  const choice = (title: string, name: 'true' | 'predicted', value = '') => (
    <label>{title}<select value={value} onChange={(event) => setQuery({ [name]: event.currentTarget.value, after: undefined })}><option value="">all</option>{names.map((one) => <option key={one} value={one}>{one}</option>)}</select></label>
  );
  const asked = new URLSearchParams(Object.entries(filter).map(([name, value]) => [name, String(value)])).toString();
  return (
    <section class="panel" id="examples">
      <div class="head"><h2>Test examples</h2><CopyAs request={{ method: 'GET', path: `/v1/jobs/${id}/predictions?${asked}`, call: `jobs.predictions('${id}', ${JSON.stringify(filter)}).page()`, command: `jobs predictions ${id} --sort ${sort}` }} /></div>
      <div class="filters">
        {names.length > 0 && <>{choice('True class', 'true', ofClass)}{choice('Taken for', 'predicted', predicted)}</>}
        <label>Order<select value={sort} onChange={(event) => setQuery({ sort: event.currentTarget.value, after: undefined })}><option value="loss">most wrong first</option><option value="index">as they lie</option></select></label>
        {(ofClass || predicted) && <button type="button" onClick={() => setQuery({ true: undefined, predicted: undefined, after: undefined })}>Show all</button>}
      </div>
      <Loaded live={live}>
        {({ data, has_more: hasMore, last_id: last }) => (
          <>
            {data.length === 0 ? <p class="empty">No test example is like this.</p> : <ul class="gallery">{data.map((one) => <Card key={one.id} of={one} columns={columns} />)}</ul>}
            <p class="row">
              {after && <a href={href(path, { ...query, after: undefined })}>First</a>}
              {hasMore && <a href={href(path, { ...query, after: last! })}>Next {PAGE}</a>}
            </p>
          </>
        )}
      </Loaded>
    </section>
  );
}

function Card({ of: one, columns }: { of: ExamplePrediction; columns: Preprocessing['columns'] }) {
  return (
    <li>
      <Lazily class="thumbnail">{() => <FetchedExample at={one} columns={columns} />}</Lazily>
      <Said of={one} />
      <span class="quiet number">No. {one.index}, loss {one.loss === null ? 'not finite' : number(one.loss)}</span>
    </li>
  );
}

/** A word says whether it is right, not its colour alone. */
function Said({ of: one }: { of: ExamplePrediction }) {
  if ('error' in one) {
    const list = (values: readonly (number | null)[]): string => values.map((value) => (value === null ? 'not finite' : number(value))).join(', ');
    return <span>is <b>{list(one.true)}</b>, told <b>{list(one.predicted)}</b></span>;
  }
  const isRight = one.true === one.predicted;
  return (
    <span>
      {isRight ? <><b class="good">right</b> {one.true}</> : <><b class="bad">wrong</b> {one.true} → {one.predicted}</>}
      {one.probability !== null && <span class="quiet">, {percent(one.probability, 1)}</span>}
    </span>
  );
}
