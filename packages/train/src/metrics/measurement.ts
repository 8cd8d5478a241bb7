/**
 * The metrics of one data set: its targets are gathered once, and outputs of the model measured against them as often as
 * asked. What cannot be measured is refused at once.
 */

import { RheoError } from '@rheo/ir';
import { batchBuffers } from '../batch-buffers.ts';
import type { OutputForm, PreparedData } from '../training-data.ts';
import type { Measured, Metric } from './metric.ts';

/** Numbers by the names of their metrics. */
export type MetricValues = { readonly [name: string]: number };

/** Metrics of one data set. */
export interface Measurement {
  /** Outputs of the model that it takes, [items, outputs]. */
  readonly size: number;
  /** Throws `value` for a metric that is no finite number, and what a metric throws. */
  of(outputs: Float32Array): MetricValues;
}

/** Sequences gathered at a time. */
const batchSize = 256;

/**
 * Gathers the targets; undefined where there are no metrics. Throws `argument` for what is no metric or has the name of
 * another, and what a metric throws on outputs of 0: a data set of one class has no area under the curve, whatever the
 * model.
 */
export async function measurement(
  metrics: readonly Metric[],
  data: PreparedData,
  form: OutputForm,
): Promise<Measurement | undefined> {
  checkMetrics(metrics);
  if (metrics.length === 0) return undefined;
  const items = await itemsOf(data, form);
  const size = items.count * form.outputs;
  const measured = (outputs: Float32Array): Measured => ({ ...items.measured, outputs });
  const nothing = measured(new Float32Array(size));
  for (const metric of metrics) metric.measure(nothing);
  return {
    size,
    of: (outputs) => {
      const given = measured(outputs);
      return Object.fromEntries(metrics.map((metric) => [metric.name, finite(metric, given)]));
    },
  };
}

function finite(metric: Metric, given: Measured): number {
  const value: unknown = metric.measure(given);
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new RheoError('value', {
    from: '@rheo/train',
    what: `metric ${metric.name} is ${String(value)}`,
    where: 'metrics',
    remedy: 'It must be a finite number',
  });
}

function checkMetrics(metrics: readonly Metric[]): void {
  const wrong = (what: string, remedy: string): RheoError =>
    new RheoError('argument', { from: '@rheo/train', what, where: 'metrics', remedy });
  if (!Array.isArray(metrics)) throw wrong('metrics is no list', 'Pass a list: metrics: [metrics.accuracy]');
  const names = new Set<string>();
  for (const [at, metric] of metrics.entries()) {
    if (typeof metric?.name !== 'string' || typeof metric.measure !== 'function') {
      const remedy = 'A metric is { name, measure }, such as metrics.accuracy or metrics.f1()';
      throw wrong(`metrics[${at}] is no metric`, remedy);
    }
    if (names.has(metric.name)) throw wrong(`two metrics are named ${metric.name}`, 'Give each a name of its own');
    names.add(metric.name);
  }
}

interface Items {
  readonly count: number;
  readonly measured: Omit<Measured, 'outputs'>;
}

/** Targets of all items, and which of them count. */
async function itemsOf(data: PreparedData, { perStep, outputs: width }: OutputForm): Promise<Items> {
  const { count, steps } = data;
  const each = perStep ? steps : 1;
  const targetWidth = data.targets.itemShape.reduce((product, size) => product * size, 1);
  const kind = data.targets.dtype === 'i32' ? Int32Array : Float32Array;
  const targets = new kind(count * each * targetWidth);
  const counts = (perStep && data.masked) || data.weighted !== undefined;
  const mask = counts ? new Uint8Array(count * each).fill(1) : undefined;
  const batch = batchBuffers(data, batchSize, perStep);
  const named = new Map(Object.keys(batch.types).map((name, index) => [name, batch.buffers[index]]));
  const order = Int32Array.from({ length: count }, (_, row) => row);
  for (let from = 0; from < count; from += batch.rows) {
    const filled = batch.fill(order, from);
    const used = typeof filled === 'number' ? filled : await filled;
    const found = named.get('targets')?.subarray(0, used * each * targetWidth) ?? [];
    targets.set(found, from * each * targetWidth);
    const [masked, weights] = [perStep ? named.get('mask') : undefined, named.get('weights')];
    for (let item = 0; mask !== undefined && item < used * each; item++) {
      const weight = weights?.[weights.length === batch.rows ? Math.floor(item / each) : item] ?? 1;
      mask[from * each + item] = weight > 0 ? (masked?.[item] ?? 1) : 0;
    }
  }
  return { count: count * each, measured: { width, targets, targetWidth, mask } };
}
