// The frame of a report as a page that stands alone: no scripts, nothing fetched.
import { createHash } from 'node:crypto';
import type { Proportion } from '../../contract/transfer-report.js';
import { html, Html } from './html.js';
import { percent } from './numbers.js';
import { STYLE } from './style.js';

export function document(title: string, body: Html): string {
  // The header of the response forbids the rest: a page that was saved has none.
  const policy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; base-uri 'none'; form-action 'none'`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="content-security-policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${new Html(STYLE)}</style>
</head>
<body>
<h1>${title}</h1>
${body}
</body>
</html>
`.text;
}

export function table(heads: readonly string[], rows: readonly (readonly string[])[]): Html {
  return html`<div class="scroll"><table><thead><tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead>
<tbody>${rows.map((cells) => html`<tr>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>`)}</tbody></table></div>`;
}

export const withInterval = (accuracy: Proportion | null): string => (accuracy === null ? '–' : `${percent(accuracy.value)} (${percent(accuracy.interval[0])} to ${percent(accuracy.interval[1])})`);
