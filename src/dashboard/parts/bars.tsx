// Shares as bars in a table, which is both the picture and its text.
export interface Bar {
  name: string;
  /** How long, 0 to 1. */
  length: number;
  /** The number itself, in as many columns as there are titles for. */
  texts: readonly string[];
}

/** @param titles of the name and of each number */
export function Bars({ label, titles: [name, ...numbers], bars }: { label: string; titles: readonly [string, ...string[]]; bars: readonly Bar[] }) {
  return (
    <div class="scroll tall" tabIndex={0} role="region" aria-label={label}>
      <table class="bars">
        <thead><tr><th>{name}</th><td aria-hidden="true" />{numbers.map((title) => <th key={title} class="number">{title}</th>)}</tr></thead>
        <tbody>
          {bars.map((bar, at) => (
            <tr key={at}>
              <th scope="row">{bar.name}</th>
              <td class="bar" aria-hidden="true"><i style={{ width: `${100 * bar.length}%` }} /></td>
              {bar.texts.map((text, of) => <td key={of} class="number">{text}</td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
