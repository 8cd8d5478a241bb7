/** `inspect` and `translate` on small files, from the command line to what is printed and written. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { wasm } from '@rheo/backend-wasm';
import type { Parameter, Tree } from '@rheo/core';
import { flattenTree, unflattenTree } from '@rheo/core';
import type { Layer } from '@rheo/layers';
import {
  autoNcp,
  bidirectional,
  cfc,
  describe as describeModel,
  forwardFill,
  fullyConnected,
  initialise,
  layeredWiring,
  linear,
  ltc,
  sequential,
  wiringDiagrams,
} from '@rheo/layers';
import { adam, meanSquaredError, toCheckpoint, train } from '@rheo/train';
import { parseHTML } from 'linkedom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { wiringPicture } from '../src/pictures/wiring.ts';
import { rheo } from './collect.ts';

const folder = mkdtempSync(join(tmpdir(), 'rheo-inspect-'));
const features = 3;
const circuit = sequential([ltc({ wiring: autoNcp(8, 2, { seed: 3 }) }), linear(1)]);
const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
const result = (out: string): Record<string, unknown> => JSON.parse(out) as Record<string, unknown>;

function save(
  name: string,
  model: Layer,
  parameters: Tree<Parameter> = initialise(model, { features, seed: 5 }),
): void {
  const training = {
    loss: 'mean-squared-error',
    optimizer: { name: 'adam', config: {} },
    penalty: null,
    batchSize: 8,
    seed: 4,
    steps: 20,
    history: [{ epoch: 1, loss: 0.5, validationLoss: 0.25 }],
  };
  writeFileSync(join(folder, name), toCheckpoint({ model, features, parameters, training }, { note: 'a small one' }));
}

beforeAll(() => {
  save('ltc.safetensors', circuit);
  save('plain.safetensors', sequential([forwardFill(), cfc({ units: 4, backboneUnits: 3 }), linear(2)]));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('the README names every option', async () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  for (const command of ['inspect', 'translate']) {
    const { out } = await rheo(folder, [command, '--help']);
    const options = [...out.matchAll(/--[a-z]+/g)].map(([option]) => option);
    expect(options).toContain('--json');
    for (const option of options) if (option !== '--help') expect(readme).toContain(option);
  }
});

describe('rheo inspect', () => {
  it('prints model, layers, parameters, training and wiring', async () => {
    const { code, out, err } = await rheo(folder, ['inspect', 'ltc.safetensors'], undefined, 200);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const { leaves, paths } = flattenTree(initialise(circuit, { features, seed: 5 }));
    const numbers = leaves.reduce((sum, { data }) => sum + data.length, 0);
    expect(out).toContain(`${numbers} in ${leaves.length} tensors`);
    for (const path of paths) expect(out).toMatch(new RegExp(`^ {2}${path} +\\[[\\d, ]+\\] +\\d+$`, 'm'));
    expect(out).toContain('sequential, 3 inputs, 1 output');
    const words = out.replace(/\s+/g, ' ');
    expect(words).toContain('20 steps in 1 epoch; mean-squared-error, adam, batches of 8, seed 4');
    expect(out).toMatch(/0 ltc .*wiring auto-ncp/);
    expect(out).toMatch(/3 sensory → \d inter → \d command → 2 motor/);
    expect(out).toMatch(/\d+ synapses: \d+ excite, \d+ inhibit$/m);
  });

  it('says the same as JSON, with the wiring as data', async () => {
    const { code, out } = await rheo(folder, ['inspect', 'ltc.safetensors', '--json']);
    expect(code).toBe(0);
    const wirings = wiringDiagrams(circuit, initialise(circuit, { features, seed: 5 }));
    expect(result(out)).toMatchObject({
      event: 'result',
      model: JSON.parse(JSON.stringify(describeModel(circuit))),
      features,
      outputs: 1,
      training: { seed: 4 },
      extra: { note: 'a small one' },
      wirings: JSON.parse(JSON.stringify(wirings)),
    });
  });

  it('prints one step as it is compiled', async () => {
    const both = await rheo(folder, ['inspect', 'plain.safetensors', '--passes', '--kernels']);
    expect(both.err).toBe('');
    expect(both.out).toMatch(/one step: \d+ instructions as traced, \d+ after the passes\nprogram\(/);
    expect(both.out).toMatch(/kernels of one step[^\n]*\nprepare\n[\s\S]*product/);
    const json = result((await rheo(folder, ['inspect', 'ltc.safetensors', '--kernels', '--json'])).out);
    expect(json['kernels']).toMatch(/ = /);
    expect(json['program']).toBeUndefined();
  });

  it('draws the wiring to a file, and refuses a model without one before it writes', async () => {
    const drawn = await rheo(folder, ['inspect', 'ltc.safetensors', '--svg', 'wiring.svg']);
    expect(drawn.code).toBe(0);
    expect(drawn.out).toContain('wiring.svg');
    expect(read('wiring.svg')).toMatch(/^<svg xmlns/);
    const plain = await rheo(folder, ['inspect', 'plain.safetensors', '--svg', 'plain.svg']);
    expect(plain.code).toBe(2);
    expect(plain.err).toMatch(/plain.safetensors has no layer with a wiring.*LTCs and CfCs made with a wiring/s);
    expect(readdirSync(folder)).not.toContain('plain.svg');
  });

  it('answers bad files with one message', async () => {
    writeFileSync(join(folder, 'text.safetensors'), 'no model');
    for (const name of ['text.safetensors', 'missing.safetensors']) {
      const { code, err, out } = await rheo(folder, ['inspect', name]);
      expect({ code, out }).toEqual({ code: 2, out: '' });
      expect(err).toContain(name);
    }
    save('both.safetensors', bidirectional(ltc({ units: 2 })));
    const { code, err } = await rheo(folder, ['inspect', 'both.safetensors', '--kernels']);
    expect(code).toBe(2);
    expect(err).toMatch(/@rheo\/layers/);
  });
});

describe('the picture of a wiring', () => {
  const picture = (model: Layer, parameters = initialise(model, { features, seed: 5 })) => {
    const diagrams = wiringDiagrams(model, parameters);
    const svg = wiringPicture(diagrams);
    const { document } = parseHTML(`<!doctype html><html><body>${svg}</body></html>`);
    return { diagrams, svg, all: (selector: string) => [...document.querySelectorAll(selector)] };
  };

  it('has every neuron and synapse, in columns, with polarity and weight', () => {
    const { diagrams, svg, all } = picture(circuit);
    const [{ layers, synapses } = { layers: [], synapses: [] }] = diagrams;
    expect(all('.neuron')).toHaveLength(layers.reduce((sum, { neurons }) => sum + neurons.length, 0));
    expect(all('rect.sensory')).toHaveLength(features);
    expect(all('circle.motor')).toHaveLength(2);
    expect(all('.layer').map((text) => text.textContent)).toEqual(
      layers.map(({ name, neurons }) => `${neurons.length} ${name}`),
    );
    const x = all('.layer').map((text) => Number(text.getAttribute('x')));
    expect(x).toEqual([...x].sort((a, b) => a - b));
    const command = layers.findIndex(({ name }) => name === 'command');
    for (const circle of all('circle.command')) expect(Number(circle.getAttribute('cx'))).toBe(x[command]);
    const paths = all('path.synapse').filter((path) => path.querySelector('title') !== null);
    expect(paths).toHaveLength(synapses.length);
    paths.forEach((path, index) => {
      const { source, target, polarity } = synapses[index] ?? {};
      const sign = polarity === 1 ? 'excites' : 'inhibits';
      expect(path.getAttribute('class')).toBe(`synapse ${sign}`);
      expect(path.getAttribute('marker-end')).toBe(`url(#rheo-${sign})`);
      expect(path.querySelector('title')?.textContent).toContain(`${source} ${sign} ${target}, weight`);
    });
    const widths = paths.map((path) => Number(path.getAttribute('stroke-width')));
    expect(widths).toEqual([...widths].sort((a, b) => a - b));
    expect(widths.at(-1)).toBeGreaterThan(Number(widths[0]));
    expect(svg).toContain('prefers-color-scheme: dark');
    expect(svg).not.toMatch(/NaN|undefined|Infinity|<script|https?:(?!\/\/www\.w3\.org\/2000\/svg)/);
  });

  it('shows layers of any number, several wired layers, and one layer of two types', () => {
    const many = ['first', 'second', 'third', 'fourth'].map((name) => ({ name, units: 3 }));
    const wiring = layeredWiring({ layers: [...many, { name: 'muscle <&>', units: 2 }] });
    const { all, svg } = picture(sequential([cfc({ wiring }), ltc({ wiring: fullyConnected(5, { outputs: 2 }) })]));
    expect(all('.headline')).toHaveLength(2);
    expect(all('.layer').map((text) => text.textContent)).toEqual([
      '3 sensory',
      ...many.map(({ name }) => `3 ${name}`),
      '2 muscle <&>',
      '2 sensory',
      '3 neuron',
      '2 neuron, motor',
    ]);
    expect(svg).toContain('muscle &lt;&amp;&gt;');
  });

  it('says what changed sign in training, and draws the strongest of very many', () => {
    const { leaves, structure, paths } = flattenTree(initialise(circuit, { features, seed: 5 }));
    const turned = leaves.map((leaf, index) =>
      paths[index] === '0/sensory_erev' ? { ...leaf, data: leaf.data.map((value) => -value) } : leaf,
    );
    const { svg, diagrams } = picture(circuit, unflattenTree(structure, turned));
    const sensory = diagrams[0]?.synapses.filter(({ source }) => source.startsWith('sensory')).length;
    expect(svg).toContain(`${sensory} changed sign in training`);
    const large = picture(ltc({ units: 50 }));
    expect(large.all('path.synapse').filter((path) => path.querySelector('title') !== null)).toHaveLength(2000);
    expect(large.svg).toContain('the 2000 strongest are drawn');
  });

  it('does without weight and without synapses', () => {
    const wiring = layeredWiring({ layers: [{ name: 'only', units: 2 }], connections: [] });
    const { svg, all } = picture(ltc({ wiring }));
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
    expect(all('.neuron')).toHaveLength(features + 2);
  });
});

describe('rheo translate', () => {
  it('compares closed forms with the equation, better with more substeps', async () => {
    const { code, out, err } = await rheo(folder, ['translate', 'ltc.safetensors', '--json']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const { forms, ...facts } = result(out) as { forms: { form: string; substeps?: number; mse: number }[] };
    expect(facts).toMatchObject({ event: 'result', neurons: 8, sequences: 4, steps: 200, generated: true });
    expect(forms.map(({ form, substeps }) => [form, substeps])).toEqual([
      ['held', 1],
      ['held', 4],
      ['held', 16],
      ['algorithm-1', undefined],
    ]);
    const [one, four, sixteen] = forms.map(({ mse }) => mse);
    expect(Number(four)).toBeLessThan(Number(one) / 4);
    expect(Number(sixteen)).toBeLessThan(Number(four) / 4);
    const text = await rheo(folder, ['translate', 'ltc.safetensors']);
    expect(text.out).toMatch(/held, 16 substeps +MSE \d\.\d\de-\d+, largest \d\.\d\de-\d+/);
    expect(text.out).toMatch(/4 of together 200 steps, generated/);
  });

  it('does so for a circuit that was trained', async () => {
    const [count, steps] = [8, 10];
    const [values, dt, targets] = [0, 1, 2].map(() => new Float32Array(count * steps)) as [
      Float32Array<ArrayBuffer>,
      Float32Array<ArrayBuffer>,
      Float32Array<ArrayBuffer>,
    ];
    for (let at = 0; at < count * steps; at++) {
      values[at] = Math.sin(0.7 * at);
      dt[at] = 1 + 0.5 * Math.cos(at);
      targets[at] = 0.5 * Math.sin(0.7 * at - 0.5);
    }
    const data = { count, steps, features: 1, targetFeatures: 1, values, dt, targets };
    const backend = await wasm();
    const model = ltc({ wiring: autoNcp(6, 1, { seed: 1 }) });
    const optimizer = adam({ learningRate: 0.03 });
    const fitted = await train(model, {
      data,
      loss: meanSquaredError,
      optimizer,
      epochs: 60,
      batchSize: 8,
      seed: 2,
      backend,
    });
    expect(fitted.history.at(-1)?.loss).toBeLessThan(Number(fitted.history[0]?.loss) / 2);
    await fitted.save(join(folder, 'trained.safetensors'));
    await backend.dispose();
    const { code, out } = await rheo(folder, ['translate', 'trained.safetensors', '--json']);
    expect(code).toBe(0);
    const { forms, potential_rms: scale } = result(out) as { forms: { mse: number }[]; potential_rms: number };
    expect(forms[2]?.mse).toBeLessThan(1e-4 * scale ** 2);
  });

  it('takes sequences of different lengths, and writes the closed form', async () => {
    const rows = ['sequence,elapsed,a,b,c', '0,1,0.1,0.2,0.3', '0,0.5,0.4,0.1,0', '1,2,0.3,-0.2,0.5'];
    writeFileSync(join(folder, 'data.csv'), `${rows.join('\n')}\n`);
    const args = ['--data', 'data.csv', '--form', 'held', '--substeps', '3', '--out', 'closed.json'];
    const { code, out } = await rheo(folder, ['translate', 'ltc.safetensors', ...args, '--json']);
    expect(code).toBe(0);
    expect(result(out)).toMatchObject({ sequences: 2, steps: 3, generated: false, out: 'closed.json' });
    const written = JSON.parse(read('closed.json'));
    expect(written).toMatchObject({ format: 'rheo-closed-form', form: 'held', substeps: 3 });
    expect(written.network.neurons).toHaveLength(8);
  });

  it('refuses a model without an LTC, other data, and options that do not fit', async () => {
    const refused = async (...args: string[]): Promise<string> => {
      const { code, err, out } = await rheo(folder, ['translate', ...args]);
      expect({ code, out }).toEqual({ code: 2, out: '' });
      return err;
    };
    expect(await refused('plain.safetensors')).toMatch(/has no LTC to translate.*plain.safetensors/);
    writeFileSync(join(folder, 'two.csv'), 'a,b\n1,2\n');
    expect(await refused('ltc.safetensors', '--data', 'two.csv')).toMatch(/have 2 features.*trained on 3/);
    expect(await refused('ltc.safetensors', '--data', 'two.zip')).toMatch(/neither a table nor an array/);
    expect(await refused('ltc.safetensors', '--form', 'other')).toMatch(/held, algorithm-1/);
    expect(await refused('ltc.safetensors', '--form', 'algorithm-1', '--substeps', '2')).toMatch(/has no substeps/);
    expect(await refused('ltc.safetensors', '--substeps', '0')).toMatch(/at least 1/);
  });
});
