// Messages of other projects' formats, by descriptors of our own writing. Only the fields that we write are described; the numbers are those
// of the files that each table names.
import protobuf from 'protobufjs';

/** Field: its type, its number; `[]` behind the type for a repeated one, `{}` for a map from strings. */
export type Fields = Readonly<Record<string, readonly [type: string, number: number]>>;
export type Messages = Readonly<Record<string, Fields>>;
export type Enums = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** Of a message, the name of a group of fields of which one is set, and then written whatever its value is. */
export type OneOf = Readonly<Record<string, string>>;

/** Writes a message of that type from its JSON form: names of enums, bytes or base64, fields that are left out. */
export type Encode = (message: object) => Uint8Array;

/**
 * @param root the type that is written
 * @param oneOf messages all of whose fields are such a group
 */
export function encoder(root: string, messages: Messages, enums: Enums = {}, oneOf: OneOf = {}): Encode {
  const nested = {
    ...Object.fromEntries(Object.entries(enums).map(([name, values]) => [name, { values }])),
    ...Object.fromEntries(Object.entries(messages).map(([name, fields]) => [name, messageOf(fields, oneOf[name])])),
  };
  const type = protobuf.Root.fromJSON({ nested }).lookupType(root);
  return (message) => type.encode(type.fromObject(message)).finish();
}

const messageOf = (fields: Fields, group: string | undefined): protobuf.IType => ({
  fields: Object.fromEntries(Object.entries(fields).map(([name, described]) => [name, fieldOf(described)])),
  ...(group !== undefined && { oneofs: { [group]: { oneof: Object.keys(fields) } } }),
});

function fieldOf([type, id]: readonly [string, number]): protobuf.IField | protobuf.IMapField {
  if (type.endsWith('[]')) return { rule: 'repeated', type: type.slice(0, -2), id };
  return type.endsWith('{}') ? { keyType: 'string', type: type.slice(0, -2), id } : { type, id };
}
