// Files with their size and digest, each to be fetched. A link would not carry the key, so the page fetches and then hands over.
import { useState } from 'preact/hooks';
import type { BundleFile } from '../../contract/model.js';
import type { Download } from '../../client/index.js';
import { bytes } from '../format.js';
import { CopyButton } from './copy.js';
import { Problem } from './problem.js';

export function hand(name: string, data: Blob): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(data);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

export function FileRows({ files, fetch }: { files: readonly BundleFile[]; fetch: (name: string) => Promise<Download> }) {
  const [failure, setFailure] = useState<unknown>();
  const take = async (file: BundleFile): Promise<void> => {
    setFailure(undefined);
    try {
      hand(file.name, new Blob([(await (await fetch(file.name)).bytes()) as Uint8Array<ArrayBuffer>], { type: file.media_type }));
    } catch (error) {
      setFailure(error);
    }
  };
  return (
    <>
      <div class="scroll" tabIndex={0} role="region" aria-label="Files">
        <table>
          <thead><tr><th>File</th><th class="number">Size</th><th>SHA-256</th><th><span class="only-heard">Actions</span></th></tr></thead>
          <tbody>
            {files.map((file) => (
              <tr key={file.name}>
                <td>{file.name}</td>
                <td class="number">{bytes(file.size_bytes)}</td>
                <td><code title={file.sha256}>{file.sha256.slice(0, 12)}…</code> <CopyButton text={file.sha256} /></td>
                <td><button type="button" class="small" onClick={() => void take(file)}>Download</button></td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {failure !== undefined && <Problem of={failure} />}
    </>
  );
}
