/**
 * What the server answers instead of a prediction: a stable kind, a status and a message that says what to do. The table
 * is the list that the README gives; nothing else of a failure reaches a client.
 */

import { isRheoError } from '@rheo/ir';

/** Kinds and the HTTP status of each. */
export const statuses = {
  /** No JSON, no UTF-8, or no HTTP. */
  malformed: 400,
  /** A member of the request is missing, wrong or unknown. */
  request: 400,
  /** A row that the model cannot take: no such column, number, label or time; time that runs backwards. */
  value: 400,
  unauthorised: 401,
  /** A host or origin that is not this server's. */
  forbidden: 403,
  'not-found': 404,
  /** No state is held for the key. */
  'unknown-key': 404,
  method: 405,
  /** A header or body that does not arrive in time. */
  timeout: 408,
  'too-large': 413,
  'media-type': 415,
  rate: 429,
  'headers-too-large': 431,
  internal: 500,
  /** More connections than are allowed. */
  busy: 503,
  stopping: 503,
} as const;

export type RefusalKind = keyof typeof statuses;

/** Facts beside the message. */
export interface RefusalDetails {
  /** The member, column or key concerned. */
  readonly where?: string | undefined;
  /** Seconds after which it may be tried again. */
  readonly retryAfter?: number | undefined;
  /** Methods that the path takes. */
  readonly allow?: string | undefined;
}

/** A request that is not fulfilled. */
export class Refusal extends Error {
  override readonly name: string = 'Refusal';
  readonly kind: RefusalKind;
  readonly details: RefusalDetails;

  constructor(kind: RefusalKind, message: string, details: RefusalDetails = {}) {
    super(message);
    this.kind = kind;
    this.details = details;
  }
}

/** A refusal as clients get it. */
export interface RefusalBody {
  readonly error: {
    readonly kind: RefusalKind;
    readonly message: string;
    readonly where?: string;
    readonly retry_after_s?: number;
  };
}

/** The body of an answer that refuses. */
export function refusalBody({ kind, message, details: { where, retryAfter } }: Refusal): RefusalBody {
  return {
    error: {
      kind,
      message,
      ...(where === undefined ? {} : { where }),
      ...(retryAfter === undefined ? {} : { retry_after_s: retryAfter }),
    },
  };
}

/** A failure as a refusal; what is no typed error is handed to `report` and told as `internal`, without its text. */
export function refusalOf(error: unknown, report: (error: unknown) => void): Refusal {
  if (error instanceof Refusal) return error;
  if (isRheoError(error) && ['argument', 'dtype', 'shape', 'value'].includes(error.code)) {
    const details = error.details as { readonly column?: string; readonly where?: string };
    const where = details.column ?? details.where;
    return new Refusal('value', error.message.replace(/^@rheo\/[a-z]+: /, ''), { where });
  }
  report(error);
  return new Refusal('internal', 'The server failed on this request; its log says more. The state is as before.');
}
