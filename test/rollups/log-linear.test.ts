// Log-linear models against worked values, against a population that was made to fit one, and where there is nothing to estimate.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import {
  CLOSE,
  type HistoryCell,
  type LogLinearModel,
  logLinear,
  MOST_LISTS,
} from '../../services/rollups/log-linear.ts';

/** '101' -> lists 0 and 2. */
const cellsOf = (counts: Readonly<Record<string, number>>): HistoryCell[] =>
  Object.entries(counts).map(([history, count]) => ({
    lists: [...history].flatMap((mark, list) => (mark === '1' ? [list] : [])),
    count,
  }));

const WORKED = cellsOf({ '111': 60, '110': 49, '101': 4, '011': 247, '100': 112, '010': 142, '001': 12 });

function modelOf(models: readonly LogLinearModel[], ...interactions: readonly (readonly [number, number])[]) {
  return models.find((one) => JSON.stringify(one.interactions) === JSON.stringify(interactions));
}

describe('the worked example of three lists', () => {
  const { models, best, range, observed, inestimable } = logLinear(3, WORKED);
  const near = (value: number | undefined, expected: string): void =>
    assert.equal(value?.toFixed(expected.split('.')[1]?.length ?? 0), expected);

  it('independence', () => {
    const model = modelOf(models);
    near(model?.estimate, '699.642');
    near(model?.standardError, '12.202');
    near(model?.deviance, '281.5417');
    assert.equal(model?.degreesOfFreedom, 3);
  });
  it('+23, the least BIC', () => {
    const model = modelOf(models, [1, 2]);
    near(model?.estimate, '1023.451');
    near(model?.standardError, '59.998');
    near(model?.deviance, '2.6236');
    near(model?.bic, '74.792');
    assert.equal(best.bic, model);
  });
  it('+13+23, the least AIC', () => {
    const model = modelOf(models, [0, 2], [1, 2]);
    near(model?.estimate, '950.571');
    near(model?.aic, '52.241');
    near(model?.bic, '78.877');
    assert.equal(best.aic, model);
  });
  it('all pairs', () => {
    const model = modelOf(models, [0, 1], [0, 2], [1, 2]);
    near(model?.estimate, '862.530');
    near(model?.standardError, '148.592');
    near(model?.deviance, '0');
    assert.equal(model?.degreesOfFreedom, 0);
  });
  it('eight models from 633 to 1023, of which the supported ones make the range', () => {
    const estimates = models.map((one) => one.estimate);
    assert.deepEqual([models.length, inestimable, observed], [8, 0, 626]);
    near(Math.min(...estimates), '633');
    near(Math.max(...estimates), '1023');
    near(range?.[0], '862.530');
    near(range?.[1], '1023.451');
  });
});

describe('a population made to a model', () => {
  it('is found again exactly, by the model and by all that hold it', () => {
    const chances = [0.4, 0.3, 0.2, 0.5];
    const population = 10_000_000;
    const cells = Array.from({ length: 15 }, (_, at) => {
      const inList = chances.map((_, list) => ((at + 1) >> list) % 2 === 1);
      const chance = chances.reduce((product, p, list) => product * (inList[list] ? p : 1 - p), 1);
      return { lists: inList.flatMap((yes, list) => (yes ? [list] : [])), count: Math.round(population * chance) };
    });
    const { models, best } = logLinear(4, cells);
    assert.equal(models.length, 64);
    for (const one of models) assert.ok(Math.abs(one.estimate / population - 1) < 1e-5, `${one.estimate}`);
    assert.deepEqual([best.aic?.interactions, best.bic?.interactions], [[], []]);
  });

  it('two lists that agree make independence too low, and the interaction of the two mends it', () => {
    // List 2 names what list 1 names with 0.8, else with 0.2; list 3 is independent of both.
    const cells = Array.from({ length: 7 }, (_, at) => {
      const [a, b, c] = [(at + 1) & 1, ((at + 1) >> 1) & 1, ((at + 1) >> 2) & 1];
      const ofB = a === 1 ? 0.8 : 0.2;
      const chance = 0.5 * (b === 1 ? ofB : 1 - ofB) * (c === 1 ? 0.3 : 0.7);
      return { lists: [a, b, c].flatMap((yes, list) => (yes === 1 ? [list] : [])), count: Math.round(1e6 * chance) };
    });
    const { models, best } = logLinear(3, cells);
    assert.ok((modelOf(models)?.estimate ?? 1e6) < 0.95e6);
    assert.deepEqual(best.bic?.interactions, [[0, 1]]);
    assert.ok(Math.abs((best.bic?.estimate ?? 0) / 1e6 - 1) < 1e-4);
  });
});

