// TensorFlow.js of the test process, the same for all its files: to read its 750 modules anew for each would take longer than most
// tests. The environment (native-environment.cjs) hands it in.
module.exports = globalThis[Symbol.for('rootstock.tests.tensorflow')]();
