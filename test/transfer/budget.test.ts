// Budgets with nothing left open, and those that could never be used up.
import { describe, expect, it } from '@jest/globals';
import type { BudgetRequest } from '#contract/budget.js';
import { resolveBudget } from '#transfer/budget.js';
import { failureOf } from '../support/networks.js';

const resolved = (asked: BudgetRequest | undefined, more: { classes?: number; validationSplit?: number; runSeconds?: number } = {}) =>
  resolveBudget(asked, { classes: 3, validationSplit: 0, runSeconds: undefined, ...more });
const refusal = (...given: Parameters<typeof resolved>) => failureOf(() => resolved(...given));

describe('a budget', () => {
  it('says null for each part that was not asked for, and for all of it where none was', () => {
    expect(resolved(undefined)).toBeNull();
    expect(resolved({ steps: 5 })).toEqual({ steps: 5, until: null, seconds: null });
    const until = { metric: 'loss', at_most: 0.1 };
    expect(resolved({ seconds: 9, until })).toEqual({ steps: null, until, seconds: 9 });
  });

  it.each([
    ['loss', 3, 0], ['accuracy', 3, 0], ['top_5_accuracy', 11, 0], ['val_loss', 3, 0.1], ['val_accuracy', 3, 0.1], ['val_auc', 2, 0.1], ['val_top_5_accuracy', 12, 0.1],
  ])('may wait for %s of %i classes with a validation split of %d', (metric, classes, validationSplit) => {
    const until = metric.endsWith('loss') ? { metric, at_most: 0.1 } : { metric, at_least: 0.9 };
    expect(resolved({ until }, { classes, validationSplit })).toMatchObject({ until });
    const turned = metric.endsWith('loss') ? { metric, at_least: 0.1 } : { metric, at_most: 0.9 };
    const { code, pointer } = refusal({ until: turned }, { classes, validationSplit });
    expect({ code, pointer }).toEqual({ code: 'INVALID_VALUE', pointer: `/training/budget/until/${'at_least' in turned ? 'at_least' : 'at_most'}` });
  });

  it.each([
    ['val_loss', 3, 'without training.validation_split nothing is kept aside'],
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
