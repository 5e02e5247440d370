// How far a job is that trains nothing: by its parts, each at its own pace.
import { describe, expect, it } from '@jest/globals';
import { MeasuringMeter, type MeasuringPart } from '../../workers/measuring-meter.js';

const FLOPS = 5e10;
/** Files, and what making a network ready takes at a usual pace. */
const FILES = 0.3;
const OPENING = 0.4;

/** Two networks over a hundred examples, ten a second by their operations; then a thousand draws, as many a second. */
const PARTS: MeasuringPart[] = [
  { name: 'model', count: 100, operations: FLOPS / 10, isExamples: true },
  { name: 'against', count: 100, operations: FLOPS / 10, isExamples: true },
  { name: 'draws', count: 1_000, operations: FLOPS / 1_000, isExamples: false },
];

function measuring(parts = PARTS) {
  let nowMs = 0;
  const meter = new MeasuringMeter(parts, () => nowMs);
  return {
    took: (part: string, count: number, seconds: number) => {
      nowMs += 1_000 * seconds;
      return meter.took(part, count)!;
    },
    later: (seconds: number) => {
      nowMs += 1_000 * seconds;
      return meter.later();
    },
  };
}

describe('progress of what trains nothing', () => {
  it('counts examples of all networks, and has neither run nor epoch', () => {
    const { took } = measuring();
    expect(took('model', 40, 4)).toMatchObject({ run: null, stage: null, epoch: null, epochs: null, step: 40, steps: 200, examples_per_second: 10 });
    took('model', 60, 6);
    expect(took('against', 100, 10)).toMatchObject({ step: 200, steps: 200, examples_per_second: 10 });
  });

  it('is reckoned by operations until something was seen, then by the pace of now', () => {
    const { took } = measuring();
    took('model', 10, 1);
    expect(took('model', 10, 1).eta_seconds).toBeCloseTo(8 + OPENING + 10 + 1 + FILES, 0);
    // Twice as slow as its operations say: the other network is then too.
    const slow = measuring();
    slow.took('model', 10, 2);
    expect(slow.took('model', 40, 8).eta_seconds).toBeCloseTo(10 + OPENING + 20 + 2 + FILES, 0);
  });

  it('knows that intervals are drawn after the last example', () => {
    const { took } = measuring();
    for (const part of ['model', 'against']) for (let call = 0; call < 10; call += 1) took(part, 10, 1);
    const { step, steps, percent, eta_seconds: eta } = took('draws', 500, 0.5);
    expect(step).toBe(steps);
    expect(percent).toBeLessThan(100);
    expect(eta).toBeCloseTo(0.5 + FILES, 1);
  });

  it('never goes back, whatever turns out slower', () => {
    const { took } = measuring();
    let before = 0;
    for (let call = 0; call < 20; call += 1) {
      const { percent } = took(call < 10 ? 'model' : 'against', 10, 1 + call);
      expect(percent).toBeGreaterThanOrEqual(before);
      before = percent;
    }
    expect(before).toBeGreaterThan(50);
  });

  it('has less time left while something is done that is no part', () => {
    const { took, later } = measuring();
    expect(later(1)).toBeNull();
    took('model', 10, 1);
    const { eta_seconds: eta } = took('model', 50, 5);
    expect(later(3)!.eta_seconds).toBeCloseTo(eta! - 3, 1);
    expect(later(1_000)!.eta_seconds).toBe(FILES);
    // Nor is it the pace of the next.
    expect(took('model', 10, 1).examples_per_second).toBe(10);
  });

  it('leaves more time for what was only reckoned, to be right nine times in ten', () => {
    const { took } = measuring();
    took('model', 10, 1);
    const { eta_seconds: eta, eta_p90_seconds: late } = took('model', 10, 1);
    expect(late! / eta!).toBeGreaterThan(1.25);
  });

  it('takes nothing for something, and no part that there is not', () => {
    const { took } = measuring();
    expect(took('model', 0, 1)).toBeNull();
    expect(() => took('other', 1, 1)).toThrow('there is no part other');
  });
});
