// /v1/models.
import type { CatalogueModel, CatalogueRequest } from '../contract/catalogue.js';
import type { Descendants, Lineage } from '../contract/lineage.js';
import type { AnyModel, BundleFile, Model, ModelChange, ModelFetchRequest, ModelImportForm, ModelVersion } from '../contract/model.js';
import type { Predictions, ServingAnswer, ServingRequest } from '../contract/prediction.js';
import type { ListOf } from '../contract/schema.js';
import { jsonBody, type Connection } from './connection.js';
import { UnsuccessfulError } from './errors.js';
import { download, type Download, type DownloadOptions } from './files.js';
import { formOf } from './form.js';
import { Listing, type ListFilter, type NamedFilter } from './listing.js';
import type { CallOptions } from './options.js';
import { predict, predictAsServing, type Asked } from './predictions.js';
import { part } from './query.js';
import { untilSo, type WaitOptions } from './until.js';
import type { FileToSend } from './uploads.js';

export interface ModelFilter extends NamedFilter {
  /** @default all */
  status?: AnyModel['status'] | undefined;
}

/** How a model is removed. */
export interface ModelRemoval extends CallOptions {
  /** `keep`: though other models came of it, which stay as they are. @default refuse */
  descendants?: Descendants | undefined;
}

/** Its models are called by ids, but may be by an alias or a version of a name ("digits@3", "digits@latest") as well; to change or remove one, by a version with its number at most. */
export class Models {
  constructor(private readonly connection: Connection) {}

  /**
   * Makes a model of files from elsewhere, of an address, or of the catalogue. It is read after the answer: see `wait`.
   * @example
   * const bundle = await client.models.get(model);
   * const names = bundle.status === 'ready' ? bundle.files.map(({ name }) => name).filter((name) => name === 'model.json' || name.endsWith('.bin')) : [];
   * const files = await Promise.all(names.map(async (name) => ({ name, data: new Blob([await (await client.models.file(model, name)).bytes()]) })));
   * const copy = await client.models.import({ name: 'a copy', files });
   */
  import(request: (ModelImportForm & { files: readonly FileToSend[] }) | ModelFetchRequest | CatalogueRequest, options: CallOptions = {}): Promise<AnyModel> {
    if (!('files' in request)) return this.connection.post('/v1/models/imports', request, options);
    const { files, ...form } = request;
    return this.connection.json('/v1/models/imports', { method: 'POST', body: formOf(form, files) }, options);
  }

  /**
   * Models, newest first.
   * @example
   * for await (const { id, name } of client.models.list({ name_contains: 'digits' })) console.log(id, name);
   */
  list(filter: ModelFilter = {}, options: CallOptions = {}): Listing<AnyModel> {
    return new Listing(this.connection, '/v1/models', { ...filter }, options);
  }

  /**
   * All versions of a name, newest first, those of deleted models too.
   * @example
   * for await (const { id, model, deleted } of client.models.versions('digits')) console.log(id, deleted ? 'was deleted' : model);
   */
  versions(name: string, filter: Omit<ListFilter, 'created_after'> = {}, options: CallOptions = {}): Listing<ModelVersion> {
    return new Listing(this.connection, '/v1/models/versions', { ...filter, name }, options);
  }

  /**
   * Base models that a job may start from by name.
   * @example
   * const { data } = await client.models.catalogue();
   */
  catalogue(options: CallOptions = {}): Promise<ListOf<CatalogueModel>> {
    return this.connection.json('/v1/models/catalogue', {}, options);
  }

  /**
   * One model, whatever its state.
   * @example
   * const found = await client.models.get(model);
   * if (found.status === 'ready') console.log(found.labels, found.parameters);
   */
  get(id: string, options: CallOptions = {}): Promise<AnyModel> {
    return this.connection.json(`/v1/models/${part(id)}`, {}, options);
  }

  /**
   * The model once it is ready.
   * @throws UnsuccessfulError where it is invalid; TimeoutError after `waitMs`
   * @example
   * const { labels } = await client.models.wait(model, { waitMs: 60_000 });
   */
  async wait(id: string, options: WaitOptions = {}): Promise<Model> {
    const found = await untilSo(`${id} is not ready`, () => this.get(id, options), ({ status }) => status !== 'importing', options);
    if (found.status !== 'ready') throw new UnsuccessfulError(id, 'invalid', found.error);
    return found;
  }

  /**
   * One file of its bundle.
   * @example
   * const labels = JSON.parse(await (await client.models.file(model, 'labels.json')).text());
   */
  file(id: string, name: string, options: DownloadOptions = {}): Promise<Download> {
    return download(this.connection, `/v1/models/${part(id)}/files/${part(name)}`, name, options);
  }

  /**
   * All files of its bundle, one after another; each is to be read before the next.
   * @example
   * for await (const file of client.models.files(model)) console.log(file.name, (await file.bytes()).length);
   */
  async *files(id: string, options: DownloadOptions = {}): AsyncGenerator<Download> {
    // What it is called by may mean another model between two files.
    const { id: model, files } = await this.wait(id, options);
    for (const { name } of files satisfies BundleFile[]) yield await this.file(model, name, options);
  }

  /**
   * What the model says of new examples.
   * @example
   * const { data } = await client.models.predict(model, { instances: [Array.from({ length: 28 }, () => Array(28).fill(0))], top_k: 3 });
   */
  predict(id: string, asked: Asked, options: CallOptions = {}): Promise<Predictions> {
    return predict(this.connection, `/v1/models/${part(id)}`, asked, options);
  }

  /**
   * The same in the form of TensorFlow Serving, by id, alias, version, or a name, of which the newest is asked.
   * @example
   * const { predictions } = await client.models.predictAsServing(model, { instances: [Array.from({ length: 28 }, () => Array(28).fill(0))] });
   */
  predictAsServing(name: string, request: ServingRequest, options: CallOptions = {}): Promise<ServingAnswer> {
    return predictAsServing(this.connection, name, request, options);
  }

  /**
   * Changes what people say of it; what is left out stays. An alias that another model had leaves that one.
   * @example
   * const { aliases } = await client.models.update(model, { aliases: ['production'], notes: 'Good on thin strokes.', metadata: { team: 'a' } });
   */
  update(id: string, change: ModelChange, options: CallOptions = {}): Promise<Model> {
    return this.connection.json(`/v1/models/${part(id)}`, { method: 'PATCH', ...jsonBody(change) }, options);
  }

  /**
   * Where it came from and what came of it: a graph of data sets, jobs and models.
   * @example
   * const { nodes, edges } = await client.models.lineage(model);
   * console.log(nodes.map(({ type, name, deleted }) => ({ type, name, deleted })), edges);
   */
  lineage(id: string, options: CallOptions = {}): Promise<Lineage> {
    return this.connection.json(`/v1/models/${part(id)}/lineage`, {}, options);
  }

  /**
   * Removes a model that no unfinished job needs and, unless `descendants` says otherwise, no other model came of.
   * @example
   * const failure = await client.models.delete('mdl_0').catch((error: unknown) => error);
   * console.log(failure instanceof NotFoundError); // true
   */
  delete(id: string, { descendants, ...options }: ModelRemoval = {}): Promise<void> {
    return this.connection.delete(`/v1/models/${part(id)}`, options, {}, { descendants });
  }
}
