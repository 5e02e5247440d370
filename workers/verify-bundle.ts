// The program that `rootstock verify` starts: is the folder a bundle as it was written, and does the network give its golden pairs here? Prints one JSON
// document. It needs no service, and nothing is written.
import { ServiceError } from '#contract/errors.js';
import { replayGolden } from '#engine/golden.js';
import { loadTensorFlow } from '#engine/native.js';
import { checkFiles, type Check } from '#models/verify-bundle.js';

/** Ends with 0 where all is well, 3 where it is not, 1 where it could not be found out. */
const [, , folder = '.'] = process.argv;
const checks = await checkFiles(folder);
const wholeFiles = checks.every(({ ok }) => ok);
try {
  if (wholeFiles) checks.push(await goldenCheck());
  const ok = checks.every((check) => check.ok);
  process.stdout.write(JSON.stringify({ ok, checks }));
  process.exitCode = ok ? 0 : 3;
} catch (problem) {
  if (!(problem instanceof ServiceError && problem.code === 'ENGINE_MISSING')) throw problem;
  process.stderr.write(`rootstock: ${problem.message}\n`);
  process.exitCode = 1;
}

async function goldenCheck(): Promise<Check> {
  const { tf, engine } = loadTensorFlow();
  await tf.ready();
  try {
    await replayGolden(tf, folder);
    return { name: 'golden_pairs', ok: true, says: `the network gives them here, on ${engine.name} ${engine.version}` };
  } catch (problem) {
    return { name: 'golden_pairs', ok: false, says: problem instanceof Error ? problem.message.split('\n')[0]! : String(problem) };
  }
}
