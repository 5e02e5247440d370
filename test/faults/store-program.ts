// Makes one change of a store and ends by SIGKILL where it first passes a fault point.
import { armFaultPoints } from '#faults/armed.js';
import { openFolderStore } from '#store/stores/folder.js';
import { CHANGES } from './store-changes.js';

const [root = '', change = '', point = ''] = process.argv.slice(2);
const store = await openFolderStore(root);
armFaultPoints((name) => {
  if (name === point) process.kill(process.pid, 'SIGKILL');
});
await CHANGES[change as keyof typeof CHANGES](store);
process.stdout.write('"through"\n');
