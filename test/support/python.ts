// Python for the scripts of the documentation: the machine's own, with the one library that they name.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const REQUESTS = 'requests==2.32.5';

/** The environment in which `import requests` works: that of the machine, or else with a folder that pip has filled. */
export async function pythonWithRequests(): Promise<NodeJS.ProcessEnv> {
  const has = await run('python3', ['-c', 'import requests']).then(() => true, () => false);
  if (has) return {};
  const folder = join(tmpdir(), `rootstock-${REQUESTS.replace('==', '-')}-${process.getuid?.() ?? 0}`);
  if (!existsSync(join(folder, 'requests/__init__.py'))) await run('python3', ['-m', 'pip', 'install', '--quiet', '--target', folder, REQUESTS]);
  return { PYTHONPATH: folder };
}
