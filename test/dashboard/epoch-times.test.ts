// Points of learning curves on an axis of time.
import { describe, expect, it } from '@jest/globals';
import type { JobEvent } from '#contract/event.js';
import type { MetricPoint } from '#contract/run.js';
import { EpochTimes } from '#dashboard/pages/job/epoch-times.js';

const at = (seconds: number): string => new Date(Date.UTC(2026, 0, 1) + 1000 * seconds).toISOString();
const started = (seconds: number, run = 'main'): JobEvent => ({ id: '1', object: 'event', type: 'run.started', created_at: at(seconds), data: { run, role: 'main', seed: 1, steps: 100 } });
const epoch = (number: number, seconds: number, run = 'main'): JobEvent => ({ id: '2', object: 'event', type: 'epoch.finished', created_at: at(seconds), data: { run, role: 'main', stage: 0, epoch: number, epochs: 9, metrics: {} } });
const point = (number: number, run = 'main'): MetricPoint => ({ run, role: 'main', stage: 0, epoch: number, step: 10 * number, values: {} });

function timesOf(events: readonly JobEvent[]): EpochTimes {
  const times = new EpochTimes();
  events.forEach((event) => times.note(event));
  return times;
}

describe('the time of a point', () => {
  it('is when its epoch ended, since the first run began', () => {
    const times = timesOf([started(5), epoch(1, 7), epoch(2, 10), started(10, 'next'), epoch(1, 14, 'next')]);
    expect([point(1), point(2), point(1, 'next')].map((one) => times.secondsOf(one))).toEqual([2, 5, 9]);
  });

  it('is not known before an epoch has ended, nor of a run that nothing was told of', () => {
    const times = timesOf([started(5), epoch(1, 7)]);
    expect(times.secondsOf(point(1, 'other'))).toBeUndefined();
    expect(timesOf([started(5)]).secondsOf(point(1))).toBeUndefined();
  });

  it('is the last one where epochs were trained again', () => {
    const times = timesOf([started(0), epoch(1, 1), epoch(2, 2), epoch(2, 9), epoch(3, 10)]);
    expect([1, 2, 3].map((number) => times.secondsOf(point(number)))).toEqual([1, 9, 10]);
  });

  it('is between those that are kept where there were more than are kept', () => {
    const times = timesOf([started(0), ...Array.from({ length: 10_000 }, (_, before) => epoch(before + 1, 2 * (before + 1)))]);
    for (const number of [1, 2, 777, 5_000, 9_999]) expect(times.secondsOf(point(number))).toBeCloseTo(2 * number, 6);
  });
});
