/**
 * What hostile and broken clients send, drawn from a seed: rows that are almost right, JSON that is none, HTTP that breaks
 * its grammar, WebSocket frames that break theirs. None of it uses a key that begins with "good".
 */
import fc from 'fast-check';

/** One thing to send, and where: raw on a connection, as a body of /predict, or after a WebSocket handshake. */
export interface Malformed {
  readonly how: 'raw' | 'body' | 'frames';
  readonly bytes: Buffer;
}

const key = fc.constantFrom('fuzz a', 'fuzz b', 'ü', '__proto__', 'x'.repeat(300), '', '\ud800');
const time = fc.oneof(
  fc.constantFrom('2024-01-01', '2024-02-30', '9999-12-31T23:59:59Z', '0000-01-01', 'NaN', '', '1e999', 1e300, -1),
  fc.string({ maxLength: 30 }),
  fc.anything({ maxDepth: 1 }),
);
const heat = fc.oneof(fc.double(), fc.constantFrom('1e400', 'NaN', null, true, 1e39, -0, '0x10', [], {}), fc.string());
const values = fc.oneof(
  fc.record({ heat, mode: fc.oneof(fc.string(), fc.jsonValue({ maxDepth: 1 })) }, { requiredKeys: [] }),
  fc.jsonValue({ maxDepth: 3 }),
  fc.dictionary(fc.string({ maxLength: 12 }), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 8 }),
);
const almostRow = fc.record(
  { key, time, values, id: fc.oneof(fc.string(), fc.double(), fc.constant({})), dt: fc.double(), kye: fc.constant(1) },
  { requiredKeys: [] },
);

/** JSON text, as it is or torn. */
const json = fc.oneof(
  { weight: 4, arbitrary: almostRow.map(text) },
  { weight: 2, arbitrary: fc.array(almostRow, { maxLength: 20 }).map(text) },
  { weight: 2, arbitrary: fc.json() },
  { weight: 2, arbitrary: fc.tuple(almostRow.map(text), fc.nat(200)).map(([all, cut]) => all.slice(0, cut)) },
  fc.constantFrom(
    '['.repeat(50_000),
    `{"key":${'{"a":'.repeat(5_000)}`,
    '{"key":"fuzz a","key":"fuzz b","values":{"__proto__":{"heat":1}}}',
    '{"__proto__":{"key":"fuzz"},"constructor":{"prototype":{}}}',
    '{"key":"fuzz a","time":"2024-01-01","values":{"heat":NaN,"mode":"slow"}}',
    `{"key":"fuzz a","values":{${Array.from({ length: 2_000 }, (_, i) => `"heat${i}":1`).join()}}}`,
    `[${'{},'.repeat(20_000)}{}]`,
    '\ufeff{}',
    '\0',
  ),
);

function text(value: unknown): string {
  // What JSON has no text for goes as the text that JavaScript has.
  return JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? String(part) : part)) ?? 'undefined';
}

