// Tests of the reader of pictures through the whole ingest: layouts, order, sizes, and that the same pixels give the same bytes.
import { describe, expect, it } from '@jest/globals';
import { gzipSync } from 'node:zlib';
import { fourFiles, imagesOf, labelsOf, twoFiles, type NamedBytes } from '../support/idx.js';
import { examplesOf, greyPng, ingest, plain, pngs, refusal, tarFile, zipFile, type Asked } from '../support/pictures.js';

const digest = async (files: readonly NamedBytes[], asked: Asked = {}): Promise<string> => (await ingest(files, asked)).content.digest;
const text = (name: string, content: string): NamedBytes => ({ name, bytes: Buffer.from(content) });

/** The pictures of the IDX file of these labels, each where its label and number say. */
async function picturesOf(labels: readonly number[], nameOf: (label: number, number: number) => string): Promise<NamedBytes[]> {
  const pixels = imagesOf(labels).subarray(16);
  return Promise.all(labels.map(async (label, at) => ({ name: nameOf(label, at), bytes: await greyPng(pixels.subarray(at * 6, at * 6 + 6), 2, 3) })));
}

const TRAIN = Array.from({ length: 24 }, (_, at) => (at * 7) % 11 % 4);
const TEST = Array.from({ length: 12 }, (_, at) => (at * 5) % 4);
const inParts = async (): Promise<NamedBytes[]> => [
  ...(await picturesOf(TRAIN, (label, at) => `train/${label}/${at}.png`)),
  ...(await picturesOf(TEST, (label, at) => `test/${label}/${at}.png`)),
];

describe('pictures of the pixels of an IDX file', () => {
  it('give its bytes, in parts by folder, in a zip, a tar and a tar in gzip, whatever their order in it', async () => {
    const expected = await digest(fourFiles(TRAIN, TEST));
    const pictures = await inParts();
    const tar = await tarFile([...pictures].reverse());
    for (const file of [zipFile(pictures), zipFile([...pictures].reverse()), zipFile(pictures.map((picture) => ({ ...picture, method: 8 }))), tar, { name: 'p.tar.gz', bytes: gzipSync(tar.bytes) }]) {
      expect(await digest([file])).toBe(expected);
    }
  });

  it('give its bytes where both are split by the service', async () => {
    expect(await digest([zipFile(await picturesOf(TRAIN, (label, at) => `${label}/${at}.png`))])).toBe(await digest(twoFiles(TRAIN)));
  });

  it.each<[string, (labels: readonly number[]) => NamedBytes]>([
    ['CSV', (labels) => text('labels.csv', `file,label\n${labels.map((label, at) => `img/${at}.png,${label}`).join('\n')}\n`)],
    ['CSV with quotes, a mark of its encoding and columns between', (labels) => text('list.csv', `\ufeffid;"Image";note;Class\r\n${labels.map((label, at) => `${at};"img/${at}.png";"a;b";${label}`).join('\r\n')}`)],
    ['JSON lines', (labels) => text('labels.jsonl', labels.map((label, at) => `${JSON.stringify({ filename: `${at}.png`, label })}\n`).join(''))],
  ])('give its bytes with labels in a %s file, in the archive and sent beside it', async (_, file) => {
    const pictures = await picturesOf(TRAIN, (_label, at) => `img/${at}.png`);
    const labels = file(TRAIN);
    const expected = await digest(twoFiles(TRAIN));
    expect(await digest([zipFile([...pictures, labels])])).toBe(expected);
    expect(await digest([zipFile([...pictures, labels].map(({ name, bytes }) => ({ name: `data/${name}`, bytes })))])).toBe(expected);
    expect(await digest([zipFile(pictures), labels])).toBe(expected);
    expect(await digest([labels, await tarFile(pictures)])).toBe(expected);
  });

  it('give its bytes with labels beside folders of parts', async () => {
    const pictures = [...(await picturesOf(TRAIN, (_label, at) => `train/${at}.png`)), ...(await picturesOf(TEST, (_label, at) => `test/${at}.png`))];
    const lines = [...TRAIN.map((label, at) => `train/${at}.png,${label}`), ...TEST.map((label, at) => `test/${at}.png,${label}`)];
    expect(await digest([zipFile([...pictures, text('labels.csv', `path,class\n${lines.join('\n')}\n`)])])).toBe(await digest(fourFiles(TRAIN, TEST)));
  });
});

