// Pictures as files: the service brings them to the shape of the input, as it did those of the data set.
import { useEffect, useState } from 'preact/hooks';
import { DropFiles } from '../../../parts/drop-files.js';
import type { Prediction } from './use-prediction.js';

const MOST_PICTURES = 16;

export function Pictures({ prediction }: { prediction: Prediction }) {
  const [files, setFiles] = useState<readonly File[]>([]);
  const take = (chosen: readonly File[]): void => {
    const taken = chosen.slice(0, MOST_PICTURES);
    setFiles(taken);
    prediction.ask({ files: taken });
  };
  return (
    <>
      <DropFiles label="Drop pictures here, or choose them" accept="image/*" onFiles={take} />
      <div class="thumbs">{files.map((file, at) => <Thumb key={`${at} ${file.name}`} of={file} />)}</div>
    </>
  );
}

/** A file as it is, before anything was made of it. */
export function Thumb({ of: file, alt = file.name }: { of: File; alt?: string }) {
  const [source, setSource] = useState<string>();
  useEffect(() => {
    const made = URL.createObjectURL(file);
    setSource(made);
    return () => URL.revokeObjectURL(made);
  }, [file]);
  return source === undefined ? null : <img class="thumb" src={source} alt={alt} />;
}
