// Tries to lock the data folder given, says how that went, and keeps what it has until it is ended.
import { lockDataFolder } from '#store/data-folder-lock.js';

const [dataFolder = ''] = process.argv.slice(2);
const result = await lockDataFolder(dataFolder).then(
  () => ({ locked: true }),
  (error: Error) => ({ locked: false, message: error.message }),
);
process.stdout.write(`${JSON.stringify(result)}\n`);
setInterval(() => undefined, 60_000);
