// The head of a page, and the title of its window.
import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';

export function Title({ text, children }: { text: string; children?: ComponentChildren }) {
  useEffect(() => {
    document.title = `${text} · Rootstock`;
  }, [text]);
  return <div class="head"><h1>{text}</h1>{children}</div>;
}
