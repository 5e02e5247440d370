// One data set: what its reading found, before anything is trained on it.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Dataset } from '../../../contract/dataset.js';
import { useLive } from '../../live/use-live.js';
import { Action } from '../../parts/action.js';
import { announce } from '../../parts/announce.js';
import { CopyAs } from '../../parts/copy.js';
import { Loaded } from '../../parts/loaded.js';
import { FailureBox } from '../../parts/problem.js';
import { Status } from '../../parts/status.js';
import { Title } from '../../parts/title.js';
import { go, href } from '../../route.js';
import { client, mayAct } from '../../session.js';
import { Content } from './content.js';
import { Report } from './report.js';
import { Source } from './source.js';

const LOOK_EVERY_MS = 1_000;
const isOver = ({ status }: Pick<Dataset, 'status'>): boolean => status === 'ready' || status === 'invalid';

export function DatasetPage({ id }: { id: string }) {
  const [isRead, setRead] = useState(false);
  // What was read changes no more.
  const live = useLive(`dataset ${id}`, (signal) => client.value.datasets.get(id, { signal }), isRead ? undefined : LOOK_EVERY_MS);
  const status = live.data?.status;
  const before = useRef(status);
  useEffect(() => {
    if (status === undefined) return;
    if (before.current !== undefined && before.current !== status) announce(`The data set is ${status}.`);
    before.current = status;
    setRead(isOver({ status }));
  }, [status]);
  return <Loaded live={live}>{(dataset) => <Found dataset={dataset} />}</Loaded>;
}

function Found({ dataset }: { dataset: Dataset }) {
  const { id, name, status, error } = dataset;
  return (
    <>
      <Title text={name}>
        <Status of={status} />
        <CopyAs request={{ method: 'GET', path: `/v1/datasets/${id}`, call: `datasets.get('${id}')`, command: `datasets show ${id}` }} />
        {mayAct.value && status === 'ready' && <a class="button primary" href={href(['jobs', 'new'], { type: 'pretrain', dataset: id })}>Train on it</a>}
        <Action label="Delete" kind="danger" act={async () => { await client.value.datasets.delete(id); go(href(['datasets'])); }} done="The data set was deleted." question={<p>The data set <strong>{name}</strong> goes, with its report. Models that were trained on it stay. While an unfinished job needs it, it cannot be deleted.</p>} />
      </Title>
      {error !== null && <FailureBox of={error} />}
      {!isOver(dataset) && <p class="box" role="status">{status === 'uploading' ? 'The service is fetching the file.' : 'The service is reading the files.'} What it finds comes up here by itself.</p>}
      {dataset.content !== null && <Content dataset={dataset} content={dataset.content} />}
      {isOver(dataset) && <Report dataset={dataset} />}
      <Source dataset={dataset} />
    </>
  );
}
