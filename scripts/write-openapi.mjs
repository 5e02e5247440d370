// Writes openapi/openapi.json from the routes. Describing them opens no store and no queue, so they are given none.
import { writeFile } from 'node:fs/promises';
import { buildApp } from '../dist/http/app.js';
import { VERSION } from '../dist/wiring.js';

const file = new URL('../openapi/openapi.json', import.meta.url);
/** @type {any} */
const app = await buildApp(/** @type {any} */ ({ version: VERSION }), { keys: { apiKey: '', readOnlyKey: '' } });
await writeFile(file, `${JSON.stringify(app.swagger(), null, 2)}\n`);
await app.close();