describe('the layout of pictures', () => {
  const named = async (names: string[], asked: Asked = {}) => {
    const { content, rows } = await examplesOf([zipFile(await pngs(...names))], asked);
    return { content, rows: rows.map(({ part, label, pixels }) => `${part} ${label} ${names[pixels[0]! / 7]!}`) };
  };

  it('may be class folders, in one folder more, with what systems leave behind and files beside them', async () => {
    for (const prefix of ['', 'animals/', './']) {
      const names = ['cats/1.png', 'dogs/2.png', 'cats/3.png', 'dogs/deep/4.png'].map((name) => prefix + name);
      const left = ['__MACOSX/cats/._1.png', 'cats/.DS_Store', 'dogs/Thumbs.db', '.hidden/5.png', 'README.md', 'licence.txt'].map((name) => text(name, 'left'));
      const { content } = await ingest([zipFile([...(await pngs(...names)), ...left])], { onBadRows: 'refuse' });
      expect(content).toMatchObject({ class_names: ['cats', 'dogs'], input_shape: [2, 3, 1], split: { from: 'pictures.zip' }, parts: { train: { class_counts: [1, 1] }, test: { class_counts: [1, 1] } } });
    }
  });

  it('gives rows in the natural order below the class folder, and classes in that of their names', async () => {
    const { rows } = await named(['train/b/10.png', 'train/a/9.png', 'train/b/x2.png', 'train/a/x10.png', 'train/b/009.png', 'test/b/1.png', 'test/a/1.png']);
    expect(rows).toEqual(['train b train/b/009.png', 'train a train/a/9.png', 'train b train/b/10.png', 'train b train/b/x2.png', 'train a train/a/x10.png', 'test a test/a/1.png', 'test b test/b/1.png']);
    const classes = async (...labels: string[]) => (await ingest([await tarFile(await pngs(...labels.flatMap((label) => [`${label}/1.png`, `${label}/2.png`])))])).content.class_names;
    expect(await classes('10', '9', '01')).toEqual(['01', '9', '10']);
    expect(await classes('10', '9', 'a', 'Z', 'é')).toEqual(['10', '9', 'Z', 'a', 'é']);
  });

  it.each([
    [['train/a/1', 'train/b/2', 'test/a/3', 'test/b/4'], { train: 2, test: 2 }],
    [['Train/a/1', 'Train/b/2', 'VALID/a/3', 'VALID/b/4'], { train: 2, test: 2 }],
    [['set/training/a/1', 'set/training/b/2', 'set/testing/a/3'], { train: 2, test: 1 }],
    [['train/a/1', 'train/a/2', 'train/b/3', 'train/b/4'], { train: 2, test: 2 }],
  ])('takes parts from folders: %j', async (names, { train, test }) => {
    const { content } = await ingest([zipFile(await pngs(...names.map((name) => `${name}.png`)))]);
    expect(content).toMatchObject({ class_names: ['a', 'b'], parts: { train: { examples: train }, test: { examples: test } } });
  });

  it('takes folders called like parts for classes where others stand beside them', async () => {
    expect((await ingest([zipFile(await pngs('train/1.png', 'train/2.png', 'bus/1.png', 'bus/2.png'))])).content.class_names).toEqual(['bus', 'train']);
    expect((await ingest([zipFile(await pngs('constructor/1.png', 'constructor/2.png', 'valueOf/1.png', 'valueOf/2.png'))])).content.class_names).toEqual(['constructor', 'valueOf']);
  });

  it('takes the order of classes from the request, and leaves out those it does not name', async () => {
    const files = [zipFile(await pngs('a/1.png', 'a/2.png', 'b/1.png', 'b/2.png', 'c/1.png'))];
    expect((await ingest(files, { classNames: ['b', 'a'] })).content).toMatchObject({ class_names: ['b', 'a'], parts: { train: { examples: 2 }, test: { examples: 2 } } });
    expect((await refusal(files, { classNames: ['b', 'a'], onBadRows: 'refuse' })).failure).toBe('ROWS_REFUSED: "pictures.zip", "c/1.png" cannot be read: class_names does not have "c" (LABEL_UNKNOWN). Mend it, or send on_bad_rows "skip" to leave such rows out.');
  });

  it.each<[string, string, string]>([
    ['a file that is not there', 'file,label\na.png,x\nnone.png,y\n', '"labels.csv", line 3 cannot be read: the archive holds no "none.png" (PICTURE_MISSING)'],
    ['no label', 'file,label\na.png,x\nb.png,\n', '"labels.csv", line 3, column "label" cannot be read: it has no label (LABEL_MISSING)'],
    ['no file', 'file,label\n,x\n', '"labels.csv", line 2, column "file" cannot be read: it names no file (VALUE_MISSING)'],
    ['too many fields', 'file,label\na.png,x\nb.png,y,z\n', '"labels.csv", line 3 cannot be read: it has 3 fields; the first line has 2 (FIELD_COUNT)'],
    ['two labels for a file', 'file,label\na.png,x\na.png,y\n', '"labels.csv", line 3 cannot be read: an earlier line gives "a.png" another label (LABEL_UNKNOWN)'],
    ['a picture it does not name', 'file,label\na.png,x\nb.png,y\nc.png,y\n', '"pictures.zip", "d.png" cannot be read: no line gives it a label (LABEL_MISSING)'],
    ['a line that is no JSON', '{"file":"a.png","label":"x"}\n\n{"file":\n', '"labels.csv", line 3 cannot be read: it is no JSON object (NOT_JSON)'],
  ])('tells of a file of labels with %s', async (_, labels, expected) => {
    const files = [zipFile(await pngs('a.png', 'b.png', 'c.png', 'd.png')), text('labels.csv', labels)];
    expect((await refusal(files, { onBadRows: 'refuse' })).failure).toContain(expected);
  });

  it('leaves out the lines that say nothing, and reads the others', async () => {
    const labels = text('labels.csv', 'file,label\na.png,x\nb.png,x\n,x\nnone.png,y\nc.png,y\nd.png,y\ne.png,\n');
    expect((await ingest([zipFile(await pngs('a.png', 'b.png', 'c.png', 'd.png', 'e.png')), labels])).content).toMatchObject({ class_names: ['x', 'y'], parts: { train: { examples: 2 }, test: { examples: 2 } } });
  });
});

