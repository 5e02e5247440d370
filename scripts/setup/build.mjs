// The build: `tsc -b`, the dashboard's bundle and the library of schemas in one file, where the sources changed since the last build that succeeded.
import { existsSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleDashboard } from './dashboard.mjs';
import { digestOf } from './digest.mjs';
import { say } from './progress.mjs';
import { run } from './run.mjs';
import { bundleSchemaLibrary } from './schema-library.mjs';

const projects = ['src', 'workers'];

/**
 * @param {{ root: string }} options
 * @returns {import('./steps.mjs').Step}
 */
export function buildStep({ root }) {
  return {
    name: 'build',
    isDone: () => buildIsCurrent(root),
    needs: () => [],
    run: async () => {
      say('build: tsc -b');
      // Taken before the build: a source that is saved meanwhile makes the next set-up build again.
      const digest = sourceDigest(root);
      rmSync(stamp(root), { force: true });
      await run([process.execPath, join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-b', ...projects], { what: 'the build (tsc -b)', cwd: root });
      await bundleDashboard(root);
      await bundleSchemaLibrary(root);
      writeFileSync(`${stamp(root)}.new`, digest);
      renameSync(`${stamp(root)}.new`, stamp(root));
    },
  };
}

/** @param {string} root */
export function buildIsCurrent(root) {
  // A release carries the build and not the sources.
  if (!existsSync(join(root, 'src'))) return existsSync(join(root, 'dist'));
  return existsSync(stamp(root)) && readFileSync(stamp(root), 'utf8') === sourceDigest(root);
}

/** @param {string} root */
function stamp(root) {
  return join(root, 'dist', '.built-from');
}

/**
 * Names, sizes and times of the sources and of what they are built with, not their bytes: tsc itself decides by content, this only whether to ask it.
 * @param {string} root
 */
function sourceDigest(root) {
  const files = projects.flatMap((project) => readdirSync(join(root, project), { recursive: true, encoding: 'utf8' }).map((name) => join(project, name)));
  const facts = ['package-lock.json', 'tsconfig.base.json', ...files.filter((name) => /\.(tsx?|json|css|html|svg)$/.test(name)).sort()].map((name) => {
    const { size, mtimeMs } = statSync(join(root, name));
    return `${name} ${size} ${mtimeMs}`;
  });
  return digestOf(facts);
}
