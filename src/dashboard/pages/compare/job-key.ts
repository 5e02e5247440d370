// What a job is called beside others.
import type { Job } from '../../../contract/job.js';
import { shortId } from '../../format.js';

export const nameOf = ({ name, id }: Pick<Job, 'name' | 'id'>): string => name ?? shortId(id);
