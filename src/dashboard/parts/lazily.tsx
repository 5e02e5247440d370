// What is drawn only once somebody can see it.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

export function Lazily({ class: name, children }: { class: string; children: () => ComponentChildren }) {
  const host = useRef<HTMLDivElement>(null);
  const [isSeen, setSeen] = useState(false);
  useEffect(() => {
    const seen = new IntersectionObserver((entries) => entries.some(({ isIntersecting }) => isIntersecting) && setSeen(true), { rootMargin: '200px' });
    seen.observe(host.current!);
    return () => seen.disconnect();
  }, []);
  return <div ref={host} class={name}>{isSeen && children()}</div>;
}
