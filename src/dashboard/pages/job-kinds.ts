// Kinds of jobs, as the contract names them. Its schemas would bring their library into the page: a type holds this list to them.
import type { JobType } from '../../contract/job.js';

/** What each is called. */
export const KIND_TITLES: Readonly<Record<JobType, string>> = { pretrain: 'pretraining', fine_tune: 'fine-tuning', lr_find: 'learning-rate range', compare: 'comparison', evaluate: 'evaluation', explain: 'explanation', export: 'export' };
export const JOB_KINDS = Object.keys(KIND_TITLES) as JobType[];

/** Kinds whose report is no page that stands alone. */
export const WITHOUT_PAGE: readonly JobType[] = ['lr_find', 'explain', 'export'];
