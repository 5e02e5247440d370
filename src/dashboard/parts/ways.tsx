// Ways to bring something in, one open at a time; which, is in the address. Files that are dragged into the window open theirs.
import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { href, place, setQuery } from '../route.js';
import { useNoStrayDrops } from './drop-files.js';

/** @param ways by name, the one for files first as `files` */
export function Ways({ title, ways, shown }: { title: string; ways: Readonly<Record<string, string>>; shown: (way: string) => ComponentChildren }) {
  const { path, query } = place.value;
  const { add } = query;
  useNoStrayDrops();
  useEffect(() => {
    const open = (event: DragEvent): void => {
      if (event.dataTransfer?.types.includes('Files') === true && place.peek().query.add === undefined) setQuery({ add: 'files' });
    };
    addEventListener('dragenter', open);
    return () => removeEventListener('dragenter', open);
  }, []);
  if (add === undefined) return null;
  return (
    <section class="panel" aria-label={title}>
      <div class="head"><h2>{title}</h2><button type="button" class="small" onClick={() => setQuery({ add: undefined })}>Close</button></div>
      <nav class="tabs" aria-label={`Ways: ${title}`}>
        {Object.entries(ways).map(([name, text]) => <a key={name} href={href(path, { ...query, add: name })} aria-current={add === name ? 'page' : undefined}>{text}</a>)}
      </nav>
      {shown(add)}
    </section>
  );
}
