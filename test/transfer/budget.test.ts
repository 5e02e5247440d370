// Budgets with nothing left open, and those that could never be used up.
import { describe, expect, it } from '@jest/globals';
import type { BudgetRequest } from '#contract/budget.js';
import { resolveBudget } from '#transfer/budget.js';
import { failureOf } from '../support/networks.js';

const resolved = (asked: BudgetRequest | undefined, more: { classes?: number; validates?: boolean; runSeconds?: number } = {}) =>
  resolveBudget(asked, { classes: 3, validates: false, runSeconds: undefined, ...more });
const refusal = (...given: Parameters<typeof resolved>) => failureOf(() => resolved(...given));

describe('a budget', () => {
  it('says null for each part that was not asked for, and for all of it where none was', () => {
    expect(resolved(undefined)).toBeNull();
    expect(resolved({ steps: 5 })).toEqual({ steps: 5, until: null, seconds: null });
    const until = { metric: 'loss', at_most: 0.1 };
    expect(resolved({ seconds: 9, until })).toEqual({ steps: null, until, seconds: 9 });
  });

  it.each([
    ['loss', 3, false], ['accuracy', 3, false], ['top_5_accuracy', 11, false], ['val_loss', 3, true], ['val_accuracy', 3, true], ['val_auc', 2, true], ['val_top_5_accuracy', 12, true],
  ])('may wait for %s of %i classes with something to validate: %s', (metric, classes, validates) => {
    const until = metric.endsWith('loss') ? { metric, at_most: 0.1 } : { metric, at_least: 0.9 };
    expect(resolved({ until }, { classes, validates })).toMatchObject({ until });
    const turned = metric.endsWith('loss') ? { metric, at_least: 0.1 } : { metric, at_most: 0.9 };
    const { code, pointer } = refusal({ until: turned }, { classes, validates });
    expect({ code, pointer }).toEqual({ code: 'INVALID_VALUE', pointer: `/training/budget/until/${'at_least' in turned ? 'at_least' : 'at_most'}` });
  });

  it.each([
    ['val_loss', 3, 'without training.validation_split, or a validation part in the data set, there is nothing'],
    ['test_accuracy', 3, 'measured once, after training'],
    ['val_auc', 3, 'after each epoch there are loss, accuracy'],
    ['auc', 2, 'after each epoch there are loss, accuracy'],
    ['top_5_accuracy', 10, 'after each epoch there are loss, accuracy'],
    ['constructor', 3, 'after each epoch there are loss, accuracy'],
  ])('cannot wait for %s of %i classes: %s', (metric, classes, why) => {
    const { code, pointer, message } = refusal({ until: { metric, at_least: 0.5 } }, { classes });
    expect({ code, pointer, message }).toEqual({ code: 'METRIC_NOT_MEASURED', pointer: '/training/budget/until/metric', message: expect.stringContaining(why) });
  });

  it('of time must end before the limit does', () => {
    expect(resolved({ seconds: 59 }, { runSeconds: 60 })).toMatchObject({ seconds: 59 });
    expect(refusal({ seconds: 60 }, { runSeconds: 60 })).toMatchObject({ code: 'INVALID_VALUE', pointer: '/training/budget/seconds' });
  });
});