describe('what cannot be estimated', () => {
  it('an interaction of two lists that share nothing has no model, the others have', () => {
    const { models, inestimable } = logLinear(3, cellsOf({ '100': 90, '010': 80, '001': 70, '110': 30, '101': 25 }));
    // Nor has the one in which the two depend on the third: those that the third did not name then say nothing.
    assert.deepEqual([models.length, inestimable], [3, 5]);
    assert.ok(models.every((one) => one.interactions.every(([a, b]) => !(a === 1 && b === 2))));
  });
  it('nothing, or lists that share nothing, have a model of infinity or none', () => {
    for (const cells of [[], cellsOf({ '100': 5, '010': 5, '001': 5 }), cellsOf({ '100': 5 }), cellsOf({ '111': 9 })]) {
      const { models, best, range } = logLinear(3, cells);
      assert.deepEqual([models, best, range], [[], { aic: null, bic: null }, null]);
    }
  });
  it('refuses what is no list and no count', () => {
    for (const lists of [2, 2.5, MOST_LISTS + 1]) assert.throws(() => logLinear(lists, []), RangeError);
    for (const cell of [
      { lists: [3], count: 1 },
      { lists: [-1], count: 1 },
      { lists: [], count: 1 },
      { lists: [0, 0], count: 1 },
      { lists: [0], count: -1 },
      { lists: [0], count: 0.5 },
    ])
      assert.throws(() => logLinear(3, [cell]), RangeError, JSON.stringify(cell));
  });
});

it('whatever was counted: finite numbers, nothing below what was seen, and the order of lists changes nothing', () => {
  const counts = fc.array(fc.nat({ max: 400 }), { minLength: 7, maxLength: 7 });
  fc.assert(
    fc.property(counts, (drawn) => {
      const cells = drawn.map((count, at) => ({ lists: [0, 1, 2].filter((list) => ((at + 1) >> list) & 1), count }));
      const { models, best, range, observed, inestimable } = logLinear(3, cells);
      assert.equal(models.length + inestimable, 8);
      for (const one of models) {
        for (const value of [one.estimate, one.standardError, one.deviance, one.aic, one.bic])
          assert.ok(Number.isFinite(value));
        assert.ok(one.estimate >= observed && one.deviance >= 0);
      }
      if (best.aic === null || best.bic === null || range === null) return;
      assert.ok(range[0] <= best.aic.estimate && best.aic.estimate <= range[1]);
      assert.ok(range[0] <= best.bic.estimate && best.bic.estimate <= range[1]);
      for (const one of models.filter(
        (model) => model.bic - best.bic!.bic > CLOSE && model.aic - best.aic!.aic > CLOSE,
      ))
        assert.ok(one.bic > best.bic.bic);
      const turned = logLinear(
        3,
        cells.map((cell) => ({ ...cell, lists: cell.lists.map((list) => 2 - list) })),
      );
      assert.ok(Math.abs((turned.best.aic?.aic ?? 0) - best.aic.aic) < 1e-5 * (1 + Math.abs(best.aic.aic)));
    }),
    { numRuns: 60 },
  );
});
