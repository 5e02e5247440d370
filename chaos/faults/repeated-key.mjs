// F35: the same call many times at once, under one Idempotency-Key.

const CALLS = 50;

/** @type {import('./fault.mjs').Fault} */
export const repeatedKey = {
  id: 'F35',
  what: `one submission ${CALLS} times at once under one Idempotency-Key, then the key with another body`,
  holds: 'one job, equal answers (409 to those that waited too long); 422 IDEMPOTENCY_MISMATCH to the other body',
  times: 1_000,
  timesProduction: 0,
  async round(rig) {
    await rig.service();
    const { operation, body } = await rig.jobs.bodyOf(rig.jobs.brief());
    const key = { 'idempotency-key': operation };
    rig.strike('one call many times');
    const answers = await Promise.all(Array.from({ length: CALLS }, () => rig.client.post('/v1/jobs', body, key)));
    const accepted = answers.filter(({ status }) => status === 201);
    const ids = new Set(accepted.map((answer) => answer.body.id));
    for (const id of ids) rig.jobs.acceptedAs(id, operation, rig.jobs.brief(), ['succeeded', 'cancelled']);
    if (ids.size !== 1) rig.found('duplicated', `one key was answered with ${ids.size} jobs`);
    if (new Set(accepted.map((answer) => JSON.stringify(answer.body))).size > 1) rig.found('other', 'the answers to one key differ');
    const strange = answers.filter(({ status }) => status !== 201 && status !== 409);
    if (strange.length > 0) rig.found('other', `one key was answered with ${[...new Set(strange.map(({ status }) => status))].join(', ')}`);

    const other = await rig.client.post('/v1/jobs', { ...body, name: 'another' }, key);
    if (other.status === 201) rig.jobs.acceptedAs(other.body.id, operation, rig.jobs.brief(), ['succeeded', 'cancelled']);
    if (other.status !== 422 || other.body.code !== 'IDEMPOTENCY_MISMATCH') rig.found('other', `another body under the key was answered ${other.status} ${other.body?.code}`);
    await rig.jobs.cancelAll(rig.jobs.accepted);
  },
};
