// The files of a published model, its manifest included.
import { createHash } from 'node:crypto';
import { ServiceError } from '../contract/errors.js';
import type { BundleFile, Model } from '../contract/model.js';
import type { Store } from '../store/store.js';
import { MANIFEST_FILE } from './bundle.js';
import { modelFileKey } from './registry.js';

/** The manifest lists the others; what it is itself follows from its bytes. */
async function manifestFile(store: Store, model: Model): Promise<BundleFile> {
  const bytes = (await store.get(modelFileKey(model.id, MANIFEST_FILE)))!;
  return {
    name: MANIFEST_FILE,
    size_bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    media_type: 'application/json',
  };
}

export const bundleFiles = async (store: Store, model: Model): Promise<BundleFile[]> => [
  ...model.files,
  await manifestFile(store, model),
];

/** Looks the name up in the manifest: a name never becomes a path. @throws FILE_NOT_FOUND */
export async function bundleFile(store: Store, model: Model, name: string): Promise<BundleFile> {
  const file = (await bundleFiles(store, model)).find((known) => known.name === name);
  if (!file) throw ServiceError.of('FILE_NOT_FOUND', name.slice(0, 64));
  return file;
}
