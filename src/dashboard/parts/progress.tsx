// How far a job is, as a bar and in words.
import type { Progress as State } from '../../contract/job.js';
import { duration, whole } from '../format.js';

/** Time left, with where it ends in nine cases of ten. */
export function TimeLeft({ of: { eta_seconds: likely, eta_p90_seconds: late } }: { of: State }) {
  if (likely === null) return <span class="quiet">time left not known yet</span>;
  return <span>{duration(likely)} left{typeof late === 'number' && late > likely * 1.2 ? <span class="quiet">, {duration(late)} at most</span> : null}</span>;
}

export function Progress({ of: progress, label }: { of: State; label: string }) {
  return (
    <div class="progress">
      <progress max={100} value={progress.percent} aria-label={label} />
      <span class="number">{Math.floor(progress.percent)}&nbsp;%</span>
    </div>
  );
}

/** Which run, which epoch, how fast; of a job that trains nothing which example. */
export function Place({ of: progress }: { of: State }) {
  const { run, stage, epoch, epochs, step, steps, examples_per_second: rate } = progress;
  const isTraining = run !== null && stage !== null;
  return (
    <span>
      {isTraining ? `${run === 'main' ? '' : `run ${run}, `}stage ${stage + 1}, epoch ${epoch} of ${epochs}, step` : 'example'} {whole(step)} of {whole(steps)}
      {rate === null ? '' : `, ${whole(Math.round(rate))} examples/s`}
    </span>
  );
}
