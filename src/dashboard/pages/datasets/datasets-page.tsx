// All data sets, newest first, and how another is brought.
import type { Dataset, DatasetStatus } from '../../../contract/dataset.js';
import type { DatasetFilter } from '../../../client/index.js';
import { bytes, some, whole } from '../../format.js';
import { NamedList } from '../../parts/named-list.js';
import { Status } from '../../parts/status.js';
import { When } from '../../parts/when.js';
import { href } from '../../route.js';
import { client, mayAct, serviceUrl } from '../../session.js';
import { BringDataset } from './bring-dataset.js';
import { SendingRows } from './sending-rows.js';

/** The contract's schemas would bring their library into the page: a type holds this list to them. */
const STATES: Readonly<Record<DatasetStatus, true>> = { uploading: true, validating: true, ready: true, invalid: true };

export const DatasetsPage = () => (
  <NamedList<Dataset>
    room="datasets" title="Data sets" bring="Bring a data set" ways={<><BringDataset /><SendingRows /></>}
    states={Object.keys(STATES)} titles={['Name', 'State', 'Format', '#Rows', 'Classes', '#Size', 'Made']}
    list={(filter, signal) => client.value.datasets.list(filter as DatasetFilter, { signal }).page()} row={(one) => <Row key={one.id} of={one} />} none={<None />}
  />
);

function Row({ of: { id, name, status, format, content, error, created_at: created } }: { of: Dataset }) {
  return (
    <tr>
      <td class="name"><a href={href(['datasets', id])} title={id}>{name}</a></td>
      <td><Status of={status} />{error !== null && <div class="quiet" title={error.message}>{error.code}</div>}</td>
      <td>{format}</td>
      <td class="number">{content && whole(Object.values(content.parts).reduce((sum, part) => sum + part.examples, 0))}</td>
      <td>{content && (content.task === 'regression' ? some(content.target?.names.length ?? 1, 'value') : some(content.class_names.length, 'class', 'classes'))}</td>
      <td class="number">{content && bytes(content.size_bytes)}</td>
      <td><When at={created} /></td>
    </tr>
  );
}

const None = () => (
  <>
    <p>There is no data set yet. Bring files, or have one drawn to try things with.</p>
    {mayAct.value && <p class="row center"><a class="button primary" href={href(['datasets'], { add: 'files' })}>Bring files</a><a class="button" href={href(['datasets'], { add: 'drawn' })}>Have one drawn</a></p>}
    <pre tabIndex={0}>{`curl -d '{"generate": {"name": "glyph_digits"}}' -H 'content-type: application/json' ${serviceUrl}/v1/datasets`}</pre>
  </>
);
