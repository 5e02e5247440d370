// npm run bench -- NAME: runs one of the benches below.
const BENCHES = { training: './training.mjs', service: './service.mjs', ingest: './ingest.mjs', features: './features.mjs', checkpoints: './checkpoints.mjs', transfer: './transfer.mjs', 'one-dial': './one-dial.mjs', api: './api.mjs', eta: './eta.mjs', dashboard: './dashboard.mjs' };

const name = process.argv[2] ?? '';
if (!Object.hasOwn(BENCHES, name)) {
  console.error(`usage: npm run bench -- ${Object.keys(BENCHES).join('|')} [--json] [--quick]`);
  process.exit(2);
}
process.argv.splice(2, 1);
await import(BENCHES[/** @type {keyof typeof BENCHES} */ (name)]);
