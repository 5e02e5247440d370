// Every failure a client can meet, as one table: status, who must act, whether trying again may help, and what to say.
// docs/errors.md explains each row; a test keeps the two the same. Nobody writes a message or a status at a throw site.

/** Who must act: the user changes the request, the system is at fault, or a resource is missing or full. */
export type ErrorClass = 'user' | 'system' | 'resource';

interface ErrorRow {
  status: number;
  class: ErrorClass;
  retry: boolean;
  say: (...facts: never[]) => string;
}

const user = <F extends (string | number)[]>(status: number, say: (...facts: F) => string) =>
  ({ status, class: 'user', retry: false, say }) as const;
const resource = <F extends (string | number)[]>(status: number, say: (...facts: F) => string) =>
  ({ status, class: 'resource', retry: true, say }) as const;
const system = <F extends (string | number)[]>(status: number, retry: boolean, say: (...facts: F) => string) =>
  ({ status, class: 'system', retry, say }) as const;

export const ERRORS = {
  // Requests that cannot be read
  INVALID_JSON: user(400, (why: string) => `The body is not JSON: ${why}.`),
  BAD_REQUEST: user(400, (why: string) => `The request cannot be read: ${why}.`),
  MODEL_VERSION_INVALID: user(400, (address: string) => `"${address}" is no version of a name: after its last @ there must be a whole number from 1 on, or "latest".`),
  IDEMPOTENCY_KEY_INVALID: user(400, () => 'An Idempotency-Key is 1 to 255 visible ASCII characters, without spaces, sent once.'),
  KEY_REQUIRED: user(401, () => 'Send the API key as "Authorization: Bearer <key>"; a key in the address is never read.'),
  KEY_READ_ONLY: user(403, () => 'This key may only read. Use the API_KEY of the service for changes.'),
  ROUTE_NOT_FOUND: user(404, (method: string, path: string) => `There is no ${method} ${path}. GET /docs lists what there is.`),
  METHOD_NOT_ALLOWED: user(405, (method: string, allowed: string) => `${method} is not possible here; use ${allowed}.`),
  REQUEST_TIMEOUT: resource(408, () => 'The request took too long to come: 15 seconds for its headers, an hour for all of it. Send it again, without a pause.'),
  UPLOAD_PROTOCOL: user(412, () => 'Uploads follow the tus protocol 1.0.0; send the header "Tus-Resumable: 1.0.0".'),
  BODY_TOO_LARGE: user(413, (limit: string) => `The body is larger than the ${limit} accepted here.`),
  MEDIA_TYPE: user(415, (got: string, wanted: string) => `The body is sent as "${got}"; send ${wanted}.`),
  RANGE_NOT_SATISFIABLE: user(416, (size: number) => `The range asked for lies outside the file of ${size} bytes.`),
  HEADERS_TOO_LARGE: user(431, () => 'The headers of the request are larger than the 16 KiB accepted here.'),
  RATE_LIMITED: resource(429, (limit: number) => `More requests than the ${limit} a second allowed here (RATE_LIMIT_PER_SECOND); this one was not looked at. Send it again in a moment.`),

  // Requests that can be read but are wrong
  INVALID_REQUEST: user(422, (count: number) => `${count === 1 ? 'One value is' : `${count} values are`} not acceptable; see "errors".`),
  UNKNOWN_FIELD: user(422, (field: string, place: string) => `"${field}" is not a field of ${place}.`),
  INVALID_VALUE: user(422, (why: string) => `The value ${why}.`),
  MISSING_FIELD: user(422, (field: string) => `"${field}" is required.`),
  IDEMPOTENCY_MISMATCH: user(422, () => 'This Idempotency-Key was used for another request; a new request needs a key of its own.'),
  DATASET_UNKNOWN: user(422, (id: string) => `No data set has the id "${id}".`),
  UPLOAD_UNKNOWN: user(422, (id: string) => `No upload has the id "${id}".`),
  MODEL_UNKNOWN: user(422, (id: string) => `No model has the id "${id}", and the catalogue has none of that name.`),
  MODEL_VERSION_UNKNOWN: user(422, (address: string, why: string) => `There is no model "${address}": ${why}.`),
  JOB_UNKNOWN: user(422, (id: string) => `No job has the id "${id}".`),
  CHECKPOINT_UNKNOWN: user(422, (job: string, name: string, known: string) => `Job ${job} has no checkpoint "${name}"; there is ${known}.`),
  BASE_CORRUPT: user(422, (what: string, job: string) => `${what} Start from another one of job ${job}.`),
  LAYER_UNKNOWN: user(422, (name: string, known: string) => `No layer is named "${name}"; the layers are ${known}.`),
  LAYER_NAME_TAKEN: user(422, (name: string) => `Two layers are named "${name}"; names must differ.`),
  LAYER_INPUT_UNKNOWN: user(422, (layer: string, input: string, known: string) =>
    `Layer "${layer}" cannot take "${input}": what comes before it is ${known}.`),
  LAYER_INPUT_COUNT: user(422, (layer: string, layerClass: string, wanted: string, given: number) =>
    `Layer "${layer}" (${layerClass}) takes ${wanted} and is given ${given}.`),
  LAYER_UNUSED: user(422, (layer: string) => `Nothing takes the output of layer "${layer}"; only the last layer may be an end.`),
  CUT_CROSSED: user(422, (cut: string, layers: string) =>
    `The network cannot be cut after "${cut}": of what follows, ${layers} also needs layers before it.`),
  SHAPE_MISMATCH: user(422, (layer: string, why: string) => `Layer "${layer}" does not fit: ${why}.`),
  OUTPUT_MISMATCH: user(422, (layer: string, why: string) => `The output layer "${layer}" does not fit: ${why}.`),
  METRIC_NOT_MEASURED: user(422, (metric: string, why: string) => `"${metric}" cannot be waited for: ${why}.`),
  BASE_CLASS_UNKNOWN: user(422, (name: string, known: string) => `The base model has no class named "${name}"; its classes are ${known}.`),
  CLASS_UNKNOWN: user(422, (name: string, known: string) => `The data set has no class named "${name}"; its classes are ${known}.`),
  LABELS_MISMATCH: user(422, (model: string, dataset: string) => `The model tells ${model}, the data set has ${dataset}. Use a data set that it can be measured on.`),
  TASK_MISMATCH: user(422, (what: string, task: string) => `${what} cannot be used here: the task of the data set is ${task}.`),
  INPUT_MISMATCH: user(422, (model: string, dataset: string) =>
    `The model takes inputs of shape ${model}, the data set holds ${dataset}. Use a data set of the model's shape.`),
  PREPROCESSING_MISMATCH: user(422, (model: string, dataset: string) =>
    `The model was trained on inputs prepared as ${model}, the data set prepares them as ${dataset}.`),
  MODEL_TOO_LARGE: user(422, (needs: string, has: string) =>
    `The job needs about ${needs} of memory for this model; this machine allows a job ${has}. Make the model smaller, or lower batch_size.`),
  BATCH_TOO_LARGE: user(422, (batch: number, examples: number) =>
    `batch_size ${batch} is larger than the ${examples} training examples.`),
  AUGMENT_NOT_POSSIBLE: user(422, (setting: string, why: string) => `"${setting}" cannot be used here: ${why}.`),
  METHOD_NOT_POSSIBLE: user(422, (method: string, why: string) => `"${method}" cannot be used here: ${why}.`),
  EXPORT_UNSUPPORTED: user(422, (format: string, what: string, why: string) => `The format "${format}" cannot carry ${what}: ${why}.`),
  NOT_SOLVABLE: user(422, (solver: string, why: string) => `"${solver}" cannot put the output layer in place: ${why}.`),
  TOO_MANY_STEPS: user(422, (steps: number, limit: number) => `The job would take ${steps} steps; at most ${limit} are accepted.`),
  NOTHING_TRAINABLE: user(422, (stage: number) => `Stage ${stage + 1} would train nothing: none of its layers has weights.`),
  LAYER_FROZEN: user(422, (layer: string, stage: number) =>
    `Stage ${stage + 1} would train "${layer}", which comes from a Graph model and only gives features. Use the transfer kind "feature", the preset "linear_probe", or stages with trainable "head".`),
  EDIT_NOT_POSSIBLE: user(422, (layer: string, why: string) => `Layer "${layer}" cannot be edited so: ${why}.`),
  SPLIT_TOO_SMALL: user(422, (label: string, has: number, needs: number) =>
    `Class "${label}" has too few training examples (${has}); a validation split needs ${needs}.`),
  WEBHOOK_SECRET_INVALID: user(422, () => 'A secret is "whsec_" and 24 to 64 random bytes in base64. Leave it out to have one made.'),

  // Things that are not there, or not in a state for it
  JOB_NOT_FOUND: user(404, (id: string) => `No job has the id "${id}".`),
  DATASET_NOT_FOUND: user(404, (id: string) => `No data set has the id "${id}".`),
  MODEL_NOT_FOUND: user(404, (id: string) => `No model has the id "${id}".`),
  MODEL_VERSION_NOT_FOUND: user(404, (address: string, why: string) => `There is no model "${address}": ${why}.`),
  WEBHOOK_NOT_FOUND: user(404, (id: string) => `No webhook has the id "${id}".`),
  DELIVERY_NOT_FOUND: user(404, (id: string) => `The webhook has no delivery "${id}", or it is kept no longer.`),
  WEBHOOK_DISABLED: user(409, (id: string) => `Webhook ${id} is switched off; PATCH it with {"enabled": true} first.`),
  FILE_NOT_FOUND: user(404, (name: string) => `There is no file "${name}" here; GET the list to see the names.`),
  MODEL_NOT_READY: user(409, (id: string, status: string) => `Model ${id} is ${status}; only one that is ready can be used.`),
  BASE_ABSENT: user(409, (name: string) =>
    `The base model "${name}" of the catalogue is not here yet. Submit the job, or POST {"catalogue": "${name}"} to /v1/models/imports: then it is fetched.`),
  BASE_COMING: resource(503, (name: string, id: string) => `The base model "${name}" is being fetched, as model ${id}. Send the request again; once that model is ready, it is taken.`),
  BASE_FAILED: user(409, (name: string, id: string, why: string) =>
    `The base model "${name}" cannot be used: ${why} DELETE /v1/models/${id} has it fetched anew when it is next wanted.`),
  UPLOAD_NOT_FOUND: user(404, (id: string) => `No upload has the id "${id}", or it has expired.`),
  UPLOAD_OFFSET: user(409, () => 'The bytes do not begin where the upload has come to; ask for that by HEAD, and go on from there.'),
  UPLOAD_UNFINISHED: user(409, (id: string, has: number, size: number) => `Of upload ${id} ${has} of ${size} bytes have come; send the others first.`),
  DATASET_NOT_READY: user(409, (id: string, status: string) => `Data set ${id} is ${status}; it must be ready first.`),
  NO_CHECKPOINT: user(409, (job: string, status: string) => `Job ${job} is ${status} and has no checkpoint.`),
  REPORT_NOT_FOUND: user(404, (id: string) =>
    `Data set ${id} has no report: an earlier version read it, its reading ended in a fault of the service, or it was restored from a copy without one. Send its files again for one.`),
  NOT_PICTURES: user(404, (id: string, shape: string) => `Data set ${id} has no pictures to show: its examples are ${shape}. Ask for JSON.`),
  EXAMPLE_NOT_FOUND: user(404, (index: number, part: string, examples: number) => `The ${part} part has no example ${index}; it has ${examples}, counted from 0.`),
  DATASET_IN_USE: user(409, (id: string, job: string) => `Data set ${id} is needed by job ${job}; cancel or finish that first.`),
  MODEL_IN_USE: user(409, (id: string, job: string) => `Model ${id} is needed by job ${job}; cancel or finish that first.`),
  MODEL_HAS_DESCENDANTS: user(409, (id: string, count: number, some: string) =>
    `${count === 1 ? 'A model descends' : `${count} models descend`} from model ${id}: ${some}. Delete ${count === 1 ? 'that' : 'those'} first, or say ?descendants=keep: they stay as they are, and their lineage goes on naming it.`),
  ACTION_NOT_ALLOWED: user(409, (action: string, status: string) => `A job that is ${status} cannot be asked to ${action}.`),
  IDEMPOTENCY_IN_PROGRESS: {
    ...user(409, () => 'A request with this Idempotency-Key is still being answered. Send it again in a moment for the same answer.'),
    retry: true,
  },
  NO_TRANSFER_REPORT: user(404, (id: string, why: string) => `The job ${id} has no transfer report: ${why}.`),
  NO_PREDICTIONS: user(404, (id: string, why: string) => `The job ${id} has no predictions: ${why}.`),
  NO_ARTIFACTS: user(404, (id: string) => `The job ${id} makes no model; what it found is at /v1/jobs/${id}/report.`),
  NO_ARTIFACTS_YET: user(409, (status: string) => `The job is ${status}; its artifacts appear when it has succeeded.`),

  // What reading a data set can show (in the answer to the upload, or as the error of an invalid data set)
  UPLOAD_EMPTY: user(422, () => 'No file was sent; send each as a multipart part named "file".'),
  UPLOAD_TOO_LARGE: user(413, (limit: string) => `The upload is larger than ${limit} (MAX_UPLOAD_BYTES).`),
  UPLOAD_OVERLONG: user(413, () => 'More bytes were sent than Upload-Length said when the upload was created.'),
  DIGEST_MISMATCH: user(422, (name: string, algorithm: string) => `"${name}" does not have the ${algorithm} digest that was sent with it; it was changed on the way, or another file was meant.`),
  URL_NOT_ALLOWED: user(422, (why: string) => `The URL ${why}.`),
  FETCH_BLOCKED: user(422, (host: string, why: string) => `"${host}" may not be fetched from: ${why}.`),
  FETCH_FAILED: user(422, (why: string) => `The URL cannot be fetched: ${why}.`),
  FETCH_UNAVAILABLE: resource(503, (why: string) => `The URL cannot be fetched at the moment: ${why}.`),
  FORMAT_UNKNOWN: user(422, (name: string) => `"${name}" is neither IDX nor NumPy nor a table; read are IDX and .npy files, .npz archives, CSV, TSV, JSONL and Parquet, one format at a time.`),
  IDX_CORRUPT: user(422, (name: string, why: string) => `"${name}" is not a sound IDX file: ${why}.`),
  IDX_PARTS: user(422, (why: string) => `The IDX files do not make a data set: ${why}.`),
  NPY_CORRUPT: user(422, (name: string, why: string) => `"${name}" is not a sound NumPy array: ${why}.`),
  NPY_PARTS: user(422, (why: string) => `The NumPy arrays do not make a data set: ${why}.`),
  PICKLE_REFUSED: user(422, (name: string) => `"${name}" holds pickled Python objects, which are programs and are not read; save numbers or texts.`),
  VALUE_NOT_FINITE: user(422, (name: string, example: number) => `"${name}" holds a value that is no finite number in example ${example}.`),
  TABLE_CORRUPT: user(422, (name: string, why: string) => `"${name}" is not a sound table: ${why}.`),
  TABLE_COLUMNS: user(422, (why: string) => `The columns do not make a data set: ${why}.`),
  TABLE_PARTS: user(422, (why: string) => `The tables do not make the parts of a data set: ${why}.`),
  TABLE_EMPTY: user(422, (names: string, why: string) => `${names} gives no examples: ${why}.`),
  VALUE_TOO_FAR: user(422, (column: string, line: number) =>
    `Column "${column}" has in line ${line} a value too many deviations from the mean of the train part to be a float32.`),
  ARCHIVE_CORRUPT: user(422, (name: string, why: string) => `"${name}" is not a sound archive: ${why}.`),
  ARCHIVE_BOMB: user(413, (name: string, why: string) => `"${name}" is refused as a decompression bomb: ${why}.`),
  UNSAFE_PATH: user(422, (name: string, entry: string) => `"${name}" holds an entry that could lie outside of it: ${entry}.`),
  NO_PICTURES: user(422, (name: string, why: string) => `"${name}" holds no picture that could be read: ${why}.`),
  PICTURES_LAYOUT: user(422, (why: string) => `The pictures do not make a data set: ${why}.`),
  LABEL_OUT_OF_RANGE: user(422, (name: string, index: number, label: number, classes: number) =>
    `"${name}" gives example ${index} the label ${label}; the ${classes} classes have labels 0 to ${classes - 1}.`),
  TARGET_CONSTANT: user(422, (name: string) => `The target "${name}" has one and the same value in all training examples; there is nothing to learn.`),
  CLASSES_TOO_FEW: user(422, (classes: number) => `The data set has ${classes} class; telling classes apart needs at least 2.`),
  CLASS_TOO_SMALL: user(422, (label: string, has: number, needs: number) =>
    `Class "${label}" has too few examples (${has}); a train/test split needs ${needs}.`),
  ROWS_REFUSED: user(422, (place: string, why: string, rows: number) =>
    `${place} cannot be read: ${why}.${rows === 1 ? '' : ` It is the first of ${rows} rows, which the report lists.`} Mend ${rows === 1 ? 'it' : 'them'}, or send on_bad_rows "skip" to leave such rows out.`),
  DATASET_TOO_LARGE: user(422, (needs: string, limit: string) => `The data set holds ${needs} once unpacked; at most ${limit} are accepted.`),

  // What reading a model that was sent can show (in the answer to the upload, or as the error of an invalid model)
  MODEL_FORMAT: user(415, (name: string, what: string) =>
    `"${name}" ${what}; read are TensorFlow.js Layers and Graph models (model.json and its shards, or a zip of them), .keras and .h5.`),
  MODEL_CORRUPT: user(422, (name: string, why: string) => `"${name}" is not a sound model: ${why}.`),
  MODEL_NOT_SUPPORTED: user(422, (why: string) => `The network cannot be taken over: ${why}.`),
  LAYER_NOT_ALLOWED: user(422, (layer: string, layerClass: string) =>
    `Layer "${layer}" is of the class "${layerClass}", which is not among those that run here.`),
  OP_NOT_ALLOWED: user(422, (node: string, op: string) =>
    `Node "${node}" is of the op "${op}", which is not among those that are read. Where a node before it gives a good feature, name that as output_node.`),
  OUTPUT_NODE_UNKNOWN: user(422, (node: string, near: string) => `The graph has no node "${node}"; the nearest are ${near}.`),
  OUTPUT_NODE_NEEDED: user(422, (outputs: number, names: string) => `The graph has ${outputs} outputs: ${names}. Name the node to take features from as output_node.`),

  // What is asked of a model about new examples
  COLUMN_MISSING: user(422, (name: string, has: string) => `The rows have no column "${name}", which the model takes; their columns are ${has}.`),
  PICTURE_UNREADABLE: user(422, (name: string, why: string) => `The picture "${name}" cannot be read: ${why}.`),
  OUTPUT_NOT_FINITE: user(422, () => 'The model gives no finite numbers for the instance; its values are too large for it.'),
  PREDICT_BUSY: resource(429, (requests: number) => `${requests} requests for predictions wait already (PREDICT_QUEUE); nothing was done. Send it again in a moment.`),
  PREDICT_CRASHED: system(500, true, (how: string) => `The process that predicts ended twice without an answer (${how}).`),
  PREDICT_TIMEOUT: system(504, true, (seconds: number) =>
    `The model gave no answer within ${seconds} seconds (PREDICT_SECONDS), so its process was ended. Send fewer instances at once.`),

  // How a job can fail
  NAN_LOSS: user(422, (step: number) => `The loss is not a finite number at step ${step}; lower the learning rate.`),
  QUEUE_SECONDS_PASSED: {
    ...user(422, (seconds: number) => `No worker took the job within limits.queue_seconds (${seconds} s).`),
    retry: true,
  },
  RUN_SECONDS_PASSED: user(422, (seconds: number) => `The job was at work for longer than limits.run_seconds (${seconds} s).`),
  GOLDEN_MISMATCH: system(500, false, (difference: string) =>
    `The written model does not give the outputs it gave while training (largest difference ${difference}); it was not published.`),
  EXPORT_MISMATCH: system(500, false, (runtime: string, difference: string, accepted: string) =>
    `What was written does not give the outputs of the model in its runtime, ${runtime}: the largest difference is ${difference}, accepted are ${accepted}; it was not published.`),
  EXPORT_INACCURATE: user(422, (metric: string, before: string, after: string, accepted: string) =>
    `The quantised model loses too much: ${metric} goes from ${before} to ${after}, and max_drop accepts ${accepted}. Quantise by channel, use more bits, or accept more.`),
  CHILD_CRASHED: system(500, true, (how: string) => `The process ended without an answer (${how}).`),
  CHILD_HUNG: system(500, true, (phase: string, seconds: number) =>
    `The process was ${phase} and told nothing new for ${seconds} seconds, so it was ended.`),
  OUT_OF_MEMORY: resource(507, (what: string, held: string, allowed: string) =>
    `The process ran out of memory: ${what} when it held ${held}; it may hold ${allowed} (MAX_JOB_MEMORY_BYTES).`),
  CRASH_LOOP: system(500, true, (last: string, attempts: number) =>
    `${last} ${attempts} attempts in a row got no further than those before.`),
  CHECKPOINT_CORRUPT: system(500, false, (name: string, why: string) => `Checkpoint ${name} cannot be used: ${why}.`),
  CHILD_FAILED: system(500, false, (why: string) => `The task failed inside the service: ${why}.`),

  // How the delivery of an event can fail, beside FETCH_BLOCKED, FETCH_FAILED and FETCH_UNAVAILABLE
  DELIVERY_REFUSED: user(422, (status: number) => `The receiver answered with status ${status}; only 200 to 299 is success.`),

  // The service itself
  ENGINE_MISSING: system(503, true, () => 'No native TensorFlow is set up here. Run "npx rootstock doctor"; it names the command.'),
  QUEUE_UNAVAILABLE: resource(503, () => 'The queue does not answer; nothing was accepted. Try again in a moment.'),
  QUOTA: resource(429, (limit: number) => `As many jobs wait as may, ${limit} (MAX_QUEUED_JOBS); nothing was accepted. Try again when one has been taken up.`),
  QUEUE_FULL: resource(503, () => 'The memory of the queue is full; nothing was accepted. Try again when jobs have ended.'),
  QUEUE_READONLY: resource(503, () => 'The queue cannot write at the moment, as with a full disk; nothing was accepted. Try again in a moment.'),
  DISK_FULL: resource(507, () => 'The disk of the service is full; nothing was stored. Free space, then try again.'),
  COPY_INCOMPLETE: system(500, true, (what: string) =>
    `The service was restored from a copy of its data folder that does not hold ${what}, and it cannot be made again as it was.`),
  STORE_CORRUPT: system(500, false, (what: string) => `The stored record ${what} cannot be read.`),
  STORE_TOO_NEW: system(500, false, (what: string) => `The stored record ${what} was written by a newer Rootstock; run that one.`),
  INTERNAL: system(500, false, () => 'Something went wrong inside the service; the log has the details under this request id.'),
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERRORS;
type Facts<C extends ErrorCode> = Parameters<(typeof ERRORS)[C]['say']>;

/** A failure a client may see: a row of the table with its facts, and where in the request it lies. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';
  private constructor(
    readonly code: ErrorCode,
    message: string,
    /** JSON pointer (RFC 6901) into the request body, such as `/training/epochs`. */
    readonly pointer: string | undefined,
    /** Several failures of one request, each with its own pointer. */
    readonly parts: readonly ServiceError[] = [],
  ) {
    super(message);
  }

  static of<C extends ErrorCode>(code: C, ...facts: Facts<C>): ServiceError {
    return new ServiceError(code, (ERRORS[code].say as (...all: unknown[]) => string)(...facts), undefined);
  }

  /** One failure if there is one, else INVALID_REQUEST holding all of them. */
  static all(parts: readonly [ServiceError, ...ServiceError[]]): ServiceError {
    if (parts.length === 1) return parts[0];
    return new ServiceError('INVALID_REQUEST', ERRORS.INVALID_REQUEST.say(parts.length), undefined, parts);
  }

  /** The same failure, at a place in the request. */
  at(pointer: string): ServiceError {
    return new ServiceError(this.code, this.message, pointer, this.parts);
  }

  get status(): number {
    return ERRORS[this.code].status;
  }

  /** As stored in a job or data set record. */
  toRecord(): ErrorRecord {
    const { class: errorClass, retry } = ERRORS[this.code];
    return { code: this.code, class: errorClass, message: this.message, param: this.pointer ?? null, retryable: retry };
  }

  /** The failure a child process reported, back as an error. */
  static fromRecord(record: ErrorRecord): ServiceError {
    const code = record.code in ERRORS ? (record.code as ErrorCode) : 'CHILD_FAILED';
    return new ServiceError(code, record.message, record.param ?? undefined);
  }
}

export interface ErrorRecord {
  code: string;
  class: ErrorClass;
  message: string;
  param: string | null;
  retryable: boolean;
}
