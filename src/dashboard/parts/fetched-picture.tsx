// A picture that is fetched by the client: an address of an <img> would not carry the key.
import { useEffect, useState } from 'preact/hooks';
import type { Download } from '../../client/index.js';
import { Problem } from './problem.js';

interface FetchedPictureProps {
  /** Tells it from all others. */
  name: string;
  alt: string;
  fetch: (signal: AbortSignal) => Promise<Download>;
  /** Where it was pointed at, in its own pixels. */
  onPoint?: (x: number, y: number) => void;
}

export function FetchedPicture({ name, alt, fetch, onPoint }: FetchedPictureProps) {
  const [source, setSource] = useState<string>();
  const [failure, setFailure] = useState<unknown>();
  useEffect(() => {
    const ended = new AbortController();
    let made: string | undefined;
    const load = async (): Promise<void> => {
      try {
        const bytes = (await (await fetch(ended.signal)).bytes()) as Uint8Array<ArrayBuffer>;
        if (ended.signal.aborted) return;
        made = URL.createObjectURL(new Blob([bytes], { type: 'image/png' }));
        setSource(made);
      } catch (error) {
        if (!ended.signal.aborted) setFailure(error);
      }
    };
    void load();
    return () => {
      ended.abort(new Error('The page is elsewhere.'));
      if (made !== undefined) URL.revokeObjectURL(made);
    };
  }, [name]);
  if (failure !== undefined) return <Problem of={failure} />;
  const point = (event: MouseEvent & { currentTarget: HTMLImageElement }): void => {
    const { clientWidth: width, naturalWidth, naturalHeight, clientHeight: height } = event.currentTarget;
    onPoint?.((event.offsetX / width) * naturalWidth, (event.offsetY / height) * naturalHeight);
  };
  return source === undefined ? <div class="skeleton" role="status" aria-label="Loading" /> : <img class="sheet" src={source} alt={alt} onClick={point} />;
}
