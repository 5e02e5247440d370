// The dashboard as browsers get it: src/dashboard with its libraries, in one script and one stylesheet, named by their content, also compressed.
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';

/** @param {string} root @returns {Promise<void>} */
export async function bundleDashboard(root) {
  // It is there once the packages are installed.
  const { build } = await import('esbuild');
  const source = join(root, 'src', 'dashboard');
  const made = join(root, 'dist', 'dashboard');
  const fresh = `${made}.new`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(join(fresh, 'assets'), { recursive: true });
  const { outputFiles } = await build({
    entryPoints: { dashboard: join(source, 'main.tsx'), icon: join(source, 'icon.svg') },
    outdir: join(fresh, 'assets'),
    entryNames: '[name]-[hash]',
    bundle: true,
    minify: true,
    format: 'esm',
    target: ['es2022'],
    platform: 'browser',
    loader: { '.svg': 'copy' },
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'linked',
    tsconfig: join(source, 'tsconfig.json'),
    write: false,
    logLevel: 'warning',
  });
  for (const { path, contents } of outputFiles) writeCompressed(path, contents);
  const named = (/** @type {RegExp} */ pattern) => basename(/** @type {{ path: string }} */ (outputFiles.find(({ path }) => pattern.test(path))).path);
  const page = readFileSync(join(source, 'index.html'), 'utf8').replace('{script}', named(/\.js$/)).replace('{style}', named(/\.css$/)).replace('{icon}', named(/\.svg$/));
  writeCompressed(join(fresh, 'index.html'), Buffer.from(page));
  rmSync(made, { recursive: true, force: true });
  renameSync(fresh, made);
}

/** Once, so that no request waits for it. @param {string} path @param {Uint8Array} bytes */
function writeCompressed(path, bytes) {
  writeFileSync(path, bytes);
  writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
  writeFileSync(`${path}.br`, brotliCompressSync(bytes));
}
