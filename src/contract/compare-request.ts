// A request to hold several plans against each other on one data set, each trained by several seeds.
import Type, { type Static } from './typebox.js';
import { BaseModelRequest, HeadRequest, JOB_COMMON, ModelRequest, MOST_SEEDS, Training, TransferRequest } from './job-request.js';
import { closed, named } from './schema.js';

/** More are a search, and against so many the best of them is luck. */
export const MOST_CANDIDATES = 12;
const CANDIDATE_NAME = Type.String({ pattern: '^[a-z0-9][a-z0-9_-]{0,31}$', description: 'Unlike the others’.', examples: ['lp_ft'] });

const { seed, ...unseeded } = Training.properties;
const CandidateTraining = Type.Union([Type.Literal('auto'), closed(unseeded)], {
  description: 'As in a job of the plan alone, without its seed, which is the comparison’s. budget.seconds is the time that each run may train, beside preset too.',
});

const fromModel = closed(
  {
    name: CANDIDATE_NAME,
    base_model: Type.Optional({ ...BaseModelRequest, description: 'Id of a model, an alias, a version of a name, or its name in the catalogue; no checkpoint. @default base_model of the comparison' }),
    transfer: Type.Optional(named(TransferRequest)),
    head: Type.Optional(HeadRequest),
    training: Type.Optional(CandidateTraining),
  },
  { title: 'transfer', description: 'A plan of a fine-tuning.' },
);
const fromScratch = closed({ name: CANDIDATE_NAME, model: ModelRequest, training: Type.Optional(CandidateTraining) }, { title: 'fresh', description: 'A plan of a pretraining: a network that starts from fresh weights.' });
export const Candidate = Type.Union([fromModel, fromScratch]);
export type Candidate = Static<typeof Candidate>;

export const CompareRequest = closed(
  {
    type: Type.Literal('compare'),
    base_model: Type.Optional({ ...BaseModelRequest, description: 'What candidates start from that do not say: id of a model, an alias, a version of a name, or its name in the catalogue; no checkpoint.' }),
    candidates: Type.Array(Candidate, { minItems: 2, maxItems: MOST_CANDIDATES }),
    seeds: Type.Optional(Type.Integer({ minimum: 1, maximum: MOST_SEEDS, description: 'How often each candidate is trained, each time by the next seed, counted from seed. @default 3' })),
    seed,
    ...JOB_COMMON,
  },
  { title: 'compare' },
);
export type CompareRequest = Static<typeof CompareRequest>;
