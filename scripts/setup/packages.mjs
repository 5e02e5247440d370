// The npm packages: installed with `npm ci` where node_modules is not what package-lock.json says.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildIsCurrent } from './build.mjs';
import { say } from './progress.mjs';
import { run } from './run.mjs';

/** @typedef {{ version?: string, integrity?: string, optional?: boolean, dev?: boolean, devOptional?: boolean }} Locked */

/**
 * @param {{ root: string, production: boolean }} options
 * @returns {import('./steps.mjs').Step}
 */
export function packagesStep({ root, production }) {
  // TypeScript is a development package: production may leave these out only once the build is there.
  const withoutDev = () => production && buildIsCurrent(root);
  return {
    name: 'packages',
    isDone: () => packagesMatch(root, withoutDev()),
    needs: () => ['npm'],
    run: async () => {
      const omit = withoutDev() ? ['--omit=dev'] : [];
      say(['packages: npm ci', ...omit].join(' '));
      await run(['npm', 'ci', '--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error', ...omit], { what: 'npm ci', cwd: root });
    },
  };
}

/**
 * npm ends every installation by writing what it installed to node_modules/.package-lock.json, and `npm ci` removes that file
 * first, so it tells a whole installation from an interrupted one, whoever made it.
 * @param {string} root
 * @param {boolean} withoutDev development packages may be absent
 */
export function packagesMatch(root, withoutDev) {
  const installed = lockedPackages(join(root, 'node_modules', '.package-lock.json'));
  const wanted = lockedPackages(join(root, 'package-lock.json'));
  if (installed === null || wanted === null) return false;
  return Object.entries(wanted).every(([path, want]) => {
    const found = installed[path];
    // The package of another platform is not installed here.
    if (found === undefined) return path === '' || want.optional || (withoutDev && (want.dev || want.devOptional));
    return found.version === want.version && found.integrity === want.integrity;
  });
}

/** @param {string} path @returns {Record<string, Locked> | null} */
function lockedPackages(path) {
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).packages : null;
}
