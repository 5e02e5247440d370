// The report of a comparison: each candidate over its seeds, held against the best.
import type { CandidateVerdict, CompareReport as Report, ComparedCandidate } from '../../../contract/compare-report.js';
import { rangeOf } from '../../chart/scale.js';
import { Whisker } from '../../chart/whisker.js';
import { duration, number, some, whole, words } from '../../format.js';
import { Cells } from '../../parts/cells.js';
import { span, writingOf } from './writing.js';

const SAYINGS: Readonly<Record<CandidateVerdict, string>> = { better: '▲\u00a0better', worse: '▼\u00a0worse', cannot_tell: '◆\u00a0cannot\u00a0tell' };

export function CompareReport({ report: { best, candidates, metric, chosen_by: chosenBy, task, seeds, test_examples: examples } }: { report: Report }) {
  const write = writingOf(task);
  const range = rangeOf(candidates.flatMap(({ mean, low, high, interval }) => [mean, low, high, ...(interval ?? [])].filter((value) => value !== null)));
  return (
    <>
      <section class="panel finding" aria-label="Verdict">
        <h2>{best === null ? 'No run ended' : <>Best: {best}</>}</h2>
        <p>{best === null ? 'There is nothing to compare.' : verdictOf(best, candidates)}</p>
        <p class="quiet">Chosen by {words(chosenBy)}, held against each other by {words(metric)} on {whole(examples)} test examples, over {some(seeds.length, 'seed')}.{chosenBy === metric && ' Chosen by the very examples it is measured on, the best looks better than it is.'}</p>
      </section>
      <section class="panel">
        <h2>Candidates</h2>
        <Cells
          label="Candidates" titles={['Candidate', '#Seeds', `#${words(metric)}, mean`, 'Its 95 % interval', '#Lowest, highest', '#Against the best', '#Interval, corrected', 'Verdict', '#Took']}
          rows={candidates.map(({ name, seeds: runs, mean, low, high, interval, to_best: toBest, seconds }) => [
            <>{name}{name === best && <>&nbsp;<span class="tag">best</span></>}</>, runs.length, mean !== null && write.value(mean),
            mean !== null && <Whisker key="mean" range={range} value={mean} interval={interval} />, low !== null && high !== null && span([low, high], write.value),
            toBest && write.difference(toBest.difference), toBest?.corrected && span(toBest.corrected, write.difference), toBest && SAYINGS[toBest.verdict], seconds !== null && duration(seconds),
          ])}
        />
      </section>
      <section class="panel">
        <h2>Runs</h2>
        <Cells
          label="Runs of candidates" titles={['Candidate', '#Seed', '#Steps', 'Ended because', `#${words(metric)}`, '#Test loss', '#Took']}
          rows={candidates.flatMap(({ name, seeds: runs }) => runs.map(({ seed, steps, stop_reason: reason, metrics, seconds }) => [
            name, seed, steps !== null && whole(steps), words(reason), metrics[metric] !== undefined && write.value(metrics[metric]), metrics.test_loss !== undefined && number(metrics.test_loss), duration(seconds),
          ]))}
        />
      </section>
    </>
  );
}

function verdictOf(best: string, candidates: readonly ComparedCandidate[]): string {
  const names = (verdict: CandidateVerdict): string[] => candidates.filter(({ to_best: toBest }) => toBest?.verdict === verdict).map(({ name }) => name);
  const [worse, open, better] = [names('worse'), names('cannot_tell'), names('better')];
  return [
    worse.length > 0 && `${best} is better than ${worse.join(', ')} for sure.`,
    open.length > 0 && `Whether it is better than ${open.join(', ')} cannot be told from these seeds.`,
    better.length > 0 && `On the test part ${better.join(', ')} came out better.`,
  ].filter(Boolean).join(' ');
}
