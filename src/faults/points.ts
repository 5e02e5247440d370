// The fault points: places in the code at which a test may have a process fail or end. In production there is nothing at them (none.ts).

export const FAULT_POINTS = {
  'commit.write.fail': { file: 'src/store/stores/durable.ts', what: 'bytes of a new file cannot be written' },
  'commit.fsync.fail': { file: 'src/store/stores/durable.ts', what: 'bytes of a new file cannot be made to last' },
  'commit.rename.fail': { file: 'src/store/stores/folder.ts', what: 'a record cannot take the place of the one before' },
  'commit.link.fail': { file: 'src/store/stores/folder.ts', what: 'a record that is written once cannot take its place' },
  'commit.folder-fsync.fail': { file: 'src/store/stores/durable.ts', what: 'a name is there, and cannot be made to last' },
  'append.write.fail': { file: 'src/store/stores/folder.ts', what: 'a line cannot be appended, or only a part of it' },
  'append.fsync.fail': { file: 'src/store/stores/folder.ts', what: 'appended lines cannot be made to last' },
  'seal.fsync.fail': { file: 'src/store/stores/durable.ts', what: 'a staged file cannot be made to last' },
  'publish.rename.fail': { file: 'src/store/stores/folder.ts', what: 'a sealed folder cannot be moved to its place' },
  'remove.rename.fail': { file: 'src/store/stores/folder.ts', what: 'something cannot be moved out of sight' },
  'remove.rest.fail': { file: 'src/store/stores/folder.ts', what: 'what was moved out of sight cannot be removed' },
  'events.append.fail': { file: 'src/events/writer.ts', what: 'an event cannot be written' },
  'queue.add.fail': { file: 'src/jobs/submit.ts', what: 'a job is accepted, and cannot be queued' },
  'fence.taken.fail': { file: 'workers/train-attempt.ts', what: 'an attempt has its fence, and nothing else yet' },
  'train.call.fail': { file: 'workers/run-listener.ts', what: 'a training process fails, or grows, after a call into TensorFlow' },
  'export.written.fail': { file: 'workers/export-model.ts', what: 'the files of an export are written, and are not what they should be' },
  'checkpoint.publish.fail': { file: 'src/jobs/checkpoints.ts', what: 'a checkpoint cannot be published' },
  'outcome.write.fail': { file: 'src/jobs/settle.ts', what: 'an end cannot be written' },
  'conclude.begun.fail': { file: 'src/jobs/settle.ts', what: 'an end is decided, and nothing of it is true' },
  'conclude.published.fail': { file: 'src/jobs/settle.ts', what: 'the model is published, what else was staged is there still' },
  'conclude.discarded.fail': { file: 'src/jobs/settle.ts', what: 'the last state of an ended job is not written' },
  'conclude.closed.fail': { file: 'src/jobs/settle.ts', what: 'the last state of an ended job is written, its log has no last event' },
  'version.claimed.fail': { file: 'src/models/versions.ts', what: 'a model is to have a version of a name, and has no number yet' },
  'version.given.fail': { file: 'src/models/versions.ts', what: 'a model has a version of a name, and nobody was told' },
  'ingest.publish.fail': { file: 'src/datasets/registry.ts', what: 'a data set is read, and cannot be published' },
  'import.publish.fail': { file: 'src/models/imports/registry.ts', what: 'a model that was sent is read, and cannot be published' },
} as const satisfies Record<string, { file: string; what: string }>;

export type FaultPoint = keyof typeof FAULT_POINTS;
