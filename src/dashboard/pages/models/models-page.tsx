// All models, newest first, and how one from elsewhere is brought.
import type { AnyModel } from '../../../contract/model.js';
import type { ModelFilter } from '../../../client/index.js';
import { metric, shortId, some, words } from '../../format.js';
import { NamedList } from '../../parts/named-list.js';
import { Status } from '../../parts/status.js';
import { When } from '../../parts/when.js';
import { href } from '../../route.js';
import { client, mayAct } from '../../session.js';
import { leadMetric } from '../jobs/lead-metric.js';
import { BringModel } from './bring-model.js';
import { MadeBy } from './made-by.js';

/** The contract's schemas would bring their library into the page: a type holds this list to them. */
const STATES: Readonly<Record<AnyModel['status'], true>> = { importing: true, ready: true, invalid: true };

export const ModelsPage = () => (
  <NamedList<AnyModel>
    room="models" title="Models" bring="Bring a model" ways={<BringModel />}
    states={Object.keys(STATES)} titles={['Name', 'State', 'Tells', '#Result', 'Made by', 'Made']}
    list={(filter, signal) => client.value.models.list(filter as ModelFilter, { signal }).page()} row={(one) => <Row key={one.id} of={one} />} none={<None />}
  />
);

function Row({ of: model }: { of: AnyModel }) {
  const { id, name, status, created_at: created } = model;
  const isReady = model.status === 'ready';
  const lead = isReady ? leadMetric(model.metrics) : undefined;
  return (
    <tr>
      <td class="name"><a href={href(['models', id])} title={id}>{name ?? shortId(id)}</a> {isReady && typeof model.version === 'number' && <span class="quiet">@{model.version}</span>} {isReady && model.aliases?.map((alias) => <span key={alias} class="tag">{alias}</span>)}</td>
      <td><Status of={status} />{!isReady && model.error !== null && <div class="quiet" title={model.error.message}>{model.error.code}</div>}</td>
      <td>{isReady && <Tells labels={model.labels} isValues={model.task === 'regression'} />}</td>
      <td class="number">{lead && <>{metric(lead.name, lead.value)}<div class="quiet">{words(lead.name)}</div></>}</td>
      <td><MadeBy of={model} /></td>
      <td><When at={created} /></td>
    </tr>
  );
}

function Tells({ labels, isValues }: { labels: readonly string[]; isValues: boolean }) {
  if (labels.length === 0) return <span class="quiet">no labels</span>;
  return <span title={labels.slice(0, 100).join(', ')}>{isValues ? some(labels.length, 'value') : some(labels.length, 'class', 'classes')}<div class="quiet">{labels.slice(0, 4).join(', ').slice(0, 40)}{labels.length > 4 ? ' …' : ''}</div></span>;
}

const None = () => (
  <>
    <p>There is no model yet. Jobs make them; one that was trained elsewhere can be brought.</p>
    {mayAct.value && <p class="row center"><a class="button primary" href={href(['jobs', 'new'], { type: 'pretrain' })}>Train one</a><a class="button" href={href(['models'], { add: 'files' })}>Bring one</a><a class="button" href={href(['models'], { add: 'catalogue' })}>From the catalogue</a></p>}
  </>
);
