// Where the service may go: every spelling of an address that it may not (reliability.md B41, B42).
import { describe, expect, it } from '@jest/globals';
import { isAllowedAddress, whyNotAllowed } from '#outbound/allowed.js';

const PUBLIC = { allowPrivate: false };
const PRIVATE = { allowPrivate: true };

describe('A URL', () => {
  it.each([
    'file:///etc/passwd', 'ftp://example.com/a', 'gopher://example.com/a', 'data:text/plain,a', 'unix:/run/docker.sock', 'javascript:alert(1)', 'blob:https://example.com/a',
    'http+unix://%2Frun%2Fdocker.sock/a', 'https://user:pass@example.com/a', 'https://user@example.com/a', 'https://:pass@example.com/a',
    'http://example.com:22/a', 'http://example.com:6379/a', 'https://example.com:8443/a', 'https://example.com/a#part', 'https://example.com/a#', 'example.com/a', '', 'https://', 'http://[::1',
  ])('is refused for its form: %s', (url) => {
    expect(whyNotAllowed(url, PUBLIC)).toMatch(/^(is no|must|names) /);
  });

  it.each([
    '127.1', '127.0.0.1', '2130706433', '0x7f.0.0.1', '0x7f000001', '0177.0.0.1', '017700000001', '①②⑦.⓪.⓪.①', '127。0。0。1', '127.0.0.1.', '0', '0.0.0.0', '0.1.2.3',
    'localhost', 'localhost.', 'LOCALHOST', 'a.localhost', 'a.localhost.', '[::]', '[::1]', '[0:0:0:0:0:0:0:1]', '[::ffff:7f00:1]', '[::ffff:127.0.0.1]', '[::ffff:a9fe:a9fe]', '[::ffff:a00:1]',
    '[64:ff9b::7f00:1]', '[64:ff9b:1::7f00:1]', '[::7f00:1]', '[::127.0.0.1]', '[fc00::1]', '[fd12:3456::1]', '[fe80::1]', '[fec0::1]', '[ff02::1]', '[2002:7f00:1::]', '[2002:a00:1::1]',
    '[2001:0:7f00:1::]', '[2001:db8::1]', '[100::1]', '[2001:2::1]', '[2001:20::1]', '[3fff::1]', '[5f00::1]', '[4000::1]', '100.64.0.1', '10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.0.1',
    '169.254.169.254', '2852039166', '0xa9.0xfe.0xa9.0xfe', '192.0.0.8', '192.0.2.1', '192.88.99.1', '198.18.0.1', '198.19.255.255', '198.51.100.1', '203.0.113.1', '224.0.0.1', '239.255.255.255',
    '240.0.0.1', '255.255.255.255',
  ])('is refused for where it leads: %s', (host) => {
    expect(whyNotAllowed(`http://${host}/a`, PUBLIC)).toBe('leads to an address that is not public');
  });

  it.each([
    'https://example.com/a', 'http://example.com/a?b=c', 'https://example.com:443/a', 'http://example.com:80/a', 'https://8.8.8.8/a', 'https://[2001:4860:4860::8888]/a', 'https://172.32.0.1/a',
    'https://mylocalhost/a', 'https://[::ffff:808:808]/a',
  ])('may be tried: %s', (url) => {
    expect(whyNotAllowed(url, PUBLIC)).toBeUndefined();
  });
});

describe('With private addresses allowed, a URL', () => {
  it.each(['http://127.0.0.1:7070/a', 'http://localhost/a', 'https://10.1.2.3:8443/a', 'http://192.168.1.1/a', 'http://[::1]:80/a', 'http://[fd00::1]/a', 'http://[::ffff:7f00:1]/a', 'https://example.com:8443/a'])('may be tried: %s', (url) => {
    expect(whyNotAllowed(url, PRIVATE)).toBeUndefined();
  });

  it.each(['http://169.254.169.254/latest/meta-data', 'http://[fe80::1]/a', 'http://[::ffff:a9fe:a9fe]/a', 'http://[64:ff9b::7f00:1]/a', 'http://0.0.0.0/a', 'http://[::]/a', 'http://224.0.0.1/a', 'file:///a', 'http://u:p@10.0.0.1/a'])(
    'is refused all the same: %s',
    (url) => {
      expect(whyNotAllowed(url, PRIVATE)).toBeDefined();
    },
  );
});

describe('An address of a server of names', () => {
  it.each(['fe80::1%eth0', 'not an address', '', '127.0.0.1/8', '::ffff:127.0.0.1'])('is not taken for public: %j', (address) => {
    expect(isAllowedAddress(address, PUBLIC)).toBe(false);
  });
});
