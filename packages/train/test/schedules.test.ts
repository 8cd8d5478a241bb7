import type { ScheduleConfig } from '@rheo/train';
import {
  constantRate,
  cosine,
  describeSchedule,
  oneCycle,
  onPlateau,
  scheduleByName,
  stepped,
  warmUp,
} from '@rheo/train';
import { describe, expect, it } from 'vitest';
import { evaluateTraced } from './evaluate-traced.ts';
import fixture from './fixtures/schedules.json' with { type: 'json' };

function factors(
  description: ScheduleConfig,
  last: number,
  stepsPerEpoch = 1,
  precision: 'double' | 'single' = 'double',
) {
  const schedule = scheduleByName(description);
  if (schedule === undefined) throw new Error(JSON.stringify(description));
  return Array.from({ length: last + 1 }, (_, step) => {
    const [[factor = Number.NaN] = []] = evaluateTraced(
      (index) => [schedule.factor({ step: index, stepsPerEpoch })],
      [{ shape: [], data: [step] }],
      precision,
    );
    return factor;
  });
}

describe('schedules equal PyTorch at every step', () => {
  it.each(fixture.cases.map(({ schedule, factors: wanted }) => [JSON.stringify(schedule), schedule, wanted] as const))(
    '%s',
    (_, schedule, wanted) => {
      for (const [precision, tolerance] of [
        ['double', 1e-9],
        ['single', 1e-6],
      ] as const) {
        factors(schedule as never, wanted.length - 1, 1, precision).forEach((factor, step) => {
          expect(Math.abs(factor - (wanted[step] ?? Number.NaN))).toBeLessThanOrEqual(tolerance);
        });
      }
    },
  );
});

describe('the schedule on a plateau equals PyTorch after every epoch', () => {
  it.each(fixture.plateaus.map((wanted, at) => [`${at} ${JSON.stringify(wanted.options)}`, wanted] as const))(
    '%s',
    (_, wanted) => {
      // Described and made again, as a checkpoint has it.
      const { decision } = scheduleByName(describeSchedule(onPlateau(wanted.options as never))) ?? {};
      const history = wanted.losses.map((loss, at) => ({ epoch: at + 1, loss: Number.NaN, validationLoss: loss }));
      const found = wanted.factors.map((_, epochs) => decision?.after(history.slice(0, epochs)) ?? Number.NaN);
      expect(found.length).toBe(wanted.losses.length + 1);
      found.forEach((factor, epochs) => {
        expect(Math.abs(factor - (wanted.factors[epochs] ?? Number.NaN))).toBeLessThanOrEqual(1e-12);
      });
    },
  );

  it('the losses of this test make the rate fall', () => {
    for (const { factors: all } of fixture.plateaus.slice(1)) expect(all.at(-1)).toBeLessThan(1);
  });
});

describe('schedules', () => {
  it('count epochs in full batches', () => {
    for (const make of [cosine, oneCycle, warmUp]) {
      const [byEpochs, bySteps] = [make({ epochs: 3 }), make({ steps: 12 })].map(describeSchedule);
      expect(factors(byEpochs as ScheduleConfig, 14, 4)).toEqual(factors(bySteps as ScheduleConfig, 14, 7));
    }
  });

  it('stay where they end', () => {
    expect(factors(describeSchedule(cosine({ steps: 4, final: 0.25 })), 9).slice(4)).toEqual(Array(6).fill(0.25));
    const cycle = factors(describeSchedule(oneCycle({ steps: 5 })), 9).slice(4);
    for (const factor of cycle) expect(factor).toBeCloseTo(4e-6, 12);
  });

  it('are defined for spans of one step', () => {
    for (const make of [cosine, oneCycle, warmUp]) {
      for (const factor of factors(describeSchedule(make({ steps: 1 })), 2)) expect(Number.isFinite(factor)).toBe(true);
    }
  });

  it('come back from their descriptions', () => {
    for (const schedule of [
      constantRate({ factor: 0.3 }),
      stepped({ rate: 0.5, epochs: 2 }),
      warmUp({ epochs: 2, from: 0.5, next: warmUp({ steps: 2, next: oneCycle({ epochs: 9, shape: 'linear' }) }) }),
    ]) {
      const description = describeSchedule(schedule);
      expect(describeSchedule(scheduleByName(JSON.parse(JSON.stringify(description))) ?? schedule)).toEqual(
        description,
      );
    }
    expect(scheduleByName({ name: 'mine' })).toBeUndefined();
    expect(scheduleByName({ name: 'toString' })).toBeUndefined();
  });

  it.each([
    [() => constantRate({ factor: -1 }), /constantRate: factor is -1/],
    [() => stepped({ rate: 0, steps: 1 }), /rate is 0/],
    [() => stepped({ steps: 1 } as never), /rate is NaN/],
    [() => stepped({ rate: 0.5, steps: 1.5 }), /steps is 1.5/],
    [() => cosine({}), /cosine needs either steps or epochs/],
    [() => cosine({ steps: 2, epochs: 2 }), /either steps or epochs/],
    [() => cosine({ steps: 2, final: 2 }), /final is 2/],
    [() => warmUp({ steps: 2, from: -1 }), /from is -1/],
    [() => oneCycle({ steps: 0 }), /steps is 0/],
    [() => onPlateau({ factor: 1 }), /factor is 1/],
    [() => onPlateau({ patience: -1 }), /patience is -1/],
    [() => onPlateau({ cooldown: 0.5 }), /cooldown is 0.5/],
    [() => onPlateau({ watch: 'test' as never }), /watch is test/],
    [() => oneCycle({ steps: 9, rise: 1 }), /rise is 1/],
    [() => oneCycle({ steps: 9, shape: 'cos' as never }), /shape is cos/],
  ])('refuse options out of range: %#', (make, message) => {
    expect(make).toThrow(expect.objectContaining({ code: 'argument', message: expect.stringMatching(message) }));
  });
});
