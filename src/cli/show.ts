// Things as a person wants to see them.
import type { AnyModel, Dataset, Job } from '../client/index.js';
import { facts, metricsText, sizeText } from './output.js';

export function showDataset({ id, name, status, format, created_at: created, content, error }: Dataset): void {
  facts({
    id, name, status, format, created,
    shape: content?.input_shape.join(' × '),
    examples: content && Object.entries(content.parts).map(([part, { examples }]) => `${part} ${examples}`).join(', '),
    classes: content?.class_names.join(', '),
    size: content && sizeText(content.size_bytes),
    digest: content?.digest,
    error: error?.message,
  });
}

export function showModel(model: AnyModel): void {
  const { id, name, status, created_at: created } = model;
  if (model.status !== 'ready') return facts({ id, name, status, created, error: model.error?.message });
  const { version, stage, aliases, job, dataset, parameters, labels, metrics, weights_digest: weights, files } = model;
  facts({
    id, name, version, stage: stage === 'none' ? null : stage, aliases: aliases?.join(', '), status, created, job, dataset, parameters, labels: labels.join(', '), metrics: metricsText(metrics), weights,
    files: files.map((file) => `${file.name} (${sizeText(file.size_bytes)})`).join(', '),
  });
}

export function showJob(job: Job): void {
  const { id, name, type, status, created_at: created, started_at: started, finished_at: finished, progress, queue, attempt, model, metrics, error } = job;
  facts({
    id, name, type, status, created, started, finished, attempt, model,
    queue: queue && `${queue.ahead} ahead`,
    progress: progress && `${progress.percent.toFixed(0)} %, ${progress.epoch === null ? `example ${progress.step} of ${progress.steps}` : `epoch ${progress.epoch} of ${progress.epochs}`}`,
    metrics: metricsText(metrics),
    error: error?.message,
  });
}
