// Base models that are known by a name, each brought when it is wanted.
import type { CatalogueModel } from '../../../contract/catalogue.js';
import { useLive } from '../../live/use-live.js';
import { Action } from '../../parts/action.js';
import { Loaded } from '../../parts/loaded.js';
import { Status } from '../../parts/status.js';
import { Table } from '../../parts/table.js';
import { go, href } from '../../route.js';
import { client } from '../../session.js';

export function Catalogue() {
  const live = useLive('catalogue', (signal) => client.value.models.catalogue({ signal }), 5_000);
  return (
    <Loaded live={live}>
      {({ data }) =>
        data.length === 0 ? <p class="empty">The catalogue is empty.</p> : (
          <Table label="Catalogue" titles={['Name', 'Input', 'Licence', 'Who says that it lies there', 'State']} isTall>{data.map((one) => <Row key={one.id} of={one} />)}</Table>
        )}
    </Loaded>
  );
}

const Row = ({ of: { id, name, url, input_shape: shape, licence, origin, status, model } }: { of: CatalogueModel }) => (
  <tr>
    <td class="name">{name}<div class="quiet"><code>{id}</code></div></td>
    <td>{shape?.join(' × ')}</td>
    <td>{licence}</td>
    <td class="name" title={url}>{origin}</td>
    <td>
      {status === 'absent' ? <span class="quiet">not here yet</span> : <Status of={status} />}{' '}
      {model === null ? <Action label="Bring" act={async () => go(href(['models', (await client.peek().models.import({ catalogue: id })).id]))} done={`${name} is being brought.`} /> : <a href={href(['models', model])}>Look at it</a>}
    </td>
  </tr>
);
