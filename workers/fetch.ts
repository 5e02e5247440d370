// The child that fetches the file of a data set from where a caller said. Apart from the one that reads it, which needs no network.
import { fetchSource } from '#datasets/fetch-source.js';
import { runChild } from './child.js';

runChild('fetch', (task, { tell }) => fetchSource(task, (bytes) => tell({ kind: 'received', bytes })));
