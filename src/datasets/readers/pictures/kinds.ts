// What a picture is, told by its first bytes alone: its name may say anything.

/** What is decoded. */
export type PictureKind = 'jpeg' | 'png' | 'webp' | 'gif' | 'bmp';

const latin1 = (bytes: Uint8Array, from: number, to: number): string => Buffer.from(bytes.subarray(from, to)).toString('latin1');
const begins = (text: string, at = 0) => (bytes: Uint8Array): boolean => latin1(bytes, at, at + text.length) === text;

const KINDS: Readonly<Record<PictureKind, (bytes: Uint8Array) => boolean>> = {
  jpeg: begins('\xff\xd8\xff'),
  png: begins('\x89PNG\r\n\x1a\n'),
  webp: (bytes) => begins('RIFF')(bytes) && begins('WEBP', 8)(bytes),
  gif: (bytes) => begins('GIF87a')(bytes) || begins('GIF89a')(bytes),
  bmp: begins('BM'),
};

/** Known and not decoded: drawings and documents that are programs or refer to other files, and what few libraries read alike. */
const OTHERS: Readonly<Record<string, (bytes: Uint8Array) => boolean>> = {
  'an SVG drawing': (bytes) => /^\s*(<\?xml|<!--|<!DOCTYPE svg|<svg)/i.test(latin1(bytes, 0, 256).replace(/^\xef\xbb\xbf/, '')),
  'a PDF document': begins('%PDF'),
  'HEIC or AVIF': begins('ftyp', 4),
  TIFF: (bytes) => begins('II*\0')(bytes) || begins('MM\0*')(bytes) || begins('II+\0')(bytes) || begins('MM\0+')(bytes),
  'a zip archive': begins('PK\x03\x04'),
  'a gzip file': begins('\x1f\x8b'),
  text: (bytes) => bytes.length > 0 && bytes.subarray(0, 256).every((byte) => byte >= 0x20 || (byte >= 9 && byte <= 13)),
};

export function kindOf(bytes: Uint8Array): PictureKind | undefined {
  return (Object.keys(KINDS) as PictureKind[]).find((kind) => KINDS[kind](bytes));
}

/** What else it is, as far as can be told. */
export function sayOther(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'it is empty';
  const other = Object.keys(OTHERS).find((name) => OTHERS[name]!(bytes));
  return `it is ${other ?? 'of an unknown format'}; JPEG, PNG, WebP, GIF and BMP are read`;
}
