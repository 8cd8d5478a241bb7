import type { Parameter, Tree } from '@rheo/core';
import { isRheoError } from '@rheo/ir';
import type { Layer } from '@rheo/layers';
import { bidirectional, cfc, ctRnn, gruD, initialise, linear, lstm, ltc, sequential } from '@rheo/layers';
import { describe, expect, it } from 'vitest';
import { exportC } from '../../src/index.ts';

const features = 2;
const start = (model: Layer): Tree<Parameter> => initialise(model, { features, seed: 1 });

/** Code and message of what exportC throws. */
function refusal(model: Layer, options: object = {}, parameters: Tree<Parameter> = start(model)): string {
  try {
    exportC(model, parameters, { features, ...options });
  } catch (error) {
    if (isRheoError(error)) return `${error.code}: ${error.message}`;
    throw error;
  }
  return 'nothing';
}

describe('what no step can express is refused', () => {
  it('layers that read a sequence from its end', () => {
    expect(refusal(bidirectional(lstm({ units: 3 })))).toMatch(/^argument: @rheo\/interop: .*no step .*ONNX/);
    expect(refusal(sequential([linear(2), bidirectional(lstm({ units: 3 }))]))).toMatch(/layer 1: .*no step/);
    expect(refusal(lstm({ units: 3, goBackwards: true }))).toMatch(/^argument: .*backwards/);
  });

  it('adaptive solvers', () => {
    const wanted = /^capability: @rheo\/interop: .*adaptive solver.*rk4/;
    expect(refusal(ctRnn({ units: 3, solver: 'dormand-prince' }))).toMatch(wanted);
    expect(refusal(sequential([linear(2), ltc({ units: 3, solver: 'dormand-prince' })]))).toMatch(
      /layer 1: an adaptive/,
    );
  });

  it('names that are none', () => {
    for (const name of ['', '2x', 'a b', 'int', 'a__b', '_a', 'x;#', 'é', 'a*/', 'x'.repeat(64)]) {
      expect(refusal(linear(1), { name }), name).toMatch(/^argument: .*identifier/);
    }
    expect(refusal(linear(1), { name: 7 })).toMatch(/^argument/);
  });

  it('other wrong options, and parameters of another model or of a run that diverged', () => {
    expect(refusal(linear(1), { dt: 'row' })).toMatch(/^argument: .*"none" or "shared"/);
    expect(refusal(linear(1), { features: 0 })).toMatch(/^argument/);
    expect(refusal(linear(1), {}, start(linear(2)))).toMatch(/^shape/);
    const parameters = start(linear(1)) as { readonly kernel: Parameter };
    parameters.kernel.data[1] = Number.NaN;
    expect(refusal(linear(1), {}, parameters)).toMatch(/^value: .*kernel is NaN at 1/);
  });
});

describe('what a header takes', () => {
  it('is dt where the model uses it, and what was observed where a layer needs it', () => {
    const facts = (model: Layer, options: object = {}): unknown[] => {
      const { dt, observed, source } = exportC(model, start(model), { features, name: 'net', ...options });
      return [dt, observed, source.match(/^void net_step\((.*)\);$/m)?.[1]];
    };
    expect(facts(cfc({ units: 3 }))).toEqual([
      'shared',
      false,
      'net_state *state, const float *input, float dt, float *output',
    ]);
    expect(facts(cfc({ units: 3 }), { dt: 'none' })[2]).toBe('net_state *state, const float *input, float *output');
    expect(facts(linear(1))[0]).toBe('none');
    expect(facts(linear(1), { dt: 'shared' })[2]).toContain('float dt');
    expect(facts(gruD({ units: 3, imputation: true }))).toEqual([
      'shared',
      true,
      'net_state *state, const float *input, float dt, const float *observed, float *output',
    ]);
  });

  it('has each weight once, and LTCs only the synapses that exist', () => {
    const model = sequential([cfc({ units: 16 }), linear(1)]);
    const { flashBytes, ramBytes, stateSize } = exportC(model, start(model), { features });
    // Backbone of 128 units, four heads, one readout.
    expect(flashBytes).toBe(4 * ((2 + 16 + 1) * 128 + (128 + 1) * 4 * 16 + 16));
    expect(stateSize).toBe(16);
    // Two copies of the state, its concatenation with the input, the backbone, the heads and what they give.
    expect(ramBytes).toBeLessThanOrEqual(4 * (2 * 16 + 18 + 128 + 64 + 32));
  });

  it('has the terms of a sum next to each other', () => {
    const model = linear(2);
    const parameters = start(model) as { readonly kernel: Parameter };
    parameters.kernel.data.set([1, 2, 3, 4]); // [features, outputs]
    const { source } = exportC(model, parameters, { features });
    expect(source).toMatch(/model_kernel_c\d+\[4\] = \{\n {2}1\.0f, 3\.0f, 2\.0f, 4\.0f\n\}/);
    expect(source).toMatch(/sum \+= input\[k\] \* model_kernel_c\d+\[2 \* column \+ k\];/);
  });

  it('shows descriptions, and lets nothing of them out of its comments', () => {
    const inner = linear(1);
    const model: Layer = {
      kind: '*/ int evil; /*',
      config: { text: '\n#define evil\n*/', slash: '\\\n??/', 'evil */': 1 },
      build: (size, path) => ({
        ...inner.build(size, path),
        path: '*/ evil',
      }),
    };
    const { source } = exportC(model, start(model), { features, name: 'net' });
    expect(source).toContain('"kind":"* / int evil; / *"');
    expect(source.replace(/\/\*[\s\S]*?\*\//g, '')).not.toContain('evil');
  });
});
