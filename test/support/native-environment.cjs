// Jest runs tests in a realm of its own, where Node's and TensorFlow's typed arrays fail `instanceof`. This environment
// hands the outer realm's constructors in (docs/decisions.md, "Tests share the outer realm's typed arrays").
const { TestEnvironment } = require('jest-environment-node');

const SHARED = [
  'ArrayBuffer', 'Float32Array', 'Int32Array', 'Uint8Array', 'Uint8ClampedArray',
  'Uint16Array', 'Float64Array', 'BigInt64Array',
];

module.exports = class NativeEnvironment extends TestEnvironment {
  async setup() {
    await super.setup();
    for (const name of SHARED) this.global[name] = globalThis[name];
  }
};
