// Writes the same record again and again, each time wholly of another letter, until it is killed.
import { openFolderStore } from '#store/stores/folder.js';

const [root = ''] = process.argv.slice(2);
const store = await openFolderStore(root);
for (let i = 0; ; i++) {
  await store.put('record', String.fromCharCode(97 + (i % 26)).repeat(300_000));
  if (i === 3) process.stdout.write('"writing"\n');
}
