/** Bodies of requests, as bytes within a size and a time, or as lines while they arrive. */

import type { IncomingMessage } from 'node:http';
import { Refusal } from './refusal.ts';

/** How much and how long. */
export interface BodyLimits {
  readonly bodyBytes: number;
  readonly patienceSeconds: number;
  readonly arrivingBytes: number;
}

/** Bytes of the bodies of a server that are arriving: many large ones at once would fill the memory. */
export interface Arriving {
  bytes: number;
}

const newline = 10;

/** The whole body as text. Throws `Refusal`: `too-large`, `timeout`, `malformed`, `busy`. */
export function readText(request: IncomingMessage, limits: BodyLimits, arriving: Arriving): Promise<string> {
  const { bodyBytes, patienceSeconds, arrivingBytes } = limits;
  // By events: iterating over a request costs more than a step of a small model.
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const end = (refusal?: Refusal): void => {
      clearTimeout(timer);
      arriving.bytes -= size;
      request.off('data', add).off('end', whole).off('close', torn).pause();
      if (refusal !== undefined) reject(refusal);
    };
    const add = (chunk: Buffer): void => {
      size += chunk.length;
      arriving.bytes += chunk.length;
      chunks.push(chunk);
      if (size > bodyBytes) end(tooLarge('body', bodyBytes));
      else if (arriving.bytes > arrivingBytes) end(crowded());
    };
    const whole = (): void => {
      end();
      try {
        resolve(textOf(chunks.length === 1 ? (chunks[0] ?? Buffer.alloc(0)) : Buffer.concat(chunks)));
      } catch (error) {
        reject(error);
      }
    };
    const torn = (): void => end(endedEarly());
    const timer = setTimeout(() => end(late(patienceSeconds)), patienceSeconds * 1000);
    if (Number(request.headers['content-length'] ?? 0) > bodyBytes) end(tooLarge('body', bodyBytes));
    else request.on('data', add).on('end', whole).on('close', torn);
  });
}

/**
 * The lines of a body as they arrive, empty ones left out. Each line must be whole within the time and the size, however
 * long all of them take. Throws `Refusal` as `readText`.
 */
export async function* readLines(
  request: IncomingMessage,
  { bodyBytes, patienceSeconds }: BodyLimits,
): AsyncGenerator<string, void, void> {
  let rest: Buffer[] = [];
  let size = 0;
  const patience = new Patience(patienceSeconds);
  for await (const chunk of chunksOf(request, patience)) {
    let from = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, from)) {
      if (size + end - from > bodyBytes) throw tooLarge('line', bodyBytes);
      const line = textOf(Buffer.concat([...rest, chunk.subarray(from, end)])).trim();
      [rest, size, from] = [[], 0, end + 1];
      if (line !== '') yield line;
      // Time spent on answering is not the client's.
      patience.again();
    }
    rest.push(chunk.subarray(from));
    size += chunk.length - from;
    if (size > bodyBytes) throw tooLarge('line', bodyBytes);
  }
  const last = textOf(Buffer.concat(rest)).trim();
  if (last !== '') yield last;
}

/** Until when what is awaited must have come. */
class Patience {
  readonly seconds: number;
  #until: number = 0;

  constructor(seconds: number) {
    this.seconds = seconds;
    this.again();
  }

  again(): void {
    this.#until = performance.now() + this.seconds * 1000;
  }

  get left(): number {
    return Math.max(0, this.#until - performance.now());
  }
}

/** Chunks as they arrive. Unlike iterating over the request, stopping leaves its connection open for an answer. */
async function* chunksOf(request: IncomingMessage, patience: Patience): AsyncGenerator<Buffer, void, void> {
  const chunks = request.iterator({ destroyOnReturn: false });
  for (;;) {
    const next = await inTime(chunks.next(), patience);
    if (next.done === true) return;
    yield next.value as Buffer;
  }
}

async function inTime<T>(coming: Promise<T>, patience: Patience): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late(patience.seconds)), patience.left);
  });
  try {
    return await Promise.race([coming, tooLate]);
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw endedEarly();
  } finally {
    clearTimeout(timer);
  }
}

function late(seconds: number): Refusal {
  return new Refusal('timeout', `The body did not arrive within ${seconds} s.`);
}

function crowded(): Refusal {
  return new Refusal('busy', 'Too many large bodies are arriving at once. Try again later.', { retryAfter: 1 });
}

function endedEarly(): Refusal {
  return new Refusal('malformed', 'The body ended before its end.');
}

function tooLarge(what: string, bytes: number): Refusal {
  return new Refusal(
    'too-large',
    `The ${what} has more than ${bytes} bytes. Send several, or raise the limit of the server.`,
  );
}

const decoder = new TextDecoder('utf-8', { fatal: true });

/** Bytes as text. Throws `Refusal`. */
export function textOf(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new Refusal('malformed', 'The body is no UTF-8.');
  }
}

/** A text as JSON. Throws `Refusal`. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Refusal(
      'malformed',
      `The text is no JSON: ${error instanceof Error ? error.message.slice(0, 200) : ''}.`,
    );
  }
}
