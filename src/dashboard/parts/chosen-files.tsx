// Files that are chosen or dropped, and those among them that are left out again.
import type { ComponentChildren } from 'preact';
import { bytes } from '../format.js';
import { DropFiles } from './drop-files.js';

export const ChosenFiles = ({ files, onFiles, children }: { files: readonly File[]; onFiles: (files: readonly File[]) => void; children: ComponentChildren }) => (
  <>
    <DropFiles label="Drop files here, or choose them" onFiles={(more) => onFiles([...files, ...more])}><p class="quiet">{children}</p></DropFiles>
    {files.length > 0 && (
      <ul class="chosen">
        {files.map((file, at) => <li key={at}><span>{file.name} <span class="quiet">{bytes(file.size)}</span></span><button type="button" class="small" onClick={() => onFiles(files.filter((_, other) => other !== at))} aria-label={`Leave out ${file.name}`}>Leave out</button></li>)}
      </ul>
    )}
  </>
);

/** What a form of files and words is as curl's -F takes it. @param some in the place of files that are not chosen yet */
export const formFields = (form: object, files: readonly { name: string }[], some: string): string[] => [
  ...Object.entries(form).map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`),
  ...(files.length === 0 ? [{ name: some }] : files).map(({ name }) => `file=@${name}`),
];

/** The same in TypeScript, where `data` is a Blob. */
export const filesText = (files: readonly { name: string }[]): string => `[${files.map(({ name }) => `{ name: ${JSON.stringify(name)}, data }`).join(', ')}]`;
export const namesText = (files: readonly { name: string }[]): string => files.map(({ name }) => JSON.stringify(name)).join(' ');
