// The .keras file: a zip archive of config.json, metadata.json and model.weights.h5, none of them compressed, as Keras writes it.
import { createWriteStream } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ZipFile } from 'yazl';
import type { Architecture } from '../../contract/layers.js';
import type { Weights } from '../../models/weights.js';
import { keras3Topology } from './topology.js';
import { writeKerasWeights } from './weights-file.js';

export const KERAS_FILE = 'model.keras';
/** The version whose form this is; later ones read it too. */
const KERAS_VERSION = '3.12.0';
/** The first day of the calendar of zip archives: the same model gives the same bytes. */
const NO_DAY = new Date(1980, 0, 1);

/** Writes model.keras into the folder. */
export async function writeKeras(folder: string, architecture: Architecture, weights: Weights): Promise<void> {
  const weightsPath = join(folder, 'model.weights.h5');
  await writeKerasWeights(weightsPath, architecture, weights);
  const archive = new ZipFile();
  const add = (name: string, content: Buffer): void => archive.addBuffer(content, name, { compress: false, mtime: NO_DAY, mode: 0o100600 });
  add('metadata.json', Buffer.from(JSON.stringify({ keras_version: KERAS_VERSION, generated_by: 'rootstock' })));
  add('config.json', Buffer.from(JSON.stringify(keras3Topology(architecture))));
  add('model.weights.h5', await readFile(weightsPath));
  await rm(weightsPath);
  archive.end();
  await pipeline(archive.outputStream, createWriteStream(join(folder, KERAS_FILE), { flags: 'wx', mode: 0o600 }));
}
