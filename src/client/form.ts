// Files and what is said of them, as a multipart form.
import type { FileToSend } from './uploads.js';
import { partsOf } from './uploads.js';

/** Lists and objects are sent as the text of their JSON; what is left out is left out. Fields come before files, as the service needs them to. */
export function formOf(fields: object, files: readonly FileToSend[]): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields) as [string, unknown][]) {
    if (value !== undefined) form.append(name, typeof value === 'string' ? value : JSON.stringify(value));
  }
  for (const file of files) {
    const { name, data } = partsOf(file);
    form.append('file', data, name);
  }
  return form;
}

export const bytesOf = (files: readonly FileToSend[]): number => files.reduce((sum, file) => sum + partsOf(file).data.size, 0);
