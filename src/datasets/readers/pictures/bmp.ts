// Windows bitmaps without compression: 24 and 32 bits a pixel, and 8 with a palette; libvips as it comes reads none.
// Format: BITMAPFILEHEADER and BITMAPINFOHEADER of the Windows API; later headers begin alike. A fourth byte of a pixel is not read as opacity.

export interface BmpHead {
  readonly width: number;
  readonly height: number;
  /** Only shades of grey, so that one channel holds all. */
  readonly grey: boolean;
}

interface Bmp extends BmpHead {
  readonly bits: 8 | 24 | 32;
  readonly topDown: boolean;
  readonly dataAt: number;
  /** Blue, green, red, 0 of each colour. */
  readonly palette: Uint8Array;
}

const FILE_HEADER_BYTES = 14;
const INFO_HEADER_BYTES = 40;
const UNCOMPRESSED = 0;
const BITFIELDS = 3;
/** Where the bits of a pixel lie in each format but one that says so itself: red, green, blue. */
const USUAL_MASKS = [0xff0000, 0xff00, 0xff];

/** @throws Error saying what is wrong with it */
export const readBmpHead = (bytes: Uint8Array): BmpHead => parse(bytes);

/** The pixels, row by row from the top, one byte each or red, green and blue. @throws Error saying what is wrong with them */
export function decodeBmp(bytes: Uint8Array): { data: Uint8Array; width: number; height: number; channels: 1 | 3 } {
  const { width, height, grey, bits, topDown, dataAt, palette } = parse(bytes);
  const pixelBytes = bits / 8;
  const rowBytes = Math.ceil((width * pixelBytes) / 4) * 4;
  if (dataAt + rowBytes * (height - 1) + width * pixelBytes > bytes.length) throw new Error('its pixels end early');
  const channels = grey ? 1 : 3;
  const data = new Uint8Array(width * height * channels);
  let to = 0;
  for (let row = 0; row < height; row += 1) {
    let from = dataAt + rowBytes * (topDown ? row : height - 1 - row);
    for (let column = 0; column < width; column += 1, from += pixelBytes) {
      const colours = bits === 8 ? palette : bytes;
      const at = bits === 8 ? 4 * bytes[from]! : from;
      if (at + 2 >= colours.length) throw new Error('a pixel has a colour that its palette does not have');
      for (let channel = 0; channel < channels; channel += 1) data[to++] = colours[at + 2 - channel]!;
    }
  }
  return { data, width, height, channels };
}

function parse(bytes: Uint8Array): Bmp {
  if (bytes.length < FILE_HEADER_BYTES + INFO_HEADER_BYTES) throw new Error('it ends inside its header');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const dataAt = view.getUint32(10, true);
  const headerBytes = view.getUint32(14, true);
  const [width, signedHeight] = [view.getInt32(18, true), view.getInt32(22, true)];
  const [bits, compression] = [view.getUint16(28, true), view.getUint32(30, true)];
  if (headerBytes < INFO_HEADER_BYTES) throw new Error(`its header has ${headerBytes} bytes; ${INFO_HEADER_BYTES} or more are read`);
  if (bits !== 8 && bits !== 24 && bits !== 32) throw new Error(`it has ${bits} bits a pixel; 8, 24 and 32 are read`);
  const masksAt = FILE_HEADER_BYTES + INFO_HEADER_BYTES;
  const usual = compression === BITFIELDS && bits === 32 && masksAt + 12 <= bytes.length && USUAL_MASKS.every((mask, at) => view.getUint32(masksAt + 4 * at, true) === mask);
  if (compression !== UNCOMPRESSED && !usual) throw new Error(`it is compressed by method ${compression}; only uncompressed ones are read`);
  if (width <= 0 || signedHeight === 0) throw new Error(`it is ${width} × ${Math.abs(signedHeight)}`);
  const palette = bits === 8 ? paletteOf(bytes, view, FILE_HEADER_BYTES + headerBytes, dataAt) : new Uint8Array();
  return { width, height: Math.abs(signedHeight), grey: bits === 8 && isGrey(palette), bits, topDown: signedHeight < 0, dataAt, palette };
}

function paletteOf(bytes: Uint8Array, view: DataView, from: number, dataAt: number): Uint8Array {
  const colours = Math.min(view.getUint32(46, true) || 256, 256);
  const to = from + 4 * colours;
  if (to > bytes.length || to > dataAt) throw new Error('its palette ends early');
  return bytes.subarray(from, to);
}

function isGrey(palette: Uint8Array): boolean {
  for (let at = 0; at < palette.length; at += 4) if (palette[at] !== palette[at + 1] || palette[at] !== palette[at + 2]) return false;
  return true;
}
