// A full disk, as the failure that a client may see.
import { ServiceError } from '../contract/errors.js';

export const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

/** The same, with a disk or quota that is full as DISK_FULL. */
export async function orDiskFull<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (codeOf(error) !== 'ENOSPC' && codeOf(error) !== 'EDQUOT') throw error;
    throw Object.assign(ServiceError.of('DISK_FULL'), { cause: error });
  }
}
