// Jest runs tests in a realm of its own, where Node's and TensorFlow's typed arrays fail `instanceof`. This environment hands in
// the outer realm's constructors, and its TensorFlow.js (docs/decisions/project.md, "Tests share the outer realm's typed arrays").
// Math is among them, since a recording takes Math.random away.
const { AsyncLocalStorage } = require('node:async_hooks');
const { TestEnvironment } = require('jest-environment-node');

const SHARED = [
  'Math',
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

// tfjs asks `instanceof Array` of what tests and our code give it, which are arrays of the realm of the tests.
const { [Symbol.hasInstance]: isInstance } = Function.prototype;
Object.defineProperty(Array, Symbol.hasInstance, {
  value(/** @type {unknown} */ value) {
    return this === Array ? Array.isArray(value) : isInstance.call(this, value);
  },
});

/** @type {import('@tensorflow/tfjs-node-gpu') | undefined} */
let tensorFlow;

module.exports = class NativeEnvironment extends TestEnvironment {
  async setup() {
    await super.setup();
    for (const name of SHARED) this.global[name] = globalThis[name];
    this.global[Symbol.for('rootstock.tests.tensorflow')] = () => (tensorFlow ??= require('@tensorflow/tfjs-node-gpu'));
  }

  async teardown() {
    await super.teardown();
    tensorFlow?.disposeVariables();
    for (const storage of entered) storage.disable();
    entered.clear();
  }
};
