// Reads the settings from the environment: the only place that does. A setting that cannot be used stops the start.
import { resolve } from 'node:path';
import ipaddr from 'ipaddr.js';
import { SETTINGS, type Settings } from './settings.js';

type Environment = Readonly<Record<string, string | undefined>>;

export class SettingError extends Error {
  override readonly name = 'SettingError';
}

const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);

/**
 * The settings, from the environment where set, else by default; DATA_DIR as an absolute path.
 * @throws SettingError naming the setting, what it holds and what it takes.
 */
export function loadSettings(environment: Environment = process.env): Settings {
  const values: Record<string, unknown> = {};
  for (const setting of SETTINGS) values[setting.name] = valueOf(setting, environment[setting.name]);
  const settings = { ...(values as unknown as Settings), DATA_DIR: resolve(values.DATA_DIR as string) };

  if (!isLoopback(settings.HOST) && settings.API_KEY === '') {
    throw new SettingError(
      `HOST is ${settings.HOST}, which others can reach, and API_KEY is not set. Set API_KEY, or use HOST=127.0.0.1.`,
    );
  }
  if (settings.READ_ONLY_KEY !== '' && settings.API_KEY === '') {
    throw new SettingError('READ_ONLY_KEY is set and API_KEY is not, so that everyone could still write. Set API_KEY too.');
  }
  for (const origin of originsOf(settings)) {
    if (!isOrigin(origin)) throw new SettingError(`CORS_ORIGINS has "${origin}", which is no origin: scheme, host and port where it is not the usual one, such as https://wall.example.com, and nothing behind it.`);
  }
  for (const proxy of proxiesOf(settings)) {
    if (!isProxy(proxy)) throw new SettingError(`TRUST_PROXY has "${proxy}", which is no address, no network such as 10.0.0.0/8, and none of ${NETWORKS.join(', ')}.`);
  }
  if (settings.STORE_URL !== 'file:') {
    throw new SettingError(`STORE_URL is "${settings.STORE_URL}"; only "file:" is possible so far.`);
  }
  return settings;
}

const wordsOf = (list: string): string[] => list.split(',').map((word) => word.trim()).filter((word) => word !== '');

/** Of pages that may ask from a browser. */
export const originsOf = ({ CORS_ORIGINS: list }: Pick<Settings, 'CORS_ORIGINS'>): string[] => wordsOf(list);

/** Proxies that are believed; all of them together ("true", a number of hops) cannot be named: whoever reaches the service itself could then say to be anyone. */
export const proxiesOf = ({ TRUST_PROXY: list }: Pick<Settings, 'TRUST_PROXY'>): string[] => (list === '0' ? [] : wordsOf(list));

/** As proxy-addr, which Fastify asks, names them. */
const NETWORKS: readonly string[] = ['loopback', 'linklocal', 'uniquelocal'];
const isProxy = (text: string): boolean => NETWORKS.includes(text) || (text.includes('/') ? ipaddr.isValidCIDR(text) : ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text));

const isOrigin = (text: string): boolean => /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text;

type AnySetting = (typeof SETTINGS)[number] & { minimum?: number; maximum?: number; fraction?: boolean; oneOf?: readonly string[] };

function valueOf(setting: AnySetting, text: string | undefined): string | number {
  if (text === undefined || text === '') return setting.default;
  if (typeof setting.default === 'number') {
    const value = Number(text);
    const { minimum = 0, maximum = Number.MAX_SAFE_INTEGER } = setting;
    const fits = setting.fraction ? Number.isFinite(value) : Number.isSafeInteger(value);
    if (fits && value >= minimum && value <= maximum) return value;
    throw new SettingError(`${setting.name} is "${text}"; it takes a ${setting.fraction ? '' : 'whole '}number from ${minimum} to ${maximum}.`);
  }
  if (setting.oneOf && !setting.oneOf.includes(text)) {
    throw new SettingError(`${setting.name} is "${text}"; it takes one of ${setting.oneOf.join(', ')}.`);
  }
  return text;
}
