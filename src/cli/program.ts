// The command, put together of its commands. The list is written by hand, so that each can be found by a click.
import { Command } from 'commander';
import { compare } from './commands/compare.js';
import { completion } from './commands/completion.js';
import { datasetsAdd } from './commands/datasets-add.js';
import { datasetsLs } from './commands/datasets-ls.js';
import { datasetsPreview } from './commands/datasets-preview.js';
import { datasetsShow } from './commands/datasets-show.js';
import { jobsActions } from './commands/jobs-actions.js';
import { jobsLogs } from './commands/jobs-logs.js';
import { jobsLs } from './commands/jobs-ls.js';
import { jobsPredictions } from './commands/jobs-predictions.js';
import { jobsPull } from './commands/jobs-pull.js';
import { jobsReport } from './commands/jobs-report.js';
import { jobsRetry } from './commands/jobs-retry.js';
import { jobsShow } from './commands/jobs-show.js';
import { jobsSubmit } from './commands/jobs-submit.js';
import { jobsWatch } from './commands/jobs-watch.js';
import { evaluate } from './commands/evaluate.js';
import { explain } from './commands/explain.js';
import { modelsImport } from './commands/models-import.js';
import { modelsLineage } from './commands/models-lineage.js';
import { modelsLs } from './commands/models-ls.js';
import { modelsPredict } from './commands/models-predict.js';
import { modelsExport } from './commands/models-export.js';
import { modelsPull } from './commands/models-pull.js';
import { modelsSet } from './commands/models-set.js';
import { modelsShow } from './commands/models-show.js';
import { modelsVersions } from './commands/models-versions.js';
import { webhooksListen } from './commands/webhooks-listen.js';
import { removeCommand } from './remove.js';

const SEE = `
The address is --url or ROOTSTOCK_URL (default http://127.0.0.1:7070), the key ROOTSTOCK_API_KEY.
Without a service there are also: rootstock up, doctor, cache, verify.`;

export function program(): Command {
  const root = new Command('rootstock')
    .description('transfer-learning jobs of a Rootstock service')
    .option('--json', 'one JSON document on stdout; of several things a line each')
    .option('--url <url>', 'address of the service')
    .option('--curl', 'print the first request for curl instead of sending it')
    .addHelpText('after', SEE)
    .showHelpAfterError('(--help says what there is)')
    .exitOverride();
  const datasets = root.command('datasets').description('data sets');
  datasetsAdd(datasets);
  datasetsLs(datasets);
  datasetsShow(datasets);
  datasetsPreview(datasets);
  removeCommand(datasets, 'datasets', 'remove data sets that no unfinished job needs');
  const models = root.command('models').description('models');
  modelsImport(models);
  modelsLs(models);
  modelsShow(models);
  modelsVersions(models);
  modelsSet(models);
  modelsLineage(models);
  modelsPull(models);
  modelsExport(models);
  modelsPredict(models);
  removeCommand(models, 'models', 'remove models that no unfinished job needs and no other model came of').option('--keep-descendants', 'though other models came of them, which stay as they are');
  const jobs = root.command('jobs').description('jobs');
  for (const add of [jobsSubmit, jobsLs, jobsShow, jobsWatch, jobsLogs, jobsActions, jobsRetry, jobsReport, jobsPredictions, jobsPull]) add(jobs);
  compare(root);
  evaluate(root);
  explain(root);
  webhooksListen(root.command('webhooks').description('webhooks'));
  completion(root);
  return root;
}

