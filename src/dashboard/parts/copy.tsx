// What the page shows or does, as a command: for a shell, for TypeScript, for the rootstock command. The key is never in it.
import { useState } from 'preact/hooks';
import { hasKey, serviceUrl } from '../session.js';
import { announce } from './announce.js';

export interface Request {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** From /v1 on. */
  path: string;
  body?: unknown;
  /** Fields of a form in the place of a body, as curl takes them: `file=@seven.png`. */
  form?: readonly string[];
  /** A CSV text in the place of a body. */
  csv?: string;
  /** What is wanted where the answer has several forms. */
  accept?: string;
  /** The call of rootstock/client: `jobs.get('job_…')`. */
  call: string;
  /** Of the rootstock command, without its name. Left out: it has none for this. */
  command?: string;
}

/** A word for a shell, whatever is in it. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

export function asCurl({ method, path, body, form = [], csv, accept }: Request): string {
  return [
    `curl ${method === 'GET' ? '' : `-X ${method} `}${quoted(serviceUrl + path)}`,
    ...(hasKey.value ? ['-H "Authorization: Bearer $ROOTSTOCK_API_KEY"'] : []),
    ...(accept === undefined ? [] : [`-H 'accept: ${accept}'`]),
    ...form.map((field) => `-F ${quoted(field)}`),
    ...(csv === undefined ? [] : ["-H 'content-type: text/csv'", `--data-binary ${quoted(csv)}`]),
    ...(body === undefined ? [] : ["-H 'content-type: application/json'", `-d ${quoted(JSON.stringify(body))}`]),
  ].join(' \\\n  ');
}

export function asTypeScript({ call }: Request): string {
  const key = hasKey.value ? ', apiKey: process.env.ROOTSTOCK_API_KEY' : '';
  return `import { Rootstock } from 'rootstock/client';\n\nconst client = new Rootstock({ url: ${JSON.stringify(serviceUrl)}${key} });\nawait client.${call};`;
}

export const asCommand = ({ command }: Request): string => `ROOTSTOCK_URL=${quoted(serviceUrl)} rootstock ${command!}`;

export function CopyButton({ text, label = 'Copy' }: { text: string; label?: string }) {
  const [said, setSaid] = useState('');
  const copy = async (): Promise<void> => {
    // Only a page by https or on this machine may write to the clipboard; on others the text is there to be marked.
    const isDone = await navigator.clipboard?.writeText(text).then(() => true, () => false);
    setSaid(isDone === true ? 'Copied' : 'Mark it and copy');
    announce(isDone === true ? 'Copied.' : 'The browser does not let this page copy.');
    setTimeout(() => setSaid(''), 2000);
  };
  return <button type="button" class="small" onClick={() => void copy()}>{said || label}</button>;
}

export function CopyAs({ request }: { request: Request }) {
  const forms = [
    { name: 'curl', text: asCurl(request) },
    { name: 'TypeScript', text: asTypeScript(request) },
    ...(request.command === undefined ? [] : [{ name: 'Command', text: asCommand(request) }]),
  ];
  return (
    <details class="copy-as">
      <summary>Copy as…</summary>
      <div class="popover">
        {forms.map(({ name, text }) => (
          <section key={name}>
            <div class="form-name">{name} <CopyButton text={text} /></div>
            <pre tabIndex={0}>{text}</pre>
          </section>
        ))}
      </div>
    </details>
  );
}
