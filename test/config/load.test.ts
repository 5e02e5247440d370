// Settings as read from an environment.
import { describe, expect, it } from '@jest/globals';
import { isAbsolute, join } from 'node:path';
import { loadSettings, SettingError, proxiesOf } from '#config/load.js';
import { SETTINGS } from '#config/settings.js';

const refusal = (environment: Record<string, string>): string => {
  try {
    loadSettings(environment);
  } catch (problem) {
    if (problem instanceof SettingError) return problem.message;
    throw problem;
  }
  throw new Error('the settings were accepted');
};

describe('loading the settings', () => {
  it('takes the default of each setting from an empty environment', () => {
    const loaded = loadSettings({});
    for (const { name, default: usual } of SETTINGS) {
      if (name !== 'DATA_DIR') expect([name, loaded[name]]).toEqual([name, usual]);
    }
    expect(Object.keys(loaded).sort()).toEqual(SETTINGS.map(({ name }) => name).sort());
  });

  it('takes an empty value as one that is not set', () => {
    expect(loadSettings({ PORT: '', LOG_LEVEL: '' })).toEqual(loadSettings({}));
  });

  it('makes DATA_DIR absolute', () => {
    expect(loadSettings({}).DATA_DIR).toBe(join(process.cwd(), 'data'));
    expect(isAbsolute(loadSettings({ DATA_DIR: 'a/../b' }).DATA_DIR)).toBe(true);
    expect(loadSettings({ DATA_DIR: '/srv/rootstock/' }).DATA_DIR).toBe('/srv/rootstock');
  });

  it('reads numbers as numbers, up to their limits', () => {
    expect(loadSettings({ PORT: '65535', WORKERS: '0', LOCK_SECONDS: '2' })).toMatchObject({ PORT: 65_535, WORKERS: 0, LOCK_SECONDS: 2 });
  });

  it.each([
    ['PORT', '65536', 'a whole number from 0 to 65535'],
    ['PORT', '-1', 'a whole number from 0 to 65535'],
    ['PORT', 'http', 'a whole number from 0 to 65535'],
    ['WORKERS', '1.5', 'a whole number from 0 to 64'],
    ['LOCK_SECONDS', '1', 'a whole number from 2 to 3600'],
    ['STALL_CHECK_SECONDS', '0', 'a whole number from 1 to 3600'],
    ['MAX_UPLOAD_BYTES', '1e99', `a whole number from 1024 to ${Number.MAX_SAFE_INTEGER}`],
    ['MAX_JOB_MEMORY_BYTES', 'NaN', `a whole number from 0 to ${Number.MAX_SAFE_INTEGER}`],
    ['LOG_LEVEL', 'loud', 'one of fatal, error, warn, info, debug, trace, silent'],
    ['ENGINE', 'gpu', 'one of auto, cpu, cuda, upstream'],
  ])('refuses %s=%s and says what it takes', (name, value, takes) => {
    expect(refusal({ [name]: value })).toBe(`${name} is "${value}"; it takes ${takes}.`);
  });

  it.each(['0.0.0.0', '::', '192.168.1.2', 'example.org', '127.0.0.1.example.org', 'localhost.example.org'])(
    'refuses to be reached by others at %s without a key',
    (host) => {
      expect(refusal({ HOST: host })).toBe(
        `HOST is ${host}, which others can reach, and API_KEY is not set. Set API_KEY, or use HOST=127.0.0.1.`,
      );
      expect(loadSettings({ HOST: host, API_KEY: 'secret' }).HOST).toBe(host);
    },
  );

  it('takes a key that may only read for no key at all', () => {
    expect(refusal({ HOST: '0.0.0.0', READ_ONLY_KEY: 'secret' })).toContain('API_KEY is not set');
  });

  it.each(['127.0.0.1', '127.1.2.3', 'localhost', '::1'])('needs no key at %s', (host) => {
    expect(loadSettings({ HOST: host }).HOST).toBe(host);
  });

  it('believes the proxies that it is told, and nobody where it is told none', () => {
    expect(proxiesOf(loadSettings({}))).toEqual([]);
    expect(proxiesOf(loadSettings({ TRUST_PROXY: '0' }))).toEqual([]);
    expect(proxiesOf(loadSettings({ TRUST_PROXY: 'loopback, 10.0.0.0/8,::1' }))).toEqual(['loopback', '10.0.0.0/8', '::1']);
  });

  it.each(['1', 'true', '*', '10.0.0.0/99', 'proxy.example.com', '10.0.0'])('refuses to believe %s', (list) => {
    expect(refusal({ TRUST_PROXY: list })).toContain(`TRUST_PROXY has "${list}"`);
  });

  it('refuses a store that is not there yet', () => {
    for (const list of ['*', 'https://a.example/', 'a.example', 'https://a.example,ftp://b.example', 'javascript:1']) expect(refusal({ CORS_ORIGINS: list })).toMatch(/^CORS_ORIGINS has ".+", which is no origin/);
    expect(refusal({ STORE_URL: 's3://bucket' })).toBe('STORE_URL is "s3://bucket"; only "file:" is possible so far.');
  });
});
