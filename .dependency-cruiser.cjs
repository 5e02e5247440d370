// Who may know whom (docs/architecture.md). A room imports its own layer or an earlier one, never a later one.
const layers = [
  ['contract'],
  ['client', 'faults', 'config', 'store', 'queue', 'events', 'outbound', 'children', 'logs'],
  ['cli', 'datasets', 'models', 'engine', 'transfer', 'report'],
  ['jobs', 'predictions'],
  ['webhooks'],
  ['telemetry'],
  ['http', 'dashboard'],
];
const path = (rooms) => `^src/(${rooms.join('|')})/`;
const upward = layers.slice(0, -1).map((rooms, level) => ({
  name: `layer-${level}-knows-no-later-layer`,
  severity: 'error',
  from: { path: path(rooms) },
  to: { path: `${path(layers.slice(level + 1).flat())}|^src/(wiring|server|standalone)\\.ts|^workers/` },
}));

module.exports = {
  forbidden: [
    ...upward,
    {
      name: 'tensorflow-only-in-native',
      comment: 'Recipes, models and workers receive `tf`; type imports are free.',
      severity: 'error',
      from: { path: '^(src|workers)/', pathNot: '^src/engine/native\\.ts$' },
      to: { path: 'node_modules/@tensorflow/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'api-never-reaches-tensorflow',
      comment: 'The API process must not load native TensorFlow.',
      severity: 'error',
      from: { path: '^src/(server|standalone|wiring|http/.*|jobs/.*|predictions/.*)\\.ts$' },
      to: { path: '^src/engine/native\\.ts$', reachable: true },
    },
    {
      name: 'sharp-only-in-decode',
      severity: 'error',
      from: { path: '^(src|workers)/', pathNot: '^src/datasets/readers/pictures/decode\\.ts$' },
      to: { path: 'node_modules/sharp/' },
    },
    {
      name: 'pictures-read-by-dynamic-import',
      comment: 'The API process tells formats and must not load the decoder of pictures.',
      severity: 'error',
      from: { path: '^(src|workers)/', pathNot: '^src/datasets/readers/pictures/' },
      to: { path: '^src/datasets/readers/pictures/(decode|read-pictures)\\.ts$', dependencyTypesNot: ['dynamic-import', 'type-only'] },
    },
    {
      name: 'parquet-decoded-only-in-its-thread',
      comment: 'The library loops over some damaged files: only a thread that is ended in time may call it.',
      severity: 'error',
      from: { path: '^(src|workers)/', pathNot: '^src/datasets/readers/parquet/(decode|column)\\.ts$' },
      to: { path: 'node_modules/hyparquet/|^src/datasets/readers/parquet/(decode|column)\\.ts$', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'queue-libraries-only-in-drivers',
      severity: 'error',
      from: { path: '^(src|workers)/', pathNot: '^src/(queue/queues|queue/embedded-redis|queue/connection|events)' },
      to: { path: 'node_modules/(bullmq|ioredis)/' },
    },
    {
      name: 'prometheus-only-in-telemetry',
      severity: 'error',
      from: { path: '^(src|workers)/', pathNot: '^src/telemetry/' },
      to: { path: 'node_modules/prom-client/' },
    },
    {
      name: 'one-way-out',
      comment: 'What a caller points at is reached through outbound/guarded-fetch.ts alone; fetch() is banned in eslint.config.mjs.',
      severity: 'error',
      from: { path: '^(src|workers)/', pathNot: '^src/outbound/' },
      to: { path: 'node_modules/(undici|axios|got|node-fetch|ky)/' },
    },
    {
      name: 'no-raw-connections',
      comment: 'The queue asks its own server whether it is there; type imports are free.',
      severity: 'error',
      from: { path: '^(src|workers)/', pathNot: '^src/(outbound/|queue/ask-server\\.ts|cli/commands/webhooks-listen\\.ts)' },
      to: { path: '^(node:)?(http|https|http2|net|tls|dgram|dns)(/|$)', dependencyTypes: ['core'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'drivers-named-only-in-wiring',
      severity: 'error',
      from: { path: '^(src|workers)/', pathNot: '^src/(wiring|store/stores|queue/queues)|^workers/' },
      to: { path: '^src/(store/stores|queue/queues)/' },
    },
    {
      name: 'contract-and-client-have-no-built-ins',
      severity: 'error',
      from: { path: '^src/(contract|client)/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'client-knows-the-contract-alone',
      severity: 'error',
      from: { path: '^src/client/' },
      to: { path: '^(src|workers|scripts)/', pathNot: '^src/(client|contract)/' },
    },
    {
      name: 'client-takes-no-schemas-along',
      comment: 'Types of the contract cost nothing; a schema brings its library into the page of a browser.',
      severity: 'error',
      from: { path: '^src/client/' },
      to: { path: '^src/contract/', pathNot: '^src/contract/job-states\\.ts$', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'cli-knows-client-and-contract-alone',
      severity: 'error',
      from: { path: '^src/cli/' },
      to: { path: '^(src|workers|scripts)/', pathNot: '^src/(cli|client|contract)/' },
    },
    {
      name: 'nobody-knows-the-client-but-the-cli',
      comment: 'The service talks to itself in other ways; its dashboard is a client like any other.',
      severity: 'error',
      from: { path: '^(src|workers)/', pathNot: '^src/(client|cli|dashboard)/' },
      to: { path: '^src/(client|cli)/' },
    },
    {
      name: 'dashboard-knows-the-client-alone',
      comment: 'It runs in a browser and does what any client can do; of the contract it takes types, and what needs no library.',
      severity: 'error',
      from: { path: '^src/dashboard/' },
      to: { path: '^(src|workers|scripts)/', pathNot: '^src/(dashboard|client|contract)/' },
    },
    {
      name: 'dashboard-takes-no-schemas-along',
      severity: 'error',
      from: { path: '^src/dashboard/' },
      to: { path: '^src/contract/', pathNot: '^src/contract/job-states\\.ts$', dependencyTypesNot: ['type-only'] },
    },
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/' },
    tsConfig: { fileName: 'tsconfig.base.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default', 'types'] },
  },
};
