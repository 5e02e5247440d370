// Pictures: one zip or tar of them by class folder, or with a file of labels, in it or sent beside it.
import { startsAsZip } from '../archive.js';
import { startsAsTar } from '../tar-archive.js';
import { startsAsLabels } from './pictures/labels-file.js';
import type { Reader } from './reader.js';

const isArchive = (start: Uint8Array): boolean => startsAsZip(start) || startsAsTar(start);

/** Reads pictures uint8 [n, height, width, channels], each decoded once into a scratch file, in this process. */
export const images: Reader = {
  name: 'images',

  recognises: (heads) => heads.some(({ bytes }) => isArchive(bytes)) && heads.every(({ bytes }) => isArchive(bytes) || startsAsLabels(bytes)),

  goesWithOthers: ({ bytes }) => startsAsLabels(bytes),

  // Loaded where pictures are read and nowhere else: the API process, which asks for the format alone, never has a decoder in it.
  read: async (files, options) => (await import('./pictures/read-pictures.js')).readPictures(files, options),
};
