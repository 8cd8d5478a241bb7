/** Descriptions: there and back through JSON, and every way in which one can be wrong. */
import { isRheoError } from '@rheo/ir';
import { describe, expect, it } from 'vitest';
import type { Layer } from '../src/index.ts';
import {
  autoNcp,
  cfc,
  cfcVariants,
  describe as describeModel,
  dropout,
  forwardFill,
  fullyConnected,
  linear,
  lstm,
  modelFromDescription,
  sequential,
} from '../src/index.ts';

const models: readonly Layer[] = [
  cfc({ units: 3 }),
  ...Object.keys(cfcVariants).map((variant) => cfc({ units: 2, mixedMemory: true, variant: variant as never })),
  cfc({ units: 3, mode: 'pure', backboneLayers: 0, initGain: 0.5, goBackwards: true, returnSequences: false }),
  cfc({ wiring: autoNcp(9, 2, { seed: 4 }) }),
  cfc({ wiring: autoNcp(9, 2), variant: 'ncps-keras', mixedMemory: true, mode: 'pure' }),
  cfc({ wiring: fullyConnected(4, { outputs: 2 }), variant: 'ncps-torch' }),
  lstm({ units: 2, forgetBias: 2.1 }),
  linear(4),
  dropout(0.3),
  forwardFill({ timeSinceUpdate: true }),
  sequential([
    forwardFill(),
    sequential([cfc({ units: 4, backboneDropout: 0.1 }), dropout(0.2)]),
    linear({ units: 2, biasInit: 'zeros' }),
  ]),
];

describe('describe and modelFromDescription', () => {
  it.each(models.map((model) => [model.kind, model] as const))('%s', (_kind, model) => {
    const description = describeModel(model);
    const again = modelFromDescription(JSON.parse(JSON.stringify(description)));
    expect(describeModel(again)).toEqual(description);
    expect(again.build(5).parameters).toEqual(model.build(5).parameters);
  });

  it('gives a copy', () => {
    const model = sequential([linear(1)]);
    const description = describeModel(model);
    (description.config['layers'] as unknown[]).length = 0;
    expect(describeModel(model).config['layers']).toHaveLength(1);
  });

  it('holds every option, so that a changed default changes no saved model', () => {
    expect(describeModel(cfc({ units: 3 }))).toMatchInlineSnapshot(`
      {
        "config": {
          "backboneActivation": "lecun_tanh",
          "backboneDropout": 0,
          "backboneLayers": 1,
          "backboneUnits": 128,
          "biasInit": "fan_in",
          "dropoutPlacement": "after_first",
          "forgetBias": 1,
          "gateSign": "+",
          "goBackwards": false,
          "headActivation": "tanh",
          "initGain": 1,
          "memoryBiasInit": "uniform",
          "memoryElapsed": 1,
          "mixedMemory": "off",
          "mode": "default",
          "returnSequences": true,
          "timeConstantInit": "xavier",
          "units": 3,
          "variant": "ncps-torch",
          "weightInit": "xavier",
          "zeroOutputForMask": false,
        },
        "format": "rheo-model",
        "kind": "cfc",
        "version": 1,
      }
    `);
  });
});

describe('wrong options', () => {
  const cases: readonly (readonly [string, () => unknown, RegExp])[] = [
    [
      'unknown option',
      () => cfc({ units: 3, backbone_units: 8 } as never),
      /no option "backbone_units".*Did you mean "backboneUnits"/,
    ],
    [
      'unknown word',
      () => cfc({ units: 3, mode: 'nogate' as never }),
      /mode is "nogate".*Did you mean "no_gate".*"default", "no_gate", "pure"/,
    ],
    ['unknown variant', () => cfc({ units: 3, variant: 'ncps-tensorflow' as never }), /variant is "ncps-tensorflow"/],
    ['unknown activation', () => cfc({ units: 3, backboneActivation: 'lecun' as never }), /Did you mean "lecun_tanh"/],
    ['no units', () => cfc({} as never), /units is missing/],
    ['units of 0', () => cfc({ units: 0 }), /units is 0.*at least 1/],
    ['units of 1.5', () => cfc({ units: 1.5 }), /units is 1.5/],
    ['units as text', () => lstm({ units: '3' as never }), /units is "3"/],
    ['dropout of 1', () => dropout(1), /rate is 1/],
    ['dropout NaN', () => dropout(Number.NaN), /rate is NaN/],
    ['forget bias infinite', () => lstm({ units: 1, forgetBias: Number.POSITIVE_INFINITY }), /forgetBias is Infinity/],
    ['negative backbone', () => cfc({ units: 1, backboneLayers: -1 }), /backboneLayers is -1/],
    ['options of a wrong kind', () => cfc(null as never), /units is missing/],
    ['empty chain', () => sequential([]), /at least one layer/],
    ['no layer in a chain', () => sequential([linear(1), {} as never]), /item 1 of sequential is no layer/],
    ['option that a prototype has', () => cfc({ units: 1, constructor: 1 } as never), /no option "constructor"/],
  ];
  it.each(cases)('%s', (_name, make, message) => {
    expect(make).toThrow(message);
    expect(codeOf(make)).toBe('argument');
  });
});

describe('wrong descriptions', () => {
  const head = { format: 'rheo-model', version: 1 };
  const deep = (depth: number): unknown =>
    depth === 0
      ? { kind: 'linear', config: { units: 1 } }
      : { kind: 'sequential', config: { layers: [deep(depth - 1)] } };
  const cases: readonly (readonly [string, unknown, RegExp])[] = [
    ['null', null, /must be an object/],
    ['text', 'cfc', /must be an object/],
    ['another format', { kind: 'cfc', config: {} }, /no model description/],
    ['a newer version', { ...head, version: 2, kind: 'cfc', config: {} }, /version 2/],
    ['an unknown kind', { ...head, kind: 'cfg', config: {} }, /no layer kind "cfg".*Did you mean "cfc"/],
    ['a kind of a wrong type', { ...head, kind: 7, config: {} }, /no layer kind "7"/],
    ['no config', { ...head, kind: 'cfc' }, /must be an object/],
    ['layers that are none', { ...head, kind: 'sequential', config: { layers: 'all' } }, /no array/],
    [
      'a wrong layer inside',
      { ...head, kind: 'sequential', config: { layers: [7] } },
      /must be an object \(model\/0\)/,
    ],
    ['an unknown option of dropout', { ...head, kind: 'dropout', config: { rate: 0.1, Rate: 1 } }, /no option "Rate"/],
    ['nesting without end', { ...head, ...(deep(40) as object) }, /nested more than 32 deep/],
  ];
  it.each(cases)('%s', (_name, description, message) => {
    expect(() => modelFromDescription(description)).toThrow(message);
    expect(['format', 'argument']).toContain(codeOf(() => modelFromDescription(description)));
  });
});

function codeOf(make: () => unknown): string {
  try {
    make();
  } catch (error) {
    return isRheoError(error) ? error.code : 'untyped';
  }
  return 'none';
}
