// Names and values in two columns.
import type { ComponentChildren } from 'preact';

export function Facts({ rows }: { rows: readonly (readonly [name: string, value: ComponentChildren] | undefined | false)[] }) {
  return <dl class="facts">{rows.filter((row) => row !== undefined && row !== false).map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>;
}
