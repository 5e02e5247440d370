// A small wheel that pip accepts, made with the standard library, and the pin that names it.
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const make = `
import sys, zipfile
path, marker = sys.argv[1:]
with zipfile.ZipFile(path, 'w') as wheel:
    wheel.writestr('graft/lib/libgraft.so', marker)
    wheel.writestr('graft/left_out.py', 'never unpacked')
    wheel.writestr('graft-1.0.0.dist-info/METADATA', 'Metadata-Version: 2.1\\nName: graft\\nVersion: 1.0.0\\n')
    wheel.writestr('graft-1.0.0.dist-info/WHEEL', 'Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')
    wheel.writestr('graft-1.0.0.dist-info/RECORD', '')
`;

export function fakeWheel(folder: string) {
  const file = 'graft-1.0.0-py3-none-any.whl';
  execFileSync('python3', ['-c', make, join(folder, file), 'a library']);
  const sha256 = createHash('sha256').update(readFileSync(join(folder, file))).digest('hex');
  return { name: 'graft', version: '1.0.0', file, sha256 };
}
