// Accepting a model that is sent, or whose files are still to be fetched: staged, refused by what its files are, published with its record.
import { newId } from '../../contract/ids.js';
import type { ImportSource, ModelFetchRequest, ModelImportForm } from '../../contract/model.js';
import { acceptStaged } from '../../datasets/acceptance.js';
import { receiveFiles, shownFiles, type Upload } from '../../datasets/receive.js';
import type { Reach } from '../../outbound/allowed.js';
import { checkUrl } from '../../outbound/guarded-fetch.js';
import type { Store } from '../../store/store.js';
import { formatOfKinds, kindOf, refuseForeign, type FileKind } from './file-kinds.js';
import { ACCEPTED_IMPORT, acceptImport } from './registry.js';

const MODEL = { kind: ACCEPTED_IMPORT, file: 'import.json', publish: acceptImport };

/**
 * Accepts a model under an id, unless that has been accepted already.
 * @returns the id of the accepted model
 * @throws UPLOAD_EMPTY, UPLOAD_TOO_LARGE, MODEL_FORMAT; nothing of a refused upload stays behind
 */
export async function acceptModel(store: Store, upload: Upload<ModelImportForm>, id = newId('model')): Promise<string> {
  return acceptStaged(store, MODEL, id, async (folder) => {
    const kinds: FileKind[] = [];
    const sent = await receiveFiles(folder, upload, (name) => (start) => {
      kinds.push(kindOf(start));
      return refuseForeign(name, start);
    });
    const { name = null, ...options } = upload.fields();
    await upload.received?.(sent);
    const files = shownFiles(sent);
    return { name, options, source: { kind: 'import' as const, format: formatOfKinds(files, kinds), files } };
  });
}

/**
 * Accepts a model whose files are still to be fetched, unless its id has been accepted already.
 * @param from `catalogue`: the base model of the catalogue that it is, whose digest is recorded
 * @returns the id of the accepted model
 * @throws URL_NOT_ALLOWED
 */
export async function acceptModelUrl(store: Store, request: ModelFetchRequest, from: Reach & { catalogue?: string }, id = newId('model')): Promise<string> {
  const { url, sha256 = null, name = null, ...options } = request;
  checkUrl(url, from);
  const { catalogue } = from;
  const source: ImportSource = { kind: 'import', format: null, files: [], url: { asked: url, found: null, sha256 }, ...(catalogue !== undefined && { catalogue }) };
  return acceptStaged(store, MODEL, id, async () => ({ name, options, source }));
}
