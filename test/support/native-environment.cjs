// Jest runs tests in a realm of its own, where Node's and TensorFlow's typed arrays fail `instanceof`. This environment
// hands the outer realm's constructors in (docs/decisions/project.md, "Tests share the outer realm's typed arrays").
const { AsyncLocalStorage } = require('node:async_hooks');
const { TestEnvironment } = require('jest-environment-node');

const SHARED = [
  'ArrayBuffer', 'Float32Array', 'Int32Array', 'Uint8Array', 'Uint8ClampedArray',
  'Uint16Array', 'Float64Array', 'BigInt64Array',
];

// jest-circus enters a storage of its own for every file and never disables it. Node 20 visits all enabled storages at each
// promise, so that a process becomes slower with every file it has run.
/** @type {Set<AsyncLocalStorage<unknown>>} */
const entered = new Set();
const { run } = AsyncLocalStorage.prototype;
AsyncLocalStorage.prototype.run = function (...given) {
  entered.add(this);
  return run.apply(this, given);
};

module.exports = class NativeEnvironment extends TestEnvironment {
  async setup() {
    await super.setup();
    for (const name of SHARED) this.global[name] = globalThis[name];
  }

  async teardown() {
    await super.teardown();
    for (const storage of entered) storage.disable();
    entered.clear();
  }
};
