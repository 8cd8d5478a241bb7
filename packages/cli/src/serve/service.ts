/** What the HTTP and the WebSocket side of a server share. */

import type { GuardOptions } from './guard.ts';
import type { KeyStates } from './key-states.ts';
import type { Limits } from './limits.ts';
import type { Metrics, Transport } from './metrics.ts';
import type { Answer, Predictor } from './predictor.ts';
import type { Arriving } from './read-body.ts';
import { idOf } from './read-row.ts';
import type { RefusalBody } from './refusal.ts';
import { Refusal, refusalBody, refusalOf } from './refusal.ts';
import type { ServedModel } from './served-model.ts';
import type { TokenBucket } from './token-bucket.ts';

/** A running service. */
export interface Service {
  readonly model: ServedModel;
  readonly states: KeyStates;
  readonly predictor: Predictor;
  readonly metrics: Metrics;
  readonly limits: Limits;
  readonly guard: GuardOptions;
  readonly arriving: Arriving;
  /** True once it ends: nothing new is taken. */
  stopping: boolean;
  /** Tells the log of a failure that is no client's. */
  report(error: unknown): void;
}

/** An answer or a refusal, with the id of the row. */
export type Reply = Answer | ({ readonly id?: string | number } & RefusalBody);

/** A failure as a refusal, counted. */
export function refused(service: Service, error: unknown): Refusal {
  const refusal = refusalOf(error, (fault) => service.report(fault));
  service.metrics.refused(refusal.kind);
  return refusal;
}

/** Answers one parsed row, counted and timed. Throws `Refusal` or a typed error. */
export function answer(service: Service, transport: Transport, value: unknown, bucket: TokenBucket): Answer {
  const begun = performance.now();
  const reply = service.predictor.predict(value, Date.now() / 1000, bucket);
  service.metrics.answered(transport, (performance.now() - begun) / 1000);
  return reply;
}

/** The same, with a refusal as the reply. */
export function reply(service: Service, transport: Transport, value: unknown, bucket: TokenBucket): Reply {
  try {
    return answer(service, transport, value, bucket);
  } catch (error) {
    return { ...idOf(value), ...refusalBody(refused(service, error)) };
  }
}

/** Throws `Refusal` for more rows at once than the service takes. */
export function checkRows(rows: readonly unknown[], { limits }: Service): void {
  if (rows.length <= limits.rows) return;
  throw new Refusal(
    'too-large',
    `${rows.length} rows at once, and at most ${limits.rows} are taken. Send several parts.`,
  );
}