const junk = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
const headerLines = fc.constantFrom(
  'Host: localhost',
  'Host: evil.example',
  'Host:',
  'Content-Length: 5',
  'Content-Length: 5\r\nContent-Length: 6',
  'Content-Length: -1',
  'Content-Length: 99999999999999999999',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: chunked\r\nContent-Length: 3',
  'Transfer-Encoding: gzip, chunked',
  'Content-Type: application/json',
  'Content-Type: application/x-ndjson',
  'Content-Type: text/plain',
  'Content-Encoding: br',
  'Expect: 100-continue',
  'Expect: a miracle',
  'Connection: keep-alive, upgrade\r\nUpgrade: websocket',
  'Connection: upgrade\r\nUpgrade: h2c',
  'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: short',
  'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 7\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  `X-Long: ${'y'.repeat(20_000)}`,
  'X Space: 1',
  ' folded',
  'X: \u0000',
  'Origin: null',
  'Authorization: Bearer x',
);
const method = fc.constantFrom(
  'GET',
  'POST',
  'PUT',
  'DELETE',
  'OPTIONS',
  'TRACE',
  'CONNECT',
  'HEAD',
  'PRI',
  'get',
  'P\u0000ST',
);
const path = fc.constantFrom(
  '/',
  '/predict',
  '/stream',
  '/keys',
  '/keys/',
  '/keys/%',
  '/keys/%2e%2e%2f',
  '/keys/fuzz%20a',
  '/keys?limit=1e9',
  '/../../etc/passwd',
  '*',
  'http://localhost/predict',
  `/${'a'.repeat(9_000)}`,
  '//',
  '',
);
const version = fc.constantFrom('HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', 'HTTP/9', '');
const body = fc.oneof(
  json.map((all) => Buffer.from(all)),
  junk,
  fc
    .constantFrom('5\r\nhello\r\n0\r\n\r\n', 'ffffffffffffffff\r\n', '-1\r\n', '5;x="y"\r\nhello\r\n0\r\n', 'z\r\n')
    .map((all) => Buffer.from(all)),
);
const http = fc
  .tuple(method, path, version, fc.array(headerLines, { maxLength: 6 }), body)
  .map(([verb, where, protocol, lines, rest]) =>
    Buffer.concat([
      Buffer.from(`${verb} ${where} ${protocol}\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`),
      rest,
    ]),
  );
/** A request as it should be, with some bytes changed. */
const torn = fc
  .tuple(json, fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { minLength: 1, maxLength: 6 }), fc.nat(600))
  .map(([all, changes, cut]) => {
    const rest = Buffer.from(all);
    const head = `POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${rest.length}\r\n\r\n`;
    const bytes = Buffer.concat([Buffer.from(head), rest]);
    for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
    return bytes.subarray(0, Math.max(1, Math.min(bytes.length, cut)));
  });

/** A frame with any bits, a length that need not be true, and a mask that may lack. */
const frame = fc
  .tuple(fc.nat(255), fc.boolean(), fc.constantFrom('true', 'short', 'long', 'huge'), body)
  .map(([first, masked, length, all]) => {
    const payload = all.subarray(0, 2_000);
    const mask = Buffer.from([1, 2, 3, 4]);
    const claimed = { true: payload.length, short: payload.length >> 1, long: payload.length + 70_000, huge: 2 ** 40 }[
      length
    ];
    const head = Buffer.alloc(10);
    head[0] = first;
    head[1] = (masked ? 0x80 : 0) | 127;
    head.writeBigUInt64BE(BigInt(claimed), 2);
    return Buffer.concat([
      head,
      masked ? mask : Buffer.alloc(0),
      masked ? payload.map((byte, at) => byte ^ (mask[at % 4] ?? 0)) : payload,
    ]);
  });
/** A frame as it should be, with any text. */
const textFrame = json.map((all) => maskedText(all.slice(0, 60_000)));
const frames = fc
  .array(fc.oneof(frame, textFrame, junk), { minLength: 1, maxLength: 4 })
  .map((all) => Buffer.concat(all));

/** A text frame as a client sends it. */
export function maskedText(all: string): Buffer {
  const payload = Buffer.from(all);
  const head = Buffer.alloc(8);
  head[0] = 0x81;
  head[1] = 0x80 | 126;
  head.writeUInt16BE(Math.min(65_535, payload.length), 2);
  // A mask of zeros leaves the text as it is.
  return Buffer.concat([head, payload.subarray(0, 65_535)]);
}

/** So many things to send, the same for the same seed. */
export function malformed(count: number, seed: number): Malformed[] {
  const one = fc.oneof(
    { weight: 4, arbitrary: json.map((all) => ({ how: 'body' as const, bytes: Buffer.from(all) })) },
    { weight: 4, arbitrary: fc.oneof(http, torn, junk).map((bytes) => ({ how: 'raw' as const, bytes })) },
    { weight: 3, arbitrary: frames.map((bytes) => ({ how: 'frames' as const, bytes })) },
  );
  return fc.sample(one, { numRuns: count, seed });
}
