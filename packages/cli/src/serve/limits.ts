/** What one client, and all together, may take. Every number is checked before memory or time is spent on a request. */

/** Limits of a server. */
export interface Limits {
  /** Bytes of the body of a request; of a line where lines stream. */
  readonly bodyBytes: number;
  /** Bytes of all bodies that are arriving, together. */
  readonly arrivingBytes: number;
  /** Bytes of a WebSocket message. */
  readonly messageBytes: number;
  readonly headerBytes: number;
  /** Rows of one body or message. */
  readonly rows: number;
  /** UTF-16 units of a key. */
  readonly keyLength: number;
  /** States held; beyond it the one that was not used for longest is dropped. */
  readonly maxKeys: number;
  /** Seconds after which a state that is not used is dropped; 0: never. */
  readonly idleKeySeconds: number;
  readonly connections: number;
  /** Rows a second of one connection, with as many at once; 0: no limit. */
  readonly connectionRate: number;
  /** Rows a second of one key, with as many at once; 0: no limit. */
  readonly keyRate: number;
  /** Seconds that headers, a body, a line of a stream, or a reader of answers may take. */
  readonly patienceSeconds: number;
  /** Seconds that a connection may wait between requests. */
  readonly keepAliveSeconds: number;
  /** Bytes of answers that may wait for a slow reader; more is not read from it until it has taken them. */
  readonly unsentBytes: number;
  /** Seconds that what is under way may take when the server stops. */
  readonly graceSeconds: number;
}

/** Unless options say otherwise. */
export const defaultLimits: Limits = {
  bodyBytes: 1 << 20,
  arrivingBytes: 1 << 26,
  messageBytes: 1 << 16,
  headerBytes: 1 << 14,
  rows: 10_000,
  keyLength: 256,
  maxKeys: 100_000,
  idleKeySeconds: 86_400,
  connections: 2_000,
  connectionRate: 20_000,
  keyRate: 1_000,
  patienceSeconds: 10,
  keepAliveSeconds: 60,
  unsentBytes: 1 << 20,
  graceSeconds: 10,
};
