// Protocol buffers, the writing half: four wire types are all a GraphDef needs (protobuf.dev, "Encoding").

const concat = (parts: readonly Uint8Array[]): Uint8Array => Buffer.concat(parts);

/** Nearly all: numbers of fields, lengths of names. */
const ONE_BYTE = Array.from({ length: 128 }, (_, value) => Uint8Array.of(value));

function varint(value: number): Uint8Array {
  const short = ONE_BYTE[value];
  if (short) return short;
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  do {
    const low = Number(rest & 127n);
    rest >>= 7n;
    bytes.push(rest > 0n ? low | 128 : low);
  } while (rest > 0n);
  return Uint8Array.from(bytes);
}

const VARINT = 0;
const LENGTH_DELIMITED = 2;
const FIXED_32 = 5;
const tag = (field: number, wireType: number): Uint8Array => varint(field * 8 + wireType);

export const message = (...fields: readonly Uint8Array[]): Uint8Array => concat(fields);
export const integer = (field: number, value: number): Uint8Array => concat([tag(field, VARINT), varint(value)]);
export const bytes = (field: number, value: Uint8Array): Uint8Array =>
  concat([tag(field, LENGTH_DELIMITED), varint(value.length), value]);
export const text = (field: number, value: string): Uint8Array => bytes(field, Buffer.from(value));

export function float(field: number, value: number): Uint8Array {
  const four = Buffer.alloc(4);
  four.writeFloatLE(value);
  return concat([tag(field, FIXED_32), four]);
}
