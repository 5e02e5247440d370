// Where the service may go: which web addresses, and which IP addresses behind them. What is not known to be public is not.
import ipaddr from 'ipaddr.js';

/** With `allowPrivate`, loopback and private networks too, at any port. */
export interface Reach {
  allowPrivate: boolean;
}

/** Ports of http and https. */
const PORTS = ['', '80', '443'];
/** RFC 1918, RFC 4193 and loopback: what `allowPrivate` adds. Not link-local addresses, where clouds keep the credentials of machines. */
const PRIVATE = ['loopback', 'private', 'uniqueLocal'];
/** All that is given out to be reached by everyone lies in here (IANA, IPv6 global unicast); so ::/96 and others that no list names are out. */
const GLOBAL_IPV6 = ipaddr.parseCIDR('2000::/3');
/** RFC 6761: names that mean this machine, whatever a server of names says. */
const LOCAL_NAME = /^(.+\.)?localhost\.?$/;

/**
 * Whether an IP address may be connected to. An IPv4 address inside of an IPv6 one (::ffff:…) counts as what it is; one inside of
 * a transition mechanism (64:ff9b::, 6to4, Teredo) is refused whole.
 */
export function isAllowedAddress(address: string, { allowPrivate }: Reach): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  const range = parsed.range();
  if (PRIVATE.includes(range)) return allowPrivate;
  return range === 'unicast' && (parsed.kind() === 'ipv4' || parsed.match(GLOBAL_IPV6));
}

/** The IP address that a URL names instead of a host, as the URL standard spells it; undefined for a name. */
function literalOf({ hostname }: URL): string | undefined {
  const bare = hostname.replace(/^\[(.*)\]$/, '$1');
  return ipaddr.isValid(bare) ? bare : undefined;
}

/** Why an address cannot be fetched from, as the end of a sentence about it; undefined where it may be tried. */
export function whyNotAllowed(text: string, reach: Reach): string | undefined {
  if (!URL.canParse(text)) return 'is no URL';
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'must begin with https:// or http://';
  if (url.username !== '' || url.password !== '') return 'must not hold a user name or password';
  if (text.includes('#')) return 'must not hold a fragment (#…)';
  if (!reach.allowPrivate && !PORTS.includes(url.port)) return `names port ${url.port}; only 80 and 443 are allowed`;
  const literal = literalOf(url);
  const allowed = literal === undefined ? reach.allowPrivate || !LOCAL_NAME.test(url.hostname) : isAllowedAddress(literal, reach);
  return allowed ? undefined : 'leads to an address that is not public';
}
