// A table that scrolls by itself where there is no room for it.
import type { ComponentChildren } from 'preact';

interface TableProps {
  label: string;
  /** Of the columns; one that begins with # is of numbers, and one that begins with - is only heard. */
  titles: readonly string[];
  /** No higher than a part of the window. */
  isTall?: boolean;
  /** Its rows. */
  children: ComponentChildren;
}

export const Table = ({ label, titles, isTall = false, children }: TableProps) => (
  <div class={isTall ? 'scroll tall' : 'scroll'} tabIndex={0} role="region" aria-label={label}>
    <table>
      <thead><tr>{titles.map((title) => {
        const text = title.replace(/^[#-]/, '');
        return <th key={title} class={title.startsWith('#') ? 'number' : undefined}>{title.startsWith('-') ? <span class="only-heard">{text}</span> : text}</th>;
      })}</tr></thead>
      <tbody>{children}</tbody>
    </table>
  </div>
);
