// The child that fetches the files of a model from where a caller said. Apart from the one that reads them, which needs no network.
import { fetchModel } from '#models/imports/fetch-model.js';
import { runChild } from './child.js';

runChild('fetch_model', (task, { tell }) => fetchModel(task, (bytes) => tell({ kind: 'received', bytes })));
