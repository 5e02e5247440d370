// Every setting of the service: name, default, help. The type of the loaded settings follows from this list.
interface Setting {
  name: string;
  /** A number or a flag makes the setting one; a string with `oneOf` is checked against it. */
  default: string | number | boolean;
  oneOf?: readonly string[];
  minimum?: number;
  maximum?: number;
  /** Whether a number need not be whole. */
  fraction?: boolean;
  help: string;
}

export const SETTINGS = [
  { name: 'HOST', default: '127.0.0.1', help: 'Address the API listens on. Any other than loopback needs API_KEY.' },
  { name: 'PORT', default: 7070, minimum: 0, maximum: 65_535, help: 'Port the API listens on; 0 takes a free one.' },
  { name: 'DATA_DIR', default: './data', help: 'Folder for everything the service keeps. Created if missing.' },
  { name: 'REDIS_URL', default: '', help: 'Redis or Valkey ≥ 6.2 for the queue. Empty: the service starts a Valkey of its own in DATA_DIR.' },
  { name: 'STORE_URL', default: 'file:', help: 'Where data sets, jobs and models are kept. `file:` is the folder store in DATA_DIR.' },
  { name: 'WORKERS', default: 1, minimum: 0, maximum: 64, help: 'Worker processes `npm start` runs; each trains one job at a time.' },
  { name: 'WARM_CHILDREN', default: 1, minimum: 0, maximum: 8, help: 'Training processes each worker keeps ready for each number of threads (1 and 2), so that a job starts at once. 0: none.' },
  { name: 'ENGINE', default: 'auto', oneOf: ['auto', 'cpu', 'cuda', 'upstream'], help: 'Which native TensorFlow the set-up installs. auto: CUDA where nvidia-smi answers, else CPU.' },
  { name: 'API_KEY', default: '', help: 'Key for all requests, sent as `Authorization: Bearer …`. Empty: open, on loopback only.' },
  { name: 'READ_ONLY_KEY', default: '', help: 'Key that may only read.' },
  { name: 'CORS_ORIGINS', default: '', help: 'Origins whose pages may ask the API from a browser, such as `https://wall.example.com`, with commas between them. Empty: none.' },
  { name: 'TRUST_PROXY', default: '', help: 'Proxies whose X-Forwarded-For is believed: addresses or networks (`10.0.0.0/8`), or `loopback`, `linklocal`, `uniquelocal`, with commas between them. It decides the client’s address, in the log and where requests are limited by it, and nothing else. Empty or 0: none.' },
  { name: 'RATE_LIMIT_PER_SECOND', default: 0, minimum: 0, maximum: 1_000_000, help: 'Requests a second that each API key may make, or each address without one; more are refused with 429. `/healthz`, `/readyz` and `/metrics` are not counted. 0: no limit.' },
  { name: 'MAX_UPLOAD_BYTES', default: 4_294_967_296, minimum: 1024, maximum: Number.MAX_SAFE_INTEGER, help: 'Largest upload or fetch of one data set or model, in bytes as sent and again as unpacked.' },
  { name: 'ALLOW_PRIVATE_ADDRESSES', default: 0, minimum: 0, maximum: 1, help: 'Whether data sets and models may be fetched from, and webhooks sent to, loopback and private networks, at any port, webhooks by plain http too. 0: only public addresses, at ports 80 and 443.' },
  { name: 'CATALOGUE_FILE', default: '', help: 'JSON file of base models that jobs may name besides those that come with Rootstock, or in their place. Empty: none.' },
  { name: 'MAX_QUEUED_JOBS', default: 100_000, minimum: 0, maximum: Number.MAX_SAFE_INTEGER, help: 'Jobs that may wait in the queue; more are refused with 429 until one is taken up. 0: no limit.' },
  { name: 'MAX_JOB_MEMORY_BYTES', default: 0, minimum: 0, maximum: Number.MAX_SAFE_INTEGER, help: 'Memory one job’s process may hold, in bytes: a job that needs more is refused, a process that outgrows it is ended. 0: half of the machine’s.' },
  { name: 'FEATURE_CACHE_BYTES', default: 10_737_418_240, minimum: 0, maximum: Number.MAX_SAFE_INTEGER, help: 'What features that are kept for other jobs may take together, in bytes, in `cache/features` of DATA_DIR; those that were not used for the longest time go first. 0: none are kept.' },
  { name: 'PREDICT_CHILDREN', default: 1, minimum: 1, maximum: 16, help: 'Processes that answer predictions; each is started when it is needed and runs one model at a time, on one thread.' },
  { name: 'PREDICT_MEMORY_BYTES', default: 1_073_741_824, minimum: 0, maximum: Number.MAX_SAFE_INTEGER, help: 'What the weights of the models that one such process keeps may take together, in bytes; those that were not asked for the longest time go first. The one that is asked is always kept.' },
  { name: 'PREDICT_QUEUE', default: 256, minimum: 1, maximum: 100_000, help: 'Requests for predictions that may wait or be answered at a time; more are refused with 429.' },
  { name: 'PREDICT_SECONDS', default: 30, minimum: 1, maximum: 3600, help: 'How long loading a model, or one run of it, may take before the process is ended, in seconds.' },
  { name: 'PREDICT_IDLE_SECONDS', default: 300, minimum: 1, maximum: 86_400, help: 'How long a process that predicts is kept without a request, in seconds.' },
  { name: 'LOCK_SECONDS', default: 40, minimum: 2, maximum: 3600, help: 'How long a worker holds a job without renewing, before another may take it.' },
  { name: 'STALL_CHECK_SECONDS', default: 10, minimum: 1, maximum: 3600, help: 'How often workers look for jobs whose worker died.' },
  { name: 'CHECKPOINT_SECONDS', default: 60, minimum: 0.1, maximum: 86_400, fraction: true, help: 'Least time between two checkpoints of a job. Writing them never takes more than a twentieth of the time.' },
  { name: 'HANG_SECONDS', default: 120, minimum: 1, maximum: 86_400, help: 'How long a training process may tell of no new step before it is ended and the attempt made again, in seconds.' },
  { name: 'RETRY_SECONDS', default: 10, minimum: 0, maximum: 360, help: 'Wait before an attempt whose process died is made again, in seconds; twice as long after each further one that gets nowhere, at most 6 minutes.' },
  { name: 'RECONCILE_SECONDS', default: 10, minimum: 1, maximum: 3600, help: 'How often the service looks for jobs that the queue lost, ends that were not finished and limits that have passed.' },
  { name: 'WEBHOOK_HOURS', default: 75, minimum: 0.0001, maximum: 8760, fraction: true, help: 'Over how many hours an event is sent again to a webhook that does not take it: ten tries in all, further and further apart.' },
  { name: 'KEEP_JOBS_DAYS', default: 0, minimum: 0, maximum: 36_500, fraction: true, help: 'How long the record of an ended job is kept. 0: no limit.' },
  { name: 'KEEP_JOBS', default: 0, minimum: 0, maximum: Number.MAX_SAFE_INTEGER, help: 'How many ended jobs are kept, the newest. 0: no limit.' },
  { name: 'KEEP_JOBS_BYTES', default: 0, minimum: 0, maximum: Number.MAX_SAFE_INTEGER, help: 'What records, events and learning curves of ended jobs may take together, in bytes; the oldest go first. 0: no limit.' },
  { name: 'KEEP_CHECKPOINTS_DAYS', default: 7, minimum: 0, maximum: 36_500, fraction: true, help: 'How long checkpoints of an ended job are kept. 0: no limit.' },
  { name: 'KEEP_CHECKPOINTS_BYTES', default: 10_737_418_240, minimum: 0, maximum: Number.MAX_SAFE_INTEGER, help: 'What checkpoints of ended jobs may take together, in bytes; those of the oldest go first. 0: no limit.' },
  { name: 'KEEP_IDEMPOTENCY_HOURS', default: 24, minimum: 24, maximum: 8760, help: 'How long the answer to a request with an Idempotency-Key is kept.' },
  { name: 'KEEP_UPLOADS_HOURS', default: 24, minimum: 1, maximum: 8760, help: 'How long a resumable upload is kept after it was created, finished or not.' },
  { name: 'KEEP_DELIVERIES_DAYS', default: 30, minimum: 0, maximum: 36_500, fraction: true, help: 'How long the log keeps what was sent to a webhook, or was given up. 0: no limit.' },
  { name: 'KEEP_DELIVERIES', default: 1000, minimum: 0, maximum: Number.MAX_SAFE_INTEGER, help: 'How many of them are kept for each webhook, the newest. 0: no limit.' },
  { name: 'SWEEP_SECONDS', default: 600, minimum: 1, maximum: 86_400, help: 'How often what is beyond the KEEP settings is looked for and removed.' },
  { name: 'LOG_LEVEL', default: 'info', oneOf: ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], help: 'Least level that is logged.' },
] as const satisfies readonly Setting[];

type Value<S extends (typeof SETTINGS)[number]> = S extends { oneOf: readonly (infer W)[] }
  ? W
  : S['default'] extends number
    ? number
    : S['default'] extends boolean
      ? boolean
      : string;
export type Settings = { readonly [S in (typeof SETTINGS)[number] as S['name']]: Value<S> };
