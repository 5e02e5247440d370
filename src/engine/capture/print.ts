// A program as text with stable names, for people and for golden files.
import type { Attribute, Program, ValueId } from './program.js';

const written = ({ name, value }: Attribute): string => `${name}=${Array.isArray(value) ? `[${value.join(' ')}]` : String(value)}`;

export function print(program: Program): string {
  const name = (id: ValueId): string => `%${id}`;
  const typed = (id: ValueId): string => {
    const { dtype, shape } = program.types.get(id)!;
    return `${name(id)}:${dtype}[${shape.join(',')}]`;
  };
  const sources = [...program.sources].map(([id, source]) =>
    source.kind === 'constant' ? `${typed(id)} = constant of ${source.bytes.length} bytes` : `${typed(id)} = ${source.kind} ${source.name}`,
  );
  const operations = program.operations.map(({ op, attributes, inputs, outputs }) => {
    const settings = attributes.length === 0 ? '' : ` {${attributes.map(written).join(', ')}}`;
    return `${outputs.map(typed).join(', ')} = ${op}(${inputs.map(name).join(', ')})${settings}`;
  });
  const updates = program.updates.map(({ rule, operands, variables, native }) => {
    const [changed, read] = [[...variables.values()].join(', '), [...operands].map(([role, id]) => `${role} ${name(id)}`).join(', ')];
    return `${native ? 'native ' : ''}update ${rule} of ${changed} by ${read}`;
  });
  const ends = [
    ...updates,
    ...[...program.writes].map(([variable, id]) => `${variable} <- ${name(id)}`),
    ...[...program.outputs].map(([output, id]) => `return ${output} = ${name(id)}`),
  ];
  return `${[...sources, ...operations, ...ends].join('\n')}\n`;
}
