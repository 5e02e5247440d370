// The child that reads one data set: from its source files, or drawn by a generator, to the packed training format.
import { readSource } from '#datasets/read-source.js';
import { runChild } from './child.js';

runChild('ingest', (task) => readSource(task));