describe('the size of pictures', () => {
  const sized = async (...sizes: [number, number][]): Promise<NamedBytes[]> => [
    zipFile(await Promise.all(sizes.flatMap(([width, height], at) => ['a', 'b'].map(async (label) => ({ name: `${label}/${at}.png`, bytes: await plain('#123456', width, height).png().toBuffer() }))))),
  ];
  const shape = async (files: NamedBytes[], pictures?: Asked['pictures']) => (await ingest(files, pictures && { pictures })).content;

  it('is the one they all have, up to 256', async () => {
    expect(await shape(await sized([256, 40], [256, 40]))).toMatchObject({ input_shape: [40, 256, 3], preprocessing: { pictures: { fit: 'cover', background: '#ffffff' } } });
    expect((await shape(await sized([257, 40], [257, 40]))).input_shape).toEqual([32, 32, 3]);
  });

  it('is else a square by the median of the shorter sides, in steps of 32 from 32 to 224', async () => {
    expect((await shape(await sized([100, 70], [99, 300], [5, 9]))).input_shape).toEqual([64, 64, 3]);
    expect((await shape(await sized([10, 10], [9, 9]))).input_shape).toEqual([32, 32, 3]);
    expect((await shape(await sized([900, 700], [800, 800]))).input_shape).toEqual([224, 224, 3]);
  });

  it('is the one asked for, a square where one side is', async () => {
    expect((await shape(await sized([10, 10], [9, 9]), { height: 12, width: 20, channels: 1 })).input_shape).toEqual([12, 20, 1]);
    expect((await shape(await sized([10, 10], [10, 10]), { width: 7 })).input_shape).toEqual([7, 7, 3]);
  });

  it('is reached by cutting off, by margins of white, or out of proportion', async () => {
    // Black left half, grey right half, twice as wide as high.
    const half = await plain('#000000', 8, 8).extend({ right: 8, background: '#808080' }).png().toBuffer();
    const files = [zipFile(['a/1', 'a/2', 'b/1', 'b/2'].map((name) => ({ name: `${name}.png`, bytes: half })))];
    const corners = async (fit: 'cover' | 'contain' | 'stretch') => {
      const { rows } = await examplesOf(files, { pictures: { height: 8, channels: 1, fit } });
      const pixel = (row: number, column: number): number => rows[0]!.pixels[row * 8 + column]!;
      return [pixel(0, 0), pixel(0, 7), pixel(4, 0), pixel(4, 7)];
    };
    expect(await corners('cover')).toEqual([0, 128, 0, 128]);
    expect(await corners('contain')).toEqual([255, 255, 0, 128]);
    expect(await corners('stretch')).toEqual([0, 128, 0, 128]);
  });

  it('counts towards what a data set may hold, before anything is decoded', async () => {
    expect((await refusal(await sized([16, 16], [16, 16]), { maxBytes: 3000 })).failure).toContain('DATASET_TOO_LARGE');
  });
});

