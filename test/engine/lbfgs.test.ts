// L-BFGS on functions whose minimum is known.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { minimize, type Evaluated } from '#engine/lbfgs.js';

const SETTINGS = { maxIterations: 200, tolerance: 1e-8 };

/** Rosenbrock's valley (1960): lowest, 0, at (1, 1). */
const rosenbrock = async ([x, y]: Float64Array): Promise<Evaluated> => ({
  value: (1 - x!) ** 2 + 100 * (y! - x! ** 2) ** 2,
  gradient: Float64Array.of(-2 * (1 - x!) - 400 * x! * (y! - x! ** 2), 200 * (y! - x! ** 2)),
});

describe('L-BFGS', () => {
  it('finds the end of Rosenbrock’s valley', async () => {
    const { at, value, converged } = await minimize(rosenbrock, Float64Array.of(-1.2, 1), SETTINGS);
    expect(converged).toBe(true);
    expect(value).toBeLessThan(1e-15);
    for (const coordinate of at) expect(coordinate).toBeCloseTo(1, 7);
  });

  it('finds the minimum of any bowl, however uneven, from anywhere', async () => {
    const bowl = fc.array(fc.tuple(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: -100, max: 100 })), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(bowl, async (axes) => {
        const evaluate = async (at: Float64Array): Promise<Evaluated> => ({
          value: axes.reduce((sum, [steep, lowest], index) => sum + (steep / 2) * (at[index]! - lowest) ** 2, 0),
          gradient: at.map((coordinate, index) => axes[index]![0] * (coordinate - axes[index]![1])),
        });
        const { at, converged } = await minimize(evaluate, new Float64Array(axes.length), { maxIterations: 500, tolerance: 1e-6 });
        expect(converged).toBe(true);
        axes.forEach(([, lowest], index) => expect(at[index]).toBeCloseTo(lowest, 5));
      }),
    );
  });

  it('takes no step from a minimum', async () => {
    expect(await minimize(rosenbrock, Float64Array.of(1, 1), SETTINGS)).toMatchObject({ iterations: 0, converged: true });
  });

  it('never goes up, and says how far it came where the iterations run out', async () => {
    const values: number[] = [];
    const onIteration = async (_at: Float64Array, value: number): Promise<boolean> => values.push(value) > 0;
    const { iterations, converged } = await minimize(rosenbrock, Float64Array.of(-1.2, 1), { maxIterations: 7, tolerance: 0, onIteration });
    expect({ iterations, converged }).toEqual({ iterations: 7, converged: false });
    expect(values).toEqual([...values].sort((a, b) => b - a));
  });

  it('ends where it is when it is told to', async () => {
    const onIteration = async (_at: Float64Array, _value: number, iteration: number): Promise<boolean> => iteration < 3;
    expect(await minimize(rosenbrock, Float64Array.of(-1.2, 1), { ...SETTINGS, onIteration })).toMatchObject({ iterations: 3, converged: false });
  });

  it('finds the minimum by the slope where the values are off by more than the last steps bring, be it the wrong way', async () => {
    const off = async ([x, y]: Float64Array): Promise<Evaluated> => ({
      value: 1000 - 1e-3 * ((x! - 3) ** 2 + 10 * (y! + 2) ** 2),
      gradient: Float64Array.of(2 * (x! - 3), 20 * (y! + 2)),
    });
    const start = Float64Array.of(2.99, -1.995);
    expect(await minimize(off, start, { ...SETTINGS, tolerance: 1e-6 })).toMatchObject({ converged: false });
    const { at, converged } = await minimize(off, start, { ...SETTINGS, tolerance: 1e-6, valueNoise: 1e-6 });
    expect(converged).toBe(true);
    expect(at[0]).toBeCloseTo(3, 6);
    expect(at[1]).toBeCloseTo(-2, 6);
  });

  it('ends where no way down can be measured any more', async () => {
    const steps = async ([x]: Float64Array): Promise<Evaluated> => ({ value: Math.floor(Math.abs(x!)), gradient: Float64Array.of(1) });
    expect(await minimize(steps, Float64Array.of(0.5), SETTINGS)).toMatchObject({ iterations: 0, converged: false });
  });
});
