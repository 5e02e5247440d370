// Rows that could not be read: where each lies, and why.
import type { Problems } from '../../../contract/dataset-report.js';
import { whole } from '../../format.js';
import { Action } from '../../parts/action.js';
import { CopyAs } from '../../parts/copy.js';
import { hand } from '../../parts/file-rows.js';
import { Table } from '../../parts/table.js';
import { client } from '../../session.js';

const MOST_SHOWN = 200;

export function ProblemRows({ id, problems: { total, by_code: byCode, listed, first } }: { id: string; problems: Problems }) {
  const save = async (): Promise<void> => {
    const rows = await client.value.datasets.rowProblems(id);
    hand(`${id}-problems.ndjson`, new Blob(rows.map((row) => `${JSON.stringify(row)}\n`), { type: 'application/x-ndjson' }));
  };
  return (
    <section class="panel">
      <div class="head">
        <h2>Rows that could not be read</h2>
        {Object.entries(byCode).map(([code, count]) => <span key={code} class="tag">{code} {whole(count)}</span>)}
        <Action label={`Download all ${whole(listed)}`} act={save} done="The list was downloaded." isReading />
        <CopyAs request={{ method: 'GET', path: `/v1/datasets/${id}/report`, accept: 'application/x-ndjson', call: `datasets.rowProblems('${id}')` }} />
      </div>
      <Table label="Rows that could not be read" titles={['File', '#Line', 'Field', 'Why', 'Code']} isTall>{first.slice(0, MOST_SHOWN).map(({ file, entry, line, field, code, detail }, at) => <tr key={at}><td class="name">{file}{entry !== null && `: ${entry}`}</td><td class="number">{line ?? ''}</td><td>{field}</td><td>{detail}</td><td><code>{code}</code></td></tr>)}</Table>
      {total > MOST_SHOWN && <p class="quiet">The first {MOST_SHOWN} of {whole(total)}.</p>}
    </section>
  );
}
