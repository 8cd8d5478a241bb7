/**
 * Places temporaries in one block of memory so that buffers whose lives do not overlap share bytes.
 *
 * Lives are intervals over the steps in order. What a loop touches and something outside it too lives through the
 * whole loop; what only one iteration uses lives within the body. Offsets are multiples of 64 bytes unless the target
 * wants less; with 16 bytes or more, every buffer may be written up to the next multiple of 16.
 */

import type { Buffer, Lowered, Step } from './kernels.ts';
import { touched } from './kernels.ts';

/** Byte offsets of temporaries and constants, and the size of the whole. */
export interface MemoryPlan {
  /** Offset by buffer id; undefined for inputs and results. */
  readonly offsets: readonly (number | undefined)[];
  readonly bytes: number;
  /**
   * Where the private part begins, to the end of the block: buffers that only the iterations of one parallel loop use, of
   * which every thread needs its own. Equal to `bytes` unless `threads` was asked for.
   */
  readonly privateFrom: number;
}

interface Life {
  start: number;
  end: number;
  /** A loop whose iterations may run at the same time. */
  readonly parallel?: boolean;
}

interface Touch {
  readonly position: number;
  /** Loops around it, outermost first. */
  readonly loops: readonly Life[];
}

/** What a target wants of the plan. */
export interface PlanOptions {
  /** Offsets and sizes are multiples of so many bytes; 64 unless given. */
  readonly alignment?: number;
  /** Which temporaries and constants lie in this block of memory; all unless given. */
  readonly holds?: (buffer: Buffer) => boolean;
  /** True to keep what each thread needs for itself apart, at the end. False unless given: that takes the least memory. */
  readonly threads?: boolean;
}

/** Plans the memory of a lowered Program; constants and what `prepare` leaves behind live for ever. */
export function planMemory(
  lowered: Lowered,
  { alignment = 64, holds = () => true, threads = false }: PlanOptions = {},
): MemoryPlan {
  const touches: Touch[][] = lowered.buffers.map(() => []);
  let position = 0;
  const walk = (steps: readonly Step[], loops: readonly Life[]): void => {
    for (const step of steps) {
      position++;
      if (step.kind === 'loop' || step.kind === 'while') {
        const life = { start: position, end: 0, parallel: step.kind === 'loop' && step.parallel };
        if (step.kind === 'while') walk(step.test, [...loops, life]);
        if (step.kind === 'while') touches[step.flag.buffer]?.push({ position, loops: [...loops, life] });
        walk(step.body, [...loops, life]);
        life.end = ++position;
      } else {
        const { reads, writes } = touched(step);
        for (const id of new Set([...reads, ...writes])) touches[id]?.push({ position, loops });
      }
    }
  };
  walk(lowered.prepare, []);
  const boundary = position;
  walk(lowered.steps, []);
  const end = position + 1;
  const lives = lowered.buffers.map((buffer, id): Life | undefined => {
    if (!holds(buffer)) return undefined;
    if (buffer.kind === 'constant') return { start: 0, end };
    const uses = touches[id] as Touch[];
    if (buffer.kind !== 'temporary' || uses.length === 0) return undefined;
    const life = lifeOf(uses);
    return life.start <= boundary && life.end > boundary ? { start: 0, end } : life;
  });
  const own = new Set<number>();
  if (threads) {
    for (const { id, kind } of lowered.buffers) {
      const uses = touches[id] as Touch[];
      const loop = uses[0]?.loops[0];
      const alone = loop?.parallel === true && uses.every(({ loops }) => loops[0] === loop);
      if (kind === 'temporary' && alone) own.add(id);
    }
  }
  const only = (wanted: boolean): (Life | undefined)[] =>
    lives.map((life, id) => (own.has(id) === wanted ? life : undefined));
  const shared = place(lowered, only(false), alignment, 0);
  const { offsets, bytes } = place(lowered, only(true), alignment, shared.bytes);
  return {
    offsets: shared.offsets.map((offset, id) => offset ?? offsets[id]),
    bytes,
    privateFrom: shared.bytes,
  };
}

function lifeOf(uses: readonly Touch[]): Life {
  const first = uses[0] as Touch;
  let common = first.loops.length;
  for (const { loops } of uses) {
    let shared = 0;
    while (shared < common && loops[shared] === first.loops[shared]) shared++;
    common = shared;
  }
  const life = { start: Number.POSITIVE_INFINITY, end: 0 };
  for (const { position, loops } of uses) {
    const around = loops[common];
    life.start = Math.min(life.start, around?.start ?? position);
    life.end = Math.max(life.end, around?.end ?? position);
  }
  return life;
}

/** Largest first, each at the lowest offset from `first` on that is free for its whole life. */
function place(
  lowered: Lowered,
  lives: readonly (Life | undefined)[],
  alignment: number,
  first: number,
): Pick<MemoryPlan, 'offsets' | 'bytes'> {
  const offsets: (number | undefined)[] = lowered.buffers.map(() => undefined);
  const bytesOf = (id: number): number => {
    const bytes = Math.max(1, (lowered.buffers[id] as Buffer).size) * 4;
    return Math.ceil(bytes / alignment) * alignment;
  };
  const order = lives
    .flatMap((life, id) => (life === undefined ? [] : [id]))
    .sort((a, b) => bytesOf(b) - bytesOf(a) || a - b);
  const placed: { start: number; end: number; from: number; to: number }[] = [];
  let bytes = first;
  for (const id of order) {
    const life = lives[id] as Life;
    const size = bytesOf(id);
    const busy = placed
      .filter((other) => other.start <= life.end && life.start <= other.end)
      .sort((a, b) => a.from - b.from);
    let offset = first;
    for (const other of busy) {
      if (offset + size <= other.from) break;
      offset = Math.max(offset, other.to);
    }
    offsets[id] = offset;
    placed.push({ start: life.start, end: life.end, from: offset, to: offset + size });
    bytes = Math.max(bytes, offset + size);
  }
  return { offsets, bytes };
}
