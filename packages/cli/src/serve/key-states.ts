/**
 * The states of all keys: two typed arrays with a slot for each key, so that many thousand states are two blocks of memory.
 * Keys are in the order of their last use; the oldest goes when there are too many, or when it was idle for too long.
 */

import { TokenBucket } from './token-bucket.ts';

/** Sizes and rules. */
export interface KeyStatesOptions {
  /** Numbers of a state of the model. */
  readonly stateSize: number;
  /** Numbers that the preparation of rows keeps. */
  readonly memorySize: number;
  readonly maxKeys: number;
  /** 0: never. */
  readonly idleSeconds: number;
  /** Rows a second of one key; 0: no limit. */
  readonly keyRate: number;
}

/** Why a state was dropped. */
export type Eviction = 'full' | 'idle' | 'deleted';

/** A key that is held. */
export interface HeldKey {
  readonly key: string;
  /** Seconds since 1970. */
  readonly lastUsed: number;
  readonly memory: Float64Array;
}

interface Entry {
  readonly slot: number;
  readonly bucket: TokenBucket;
  lastUsed: number;
}

const firstCapacity = 64;

export class KeyStates {
  readonly evicted: Record<Eviction, number> = { full: 0, idle: 0, deleted: 0 };
  readonly #options: KeyStatesOptions;
  /** In the order of last use, oldest first. */
  readonly #entries: Map<string, Entry> = new Map();
  readonly #free: number[] = [];
  #states: Float32Array;
  #memories: Float64Array;
  #capacity: number;
  #used: number = 0;

  constructor(options: KeyStatesOptions) {
    this.#options = options;
    this.#capacity = Math.min(firstCapacity, options.maxKeys);
    this.#states = new Float32Array(this.#capacity * options.stateSize);
    this.#memories = new Float64Array(this.#capacity * options.memorySize);
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Bytes of the two arrays. */
  get bytes(): number {
    return this.#states.byteLength + this.#memories.byteLength;
  }

  /** Takes a row from the rate of a key: 0, or the seconds to wait. A key that is not held yet may always begin. */
  charge(key: string, now: number): number {
    return this.#entries.get(key)?.bucket.take(now) ?? 0;
  }

  /** Copies state and memory of a key; zeros for one that is not held. */
  read(key: string, state: Float32Array, memory: Float64Array): void {
    const { stateSize, memorySize } = this.#options;
    const slot = this.#entries.get(key)?.slot;
    if (slot === undefined) {
      state.fill(0);
      memory.fill(0);
      return;
    }
    state.set(this.#states.subarray(slot * stateSize, (slot + 1) * stateSize));
    memory.set(this.#memories.subarray(slot * memorySize, (slot + 1) * memorySize));
  }

  /** Keeps state and memory of a key, which becomes the one used last; `now` in seconds since 1970. */
  write(key: string, state: Float32Array, memory: Float64Array, now: number): void {
    const { stateSize, memorySize, keyRate } = this.#options;
    const found = this.#entries.get(key);
    const entry = found ?? { slot: this.#take(), bucket: new TokenBucket(keyRate, now), lastUsed: now };
    if (found === undefined) entry.bucket.take(now);
    else this.#entries.delete(key);
    entry.lastUsed = now;
    this.#entries.set(key, entry);
    this.#states.set(state, entry.slot * stateSize);
    this.#memories.set(memory, entry.slot * memorySize);
  }

  /** Drops a key; false when it was not held. */
  delete(key: string): boolean {
    return this.#drop(key, 'deleted');
  }

  /** Drops what was idle for too long. */
  expire(now: number): void {
    const { idleSeconds } = this.#options;
    if (idleSeconds === 0) return;
    for (const [key, { lastUsed }] of this.#entries) {
      if (now - lastUsed < idleSeconds) return;
      this.#drop(key, 'idle');
    }
  }

  /** The key, or undefined where it is not held. */
  held(key: string): HeldKey | undefined {
    const { memorySize } = this.#options;
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    const { slot, lastUsed } = entry;
    return { key, lastUsed, memory: this.#memories.slice(slot * memorySize, (slot + 1) * memorySize) };
  }

  /** Keys in the order of last use, oldest first. */
  keys(): string[] {
    return [...this.#entries.keys()];
  }

  #take(): number {
    if (this.#entries.size >= this.#options.maxKeys) {
      const [oldest] = this.#entries.keys();
      if (oldest !== undefined) this.#drop(oldest, 'full');
    }
    const free = this.#free.pop();
    if (free !== undefined) return free;
    if (this.#used === this.#capacity) this.#grow();
    return this.#used++;
  }

  #grow(): void {
    const { stateSize, memorySize, maxKeys } = this.#options;
    this.#capacity = Math.min(maxKeys, this.#capacity * 2);
    const states = new Float32Array(this.#capacity * stateSize);
    const memories = new Float64Array(this.#capacity * memorySize);
    states.set(this.#states);
    memories.set(this.#memories);
    this.#states = states;
    this.#memories = memories;
  }

  #drop(key: string, why: Eviction): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined) return false;
    this.#entries.delete(key);
    this.#free.push(entry.slot);
    this.evicted[why]++;
    return true;
  }
}
