// From a name to the IP addresses that are connected to. What was checked is what is used: there is no second question whose answer
// could be another (DNS rebinding).
import dns, { type LookupAddress, type LookupOptions } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { ServiceError } from '../contract/errors.js';
import { isAllowedAddress, type Reach } from './allowed.js';

/** Asks for all addresses of a name. */
export type Resolve = (hostname: string, options: LookupOptions & { all: true }, answer: (problem: Error | null, addresses: LookupAddress[]) => void) => void;

/**
 * A `lookup` for `net.connect`, which gives addresses only where every one of the name's may be reached: of a name that is both public and
 * private it cannot be known which one a server counts on. The failure is FETCH_BLOCKED.
 */
export const guardedLookup = (reach: Reach, resolve: Resolve = dns.lookup): LookupFunction => (hostname, options, answer) => {
  const { all, ...rest } = options;
  resolve(hostname, { ...rest, all: true }, (problem, addresses) => {
    if (problem) return answer(problem, []);
    const [first] = addresses;
    if (!first || !addresses.every(({ address }) => isAllowedAddress(address, reach))) return answer(ServiceError.of('FETCH_BLOCKED', hostname, 'it leads to an address that is not public'), []);
    // Since Node 20 both families are tried, for which it asks for all.
    if (all) answer(null, addresses);
    else answer(null, first.address, first.family);
  });
};
