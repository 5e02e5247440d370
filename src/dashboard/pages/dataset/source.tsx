// Where a data set came from, and how its values reach a network.
import type { Dataset } from '../../../contract/dataset.js';
import { bytes } from '../../format.js';
import { CopyButton } from '../../parts/copy.js';
import { Facts } from '../../parts/facts.js';
import { Table } from '../../parts/table.js';

export function Source({ dataset: { source, content } }: { dataset: Dataset }) {
  const { files, generate, url, task, on_bad_rows: badRows, table, pictures } = source;
  return (
    <div class="grid">
      <section class="panel">
        <h2>Source</h2>
        <Facts
          rows={[
            generate !== null && ['Drawn', `${generate.name}, ${generate.examples} examples by seed ${generate.seed}`],
            url !== null && ['Address', <code key="asked">{url.asked}</code>],
            url !== null && url.found !== null && url.found !== url.asked && ['Found at', <code key="found">{url.found}</code>],
            task !== undefined && ['Task asked for', task],
            ['Rows that cannot be read', badRows === 'skip' ? 'are left out' : 'refuse the data set'],
            table !== undefined && ['Table', <code key="table">{JSON.stringify(table)}</code>],
            pictures !== undefined && ['Pictures', <code key="pictures">{JSON.stringify(pictures)}</code>],
          ]}
        />
        {files.length > 0 && (
          <Table label="Files of the source" titles={['File', '#Size', 'SHA-256']}>{files.map(({ name, size_bytes: size, sha256 }, at) => <tr key={at}><td class="name">{name}</td><td class="number">{bytes(size)}</td><td><code title={sha256}>{sha256.slice(0, 12)}…</code> <CopyButton text={sha256} /></td></tr>)}</Table>
        )}
      </section>
      {content !== null && <Preprocessing of={content.preprocessing} />}
    </div>
  );
}

export function Preprocessing({ of: preprocessing }: { of: NonNullable<Dataset['content']>['preprocessing'] }) {
  const { input, steps, look, pictures, columns } = preprocessing;
  const text = JSON.stringify(preprocessing, null, 2);
  return (
    <section class="panel">
      <h2>Preprocessing</h2>
      <Facts
        rows={[
          ['Values', `${input.dtype}, ${input.shape.join(' × ')}`],
          steps.length > 0 && ['Divided by', steps.map(({ divide_by: by }) => by).join(', then ')],
          pictures !== undefined && ['Pictures', `brought to size by ${pictures.fit}, on white`],
          look !== undefined && ['Background', `${look.edge < look.mean ? 'dark' : 'light'}, ${look.margin === 0 ? 'no margin' : `a margin of ${look.margin}\u00a0pixels`}`],
          columns !== undefined && ['Columns', columns.map(({ name }) => name).slice(0, 12).join(', ') + (columns.length > 12 ? ' …' : '')],
        ]}
      />
      <details><summary>As it travels with models</summary><p><CopyButton text={text} /></p><pre tabIndex={0}>{text}</pre></details>
    </section>
  );
}