describe('pictures and their parts that do not make a data set (B22)', () => {
  it.each<[string, () => Promise<NamedBytes[]>, string]>([
    ['an empty zip', async () => [zipFile([])], 'NO_PICTURES: "pictures.zip" holds no picture that could be read: needed are pictures in a folder'],
    ['an empty tar', async () => [await tarFile([]), text('labels.csv', 'file,label\na,b\n')], 'FORMAT_UNKNOWN'],
    ['a zip of other files', async () => [zipFile([text('readme.txt', 'hello')])], 'NO_PICTURES'],
    ['a zip of zips', async () => [zipFile([{ ...zipFile(await pngs('a/1.png')), name: 'inner.zip' }])], 'NO_PICTURES'],
    ['pictures without a class', async () => [zipFile(await pngs('1.png', '2.png'))], 'NO_PICTURES: "pictures.zip" holds no picture that could be read: 2 files or lines were left out.'],
    ['one class', async () => [zipFile(await pngs('a/1.png', 'a/2.png'))], 'CLASSES_TOO_FEW'],
    ['a class of one picture', async () => [zipFile(await pngs('a/1.png', 'a/2.png', 'b/1.png'))], 'CLASS_TOO_SMALL: Class "b" has too few examples (1); a train/test split needs 2.'],
    ['no training part', async () => [zipFile(await pngs('test/a/1.png', 'val/b/2.png'))], 'PICTURES_LAYOUT: The pictures do not make a data set: there is no folder "train"'],
    ['two archives', async () => [zipFile(await pngs('a/1.png')), zipFile(await pngs('b/1.png'))], 'found 2 archives and 0 other files'],
    ['two files of labels', async () => [zipFile([...(await pngs('1.png')), text('a.csv', 'file,label\n1.png,a\n'), text('b.csv', 'file,label\n1.png,a\n')])], 'found "a.csv", "b.csv"; needed is one file of labels'],
    ['labels that are no text', async () => [zipFile([...(await pngs('1.png')), { name: 'a.csv', bytes: Buffer.concat([Buffer.from('file,label\n1.png,'), Buffer.from([0xff, 0xfe, 0x0a])]) }])], '"a.csv" is not UTF-8'],
    ['an open quote', async () => [zipFile([...(await pngs('1.png')), text('a.csv', 'file,label\n"1.png,a\n')])], '"a.csv" cannot be read as CSV: Quote Not Closed'],
    ['a class that cannot be shown', async () => [await tarFile(await pngs('a/1.png', '\u202eb/1.png'))], 'cannot be the name of a class'],
  ])('are refused: %s', async (_, files, expected) => {
    expect((await refusal(await files())).failure).toContain(expected);
  });

  it('are IDX labels beside pictures', async () => {
    expect((await refusal([zipFile(await pngs('a/1.png')), { name: 'labels', bytes: labelsOf([1]) }])).failure).toContain('FORMAT_UNKNOWN');
  });
});
