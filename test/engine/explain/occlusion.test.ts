// Occlusion: known for a linear model, the difference to the covered picture where the patch is all of it, and no pixel is left out.
import { describe, expect, it } from '@jest/globals';
import { fallOfPixels, occlusion } from '#engine/explain/occlusion.js';
import { placesOf, usualPatches } from '#engine/explain/patches.js';
import type { Subject } from '#engine/explain/subject.js';
import { loadTensorFlow } from '#engine/native.js';
import { cnn, dense, everyTestFreesItsTensors, largestDifference, network } from '../../support/networks.js';
import { explained, randomInput, randomWeights, valueOf } from './subjects.js';

const { tf } = loadTensorFlow();
everyTestFreesItsTensors(tf);

describe('occlusion', () => {
  it('by a patch as large as the picture is the difference to the covered picture', async () => {
    const running = await explained(tf, cnn());
    const input = randomInput([8, 8, 1]);
    const subject: Subject = { network: running, input, output: 2 };
    const found = await occlusion(tf, subject, { patch: 8, stride: 4, fill: Float32Array.of(0.5) });
    expect(found).toMatchObject({ shape: [1, 1], patch: 8, stride: 4 });
    expect(found.values[0]).toBeCloseTo(valueOf(tf, subject, input) - valueOf(tf, subject, new Float32Array(64).fill(0.5)), 5);
    running.dispose();
  });

  it.each([[3, 2], [3, 3], [2, 1], [4, 3], [1, 1], [9, 9]])('of a linear model by patches of %d every %d is Σ w · (x − fill) over each patch', async (patch, stride) => {
    const [height, width, channels] = [5, 7, 2];
    const architecture = network([height, width, channels], [{ class_name: 'Flatten' }, dense(3, 'linear')]);
    const weights = randomWeights(architecture);
    const kernel = weights.get('dense_1/kernel')!;
    const running = await explained(tf, architecture, weights);
    const input = randomInput([height, width, channels]);
    const fill = Float32Array.of(0.25, -1);
    const found = await occlusion(tf, { network: running, input, output: 1 }, { patch, stride, fill });
    const share = (at: number): number => kernel[at * 3 + 1]! * (input[at]! - fill[at % channels]!);
    const covered = new Set<number>();
    const expected = Array.from(found.values, (_, place) => {
      const [top, left] = [Math.floor(place / found.shape[1]) * stride, (place % found.shape[1]) * stride];
      let sum = 0;
      for (let at = 0; at < input.length; at += 1) {
        const [row, column] = [Math.floor(at / channels / width), Math.floor(at / channels) % width];
        if (row < top || row >= top + patch || column < left || column >= left + patch) continue;
        sum += share(at);
        covered.add(at);
      }
      return sum;
    });
    expect(largestDifference(found.values, expected)).toBeLessThan(1e-5);
    expect(covered.size).toBe(input.length);
    running.dispose();
  });

  it('of each pixel is the mean over the patches that cover it', async () => {
    const architecture = network([4, 4, 1], [{ class_name: 'Flatten' }, dense(1, 'linear')]);
    const running = await explained(tf, architecture);
    const found = await occlusion(tf, { network: running, input: randomInput([4, 4, 1]), output: 0 }, { patch: 3, stride: 1, fill: Float32Array.of(0) });
    expect(found.shape).toEqual([2, 2]);
    const pixels = fallOfPixels(found, [4, 4, 1]);
    const [one, two, three, four] = [...found.values] as [number, number, number, number];
    expect(pixels[0]).toBeCloseTo(one, 6);
    expect(pixels[1]).toBeCloseTo((one + two) / 2, 6);
    expect(pixels[5]).toBeCloseTo((one + two + three + four) / 4, 6);
    expect(pixels[15]).toBeCloseTo(four, 6);
    expect(pixels.length).toBe(16);
    expect(fallOfPixels({ ...found, values: new Float32Array(4).fill(2) }, [4, 4, 1])).toEqual(new Float32Array(16).fill(2));
    running.dispose();
  });

  it('refuses patches that leave pixels out, fills of other channels, and what is no picture', async () => {
    const running = await explained(tf, cnn());
    const subject: Subject = { network: running, input: randomInput([8, 8, 1]), output: 0 };
    for (const asked of [{ patch: 2, stride: 3, fill: new Float32Array(1) }, { patch: 2, stride: 0, fill: new Float32Array(1) }, { patch: 2, stride: 2, fill: new Float32Array(3) }]) {
      await expect(occlusion(tf, subject, asked)).rejects.toThrow(RangeError);
    }
    const row = await explained(tf, network([3], [dense(2, 'linear')]));
    await expect(occlusion(tf, { network: row, input: new Float32Array(3), output: 0 }, { patch: 1, stride: 1, fill: new Float32Array(1) })).rejects.toThrow(RangeError);
    for (const used of [running, row]) used.dispose();
  });
});

describe('the usual patches', () => {
  it.each([[28, 8, 4], [224, 32, 16], [32, 8, 4], [64, 14, 7], [96, 18, 9], [8, 4, 2], [1, 2, 1]])('of %d pixels are %d wide, one every %d', (side, patch, stride) => {
    expect(usualPatches([side, side, 3])).toEqual({ patch, stride });
    expect(usualPatches([side, side + 40, 3])).toEqual({ patch, stride });
  });

  it.each([[28, 6], [224, 13], [29, 7]])('of %d pixels are %d down and across, and the last reaches the edge', (side, places) => {
    const patches = usualPatches([side, side, 1]);
    expect(placesOf([side, side, 1], patches)).toEqual([places, places]);
    expect((places - 1) * patches.stride + patches.patch).toBeGreaterThanOrEqual(side);
    expect((places - 2) * patches.stride + patches.patch).toBeLessThan(side);
  });
});
