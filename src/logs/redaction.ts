// What never goes into a log: fields by their name, whatever the depth, and what looks like a secret within a text. Works on lines as they are written, so that no caller can forget it.

/** Names of fields whose value is a secret, in any case. */
export const SECRET_FIELDS = [
  'authorization', 'proxy-authorization', 'cookie', 'set-cookie', 'x-api-key', 'api_key', 'apikey', 'read_only_key', 'secret', 'client_secret', 'token', 'access_token', 'refresh_token', 'password', 'passwd',
  'webhook-signature', 'signature',
] as const;

export const REDACTED = '[redacted]';

/** Parameters of an address that are as good as a key. */
const SECRET_PARAMETERS = 'key|api_key|apikey|token|access_token|secret|password|authorization|sig|signature|awsaccesskeyid|x-amz-[a-z-]+|x-goog-[a-z-]+';

/** What looks like a secret, and what stands in its place. */
const SECRET_TEXTS: readonly (readonly [RegExp, string])[] = [
  [/\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]+/gi, `$1 ${REDACTED}`],
  // Standard Webhooks, and the keys of the service to come.
  [/\bwhsec_[A-Za-z0-9+/=_-]+/g, REDACTED],
  [/\brsk_[A-Za-z0-9_-]+/g, REDACTED],
  // RFC 3986, 3.2.1: who reads an address need not know whose it is.
  [/(:\/\/)[^/\s"'\\@]+@/g, `$1${REDACTED}@`],
  [new RegExp(`([?&](?:${SECRET_PARAMETERS})=)[^&\\s"'\\\\]+`, 'gi'), `$1${REDACTED}`],
];

/** A value in JSON behind one of the names. */
const FIELD = new RegExp(`("(?:${SECRET_FIELDS.join('|')})":)(?:"(?:[^"\\\\]|\\\\.)*"|\\[[^\\]]*\\]|[^",}\\]\\s]+)`, 'gi');
/** The same of a text in quotes within JSON. */
const ESCAPED_FIELD = new RegExp(`(\\\\"(?:${SECRET_FIELDS.join('|')})\\\\":)\\\\"(?:[^"\\\\]|\\\\\\\\.)*\\\\"`, 'gi');

/** Too short a word would be found in half of all lines. */
const SHORTEST_KEY = 6;

/**
 * Takes secrets out of lines.
 * @param keys words that are secret here, such as API_KEY as it is set; those of fewer than 6 characters are left alone
 */
export function redactor(keys: readonly string[] = []): (line: string) => string {
  const known = keys.filter(({ length }) => length >= SHORTEST_KEY);
  return (line) => {
    let clean = line.replaceAll(FIELD, `$1"${REDACTED}"`).replaceAll(ESCAPED_FIELD, `$1\\"${REDACTED}\\"`);
    for (const [pattern, instead] of SECRET_TEXTS) clean = clean.replaceAll(pattern, instead);
    for (const key of known) clean = clean.replaceAll(key, REDACTED);
    return clean;
  };
}
