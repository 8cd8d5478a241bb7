/** What the server counts, as Prometheus reads it: https://prometheus.io/docs/instrumenting/exposition_formats/ */

import type { KeyStates } from './key-states.ts';
import type { RefusalKind } from './refusal.ts';
import { statuses } from './refusal.ts';

/** How rows came. */
export type Transport = 'http' | 'websocket';

/** Seconds; a step of a small model takes some microseconds. */
const bounds = [1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 1e-2, 0.1, 1];

/** Numbers that others know at the moment of asking. */
export interface Gauges {
  readonly states: KeyStates;
  readonly connections: number;
  readonly sockets: number;
  readonly uptime: number;
}

export class Metrics {
  readonly #rows: Record<Transport, number> = { http: 0, websocket: 0 };
  readonly #refused: Map<RefusalKind, number> = new Map();
  readonly #buckets: Float64Array = new Float64Array(bounds.length + 1);
  #sum: number = 0;
  #count: number = 0;
  #snapshots: Record<'ok' | 'failed', number> = { ok: 0, failed: 0 };

  /** A row that was answered, after so many seconds. */
  answered(transport: Transport, seconds: number): void {
    this.#rows[transport]++;
    this.#sum += seconds;
    this.#count++;
    const at = bounds.findIndex((bound) => seconds <= bound);
    const bucket = at < 0 ? bounds.length : at;
    this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + 1;
  }

  /** A request or row that was refused. */
  refused(kind: RefusalKind): void {
    this.#refused.set(kind, (this.#refused.get(kind) ?? 0) + 1);
  }

  /** A file of states that was written, or could not be. */
  snapshot(result: 'ok' | 'failed'): void {
    this.#snapshots[result]++;
  }

  /** The text of `GET /metrics`. */
  text({ states, connections, sockets, uptime }: Gauges): string {
    let below = 0;
    const latency = [...bounds.map(String), '+Inf'].map((bound, at) => {
      below += this.#buckets[at] ?? 0;
      return `rheo_prediction_seconds_bucket{le="${bound}"} ${below}`;
    });
    const kinds = Object.keys(statuses) as RefusalKind[];
    return [
      ...family('rheo_predictions_total', 'counter', 'Rows answered.', labelled('transport', this.#rows)),
      ...family(
        'rheo_refusals_total',
        'counter',
        'Requests and rows refused, by kind.',
        labelled('kind', Object.fromEntries(kinds.map((kind) => [kind, this.#refused.get(kind) ?? 0]))),
      ),
      '# HELP rheo_prediction_seconds Time from a row parsed to its answer.',
      '# TYPE rheo_prediction_seconds histogram',
      ...latency,
      `rheo_prediction_seconds_sum ${this.#sum}`,
      `rheo_prediction_seconds_count ${this.#count}`,
      ...family('rheo_keys', 'gauge', 'States held.', [['', states.size]]),
      ...family('rheo_state_bytes', 'gauge', 'Memory of the states.', [['', states.bytes]]),
      ...family('rheo_evictions_total', 'counter', 'States dropped, by reason.', labelled('reason', states.evicted)),
      ...family('rheo_connections', 'gauge', 'Open connections.', [['', connections]]),
      ...family('rheo_websockets', 'gauge', 'Open WebSockets.', [['', sockets]]),
      ...family('rheo_snapshots_total', 'counter', 'Files of states.', labelled('result', this.#snapshots)),
      ...family('rheo_uptime_seconds', 'gauge', 'Time since the start.', [['', uptime]]),
      ...family('process_resident_memory_bytes', 'gauge', 'Memory of the process.', [['', process.memoryUsage.rss()]]),
      ...family('process_cpu_seconds_total', 'counter', 'Time on processors.', [['', cpuSeconds()]]),
      '',
    ].join('\n');
  }
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function family(
  name: string,
  type: 'counter' | 'gauge',
  help: string,
  values: readonly (readonly [string, number])[],
): string[] {
  return [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} ${type}`,
    ...values.map(([labels, value]) => `${name}${labels} ${value}`),
  ];
}

function labelled(label: string, counts: Readonly<Record<string, number>>): [string, number][] {
  return Object.entries(counts).map(([value, count]) => [`{${label}="${value}"}`, count]);
}
