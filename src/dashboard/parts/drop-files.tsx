// A place where files are let go, with a button for whoever drags nothing.
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';

interface DropFilesProps {
  label: string;
  onFiles: (files: File[]) => void;
  isMany?: boolean;
  /** As `accept` of a file input has it; what is dropped is not held to it: the service looks at it. */
  accept?: string;
  children?: ComponentChildren;
}

/** A file that is let go beside the place would take the place of the page. */
export function useNoStrayDrops(): void {
  useEffect(() => {
    const prevent = (event: DragEvent): void => event.preventDefault();
    addEventListener('dragover', prevent);
    addEventListener('drop', prevent);
    return () => {
      removeEventListener('dragover', prevent);
      removeEventListener('drop', prevent);
    };
  }, []);
}

export function DropFiles({ label, onFiles, isMany = true, accept, children }: DropFilesProps) {
  const [isOver, setOver] = useState(false);
  useNoStrayDrops();
  const take = (files: FileList | null | undefined): void => {
    const taken = [...(files ?? [])].slice(0, isMany ? undefined : 1);
    if (taken.length > 0) onFiles(taken);
  };
  return (
    <div
      class={isOver ? 'drop over' : 'drop'}
      onDragOver={(event) => { event.preventDefault(); setOver(true); }}
      onDragLeave={(event) => event.currentTarget.contains(event.relatedTarget as Node | null) || setOver(false)}
      onDrop={(event) => { event.preventDefault(); setOver(false); take(event.dataTransfer?.files); }}
    >
      {children}
      <label>
        {label}
        <input type="file" multiple={isMany} accept={accept} onChange={(event) => { take(event.currentTarget.files); event.currentTarget.value = ''; }} />
      </label>
    </div>
  );
}
