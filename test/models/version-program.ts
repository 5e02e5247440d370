// Gives a model a version of a name and ends by SIGKILL where it first passes a fault point; "none": nothing strikes it.
import { armFaultPoints } from '#faults/armed.js';
import { giveVersion } from '#models/versions.js';
import { openFolderStore } from '#store/stores/folder.js';

const [root = '', name = '', model = '', point = ''] = process.argv.slice(2);
const store = await openFolderStore(root);
armFaultPoints((passed) => {
  if (passed === point) process.kill(process.pid, 'SIGKILL');
});
process.stdout.write(`${await giveVersion(store, name, model)}\n`);
