// /v1/datasets.
import type { Dataset, DatasetForm, DatasetRequest, DatasetStatus } from '../contract/dataset.js';
import type { DatasetExample, DatasetReport } from '../contract/dataset-report.js';
import type { PartName } from '../contract/parts.js';
import type { RowProblem } from '../contract/row-problem.js';
import type { Connection } from './connection.js';
import { UnsuccessfulError } from './errors.js';
import { download, type Download, type DownloadOptions } from './files.js';
import { bytesOf, formOf } from './form.js';
import { Listing, type NamedFilter } from './listing.js';
import type { CallOptions } from './options.js';
import { part } from './query.js';
import { untilSo, type WaitOptions } from './until.js';
import { partsOf, type FileToSend, type SendOptions, type Uploads } from './uploads.js';

export interface DatasetFilter extends NamedFilter {
  /** @default all */
  status?: DatasetStatus | undefined;
}

export interface UploadOptions extends Omit<SendOptions, 'sha256' | 'onCreated'> {
  /** From how many bytes on files are sent in pieces; smaller ones go in one form. @default 8_388_608 */
  piecesFromBytes?: number | undefined;
}

const PIECES_FROM_BYTES = 8 * 2 ** 20;

export class Datasets {
  constructor(
    private readonly connection: Connection,
    private readonly uploads: Uploads,
  ) {}

  /**
   * Makes a data set that is drawn, fetched, or put together of uploads. It is read after the answer: see `wait`.
   * @example
   * const digits = await client.datasets.create({ name: 'digits', generate: { name: 'glyph_digits', examples: 600 } });
   * console.log(digits.status); // validating
   */
  create(request: DatasetRequest, options: CallOptions = {}): Promise<Dataset> {
    return this.connection.post('/v1/datasets', request, options);
  }

  /**
   * Makes a data set of files. Large ones are sent in pieces, so that a break costs one of them; their uploads are removed afterwards.
   * @param form what they are, where their content does not tell
   * @example
   * const pets = await client.datasets.upload([{ name: 'pets.csv', data: file }], { name: 'pets', table: { target: 'label' } });
   */
  async upload(files: readonly FileToSend[], form: DatasetForm = {}, options: UploadOptions = {}): Promise<Dataset> {
    const total = bytesOf(files);
    if (total >= (options.piecesFromBytes ?? PIECES_FROM_BYTES)) return this.inPieces(files, form, options, total);
    options.onProgress?.({ sent_bytes: 0, total_bytes: total });
    const dataset = await this.connection.json<Dataset>('/v1/datasets', { method: 'POST', body: formOf(form, files) }, options);
    options.onProgress?.({ sent_bytes: total, total_bytes: total });
    return dataset;
  }

  private async inPieces(files: readonly FileToSend[], form: DatasetForm, { idempotencyKey, onProgress, ...options }: UploadOptions, total: number): Promise<Dataset> {
    const upload: string[] = [];
    let before = 0;
    for (const file of files) {
      upload.push(await this.uploads.send(file, { ...options, onProgress: ({ sent_bytes }) => onProgress?.({ sent_bytes: before + sent_bytes, total_bytes: total }) }));
      before += partsOf(file).data.size;
    }
    const dataset = await this.create({ ...form, upload }, { ...options, idempotencyKey });
    // The data set has a copy of its own. One that stays is removed by the service in its time.
    await Promise.all(upload.map((id) => this.uploads.delete(id, options).catch(() => undefined)));
    return dataset;
  }

  /**
   * Data sets, newest first.
   * @example
   * for await (const { id, name } of client.datasets.list({ status: 'ready' })) console.log(id, name);
   */
  list(filter: DatasetFilter = {}, options: CallOptions = {}): Listing<Dataset> {
    return new Listing(this.connection, '/v1/datasets', { ...filter }, options);
  }

  /**
   * One data set.
   * @example
   * const { content } = await client.datasets.get(dataset);
   * console.log(content?.input_shape, content?.class_names);
   */
  get(id: string, options: CallOptions = {}): Promise<Dataset> {
    return this.connection.json(`/v1/datasets/${part(id)}`, {}, options);
  }

  /**
   * The data set once it is ready.
   * @throws UnsuccessfulError where it is invalid; TimeoutError after `waitMs`
   * @example
   * const letters = await client.datasets.create({ generate: { name: 'glyph_letters', examples: 600 } });
   * const ready = await client.datasets.wait(letters.id, { waitMs: 60_000 });
   */
  async wait(id: string, options: WaitOptions = {}): Promise<Dataset> {
    const found = await untilSo(`${id} is not ready`, () => this.get(id, options), ({ status }) => status === 'ready' || status === 'invalid', options);
    if (found.status === 'invalid') throw new UnsuccessfulError(id, 'invalid', found.error);
    return found;
  }

  /**
   * What its reading found: counts, statistics, warnings, the first 1,000 rows that could not be read.
   * @example
   * const { rows, warnings } = await client.datasets.report(dataset);
   */
  report(id: string, options: CallOptions = {}): Promise<DatasetReport> {
    return this.connection.json(`/v1/datasets/${part(id)}/report`, {}, options);
  }

  /**
   * All rows that could not be read.
   * @example
   * for (const { line, code } of await client.datasets.rowProblems(dataset)) console.log(line, code);
   */
  async rowProblems(id: string, options: CallOptions = {}): Promise<RowProblem[]> {
    const text = await (await download(this.connection, `/v1/datasets/${part(id)}/report`, 'the row problems', options, { accept: 'application/x-ndjson' })).text();
    return text.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as RowProblem);
  }

  /**
   * A sheet of some pictures of each class, as PNG.
   * @example
   * const png = await (await client.datasets.preview(dataset)).bytes();
   */
  preview(id: string, options: DownloadOptions = {}): Promise<Download> {
    return download(this.connection, `/v1/datasets/${part(id)}/preview`, 'preview.png', options);
  }

  /**
   * One example, counted from 0.
   * @param inPart of which part
   * @example
   * const { class_name, values } = await client.datasets.example(dataset, 17, 'test');
   */
  example(id: string, index: number, inPart: PartName = 'train', options: CallOptions = {}): Promise<DatasetExample> {
    return this.connection.json(`/v1/datasets/${part(id)}/examples/${index}`, { query: { part: inPart } }, options);
  }

  /**
   * Removes a data set that no unfinished job needs.
   * @example
   * const { id } = await client.datasets.create({ generate: { name: 'glyph_digits', examples: 100 } });
   * await client.datasets.delete(id);
   */
  delete(id: string, options: CallOptions = {}): Promise<void> {
    return this.connection.delete(`/v1/datasets/${part(id)}`, options);
  }
}
