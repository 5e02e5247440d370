// Jest over TypeScript sources as native ES modules. `ROOTSTOCK_LONG=1` (npm run test:long) adds the long tests.
import { availableParallelism, totalmem } from 'node:os';

const long = process.env.ROOTSTOCK_LONG === '1';
const swc = (module) => ['@swc/jest', { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: module } }];
// These two are published as ES modules only, but are reached through require(), which Jest cannot do on Node 20 and 22.
const esmOnly = 'node_modules/(cookie|content-disposition)/';

// As the build has it: one file in the place of hundreds, which Jest would read and link anew for each file of tests.
const schemaLibrary = { '^(#contract/|\\.{1,2}/(.*/)?)typebox\\.js$': '<rootDir>/dist/contract/typebox.js' };

/** What a worker and the processes of its tests hold at most. More workers than cores: tests wait for locks, timers and processes for a good part of their time. */
const WORKER_BYTES = 2.5 * 2 ** 30;

/** @type {import('jest').Config} */
export default {
  testEnvironment: '<rootDir>/test/support/native-environment.cjs',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', ...(long ? [] : ['\\.long\\.test\\.ts$'])],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { ...schemaLibrary, '^@tensorflow/tfjs-node-gpu$': '<rootDir>/test/support/outer-tensorflow.cjs', '^rootstock/client$': '<rootDir>/src/client/index.ts', '^#fault-points$': '<rootDir>/src/faults/armed.ts', '^#(.*)\\.js$': '<rootDir>/src/$1.ts', '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: { '^.+\\.ts$': swc('es6'), [`${esmOnly}.+\\.js$`]: swc('commonjs') },
  transformIgnorePatterns: ['/node_modules/(?!(cookie|content-disposition)/)'],
  testTimeout: 30_000,
  maxWorkers: Math.max(1, Math.min(Math.ceil(1.5 * availableParallelism()), Math.floor(totalmem() / WORKER_BYTES))),
};
