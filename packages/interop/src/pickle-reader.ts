/**
 * Reads Python pickles of tensors in containers. It is a stack machine without a way to run anything: a reference to code
 * is looked up in a short list of names given by the caller, and every other name ends the reading with an error that
 * quotes it. Opcodes that make objects are refused.
 *
 * Promises: work and memory in proportion to the file; containers at most 64 deep; no property of a JavaScript object is
 * ever named by the file (dictionaries become Maps). Cyclic containers are refused.
 */

import type { Fail } from './import-error.ts';
import { opcodes } from './pickle-opcodes.ts';
import type { PickleName } from './pickle-values.ts';
import { PickleGlobal, PickleTuple } from './pickle-values.ts';

/** What the file may name, and what stands for it. */
export interface PickleHooks {
  /** What a call of a name with arguments gives. Throws for a name that is not allowed. */
  call(name: PickleName, args: readonly unknown[]): unknown;
  /** Throws unless the name may be mentioned. */
  allow(name: PickleName): void;
  /** What a persistent id stands for. Throws for what is none. */
  persistent(id: unknown): unknown;
}

const maximumDepth = 64;
const mark: unique symbol = Symbol('mark');

/** The value of a pickle: null, booleans, numbers, texts, Maps, arrays, {@link PickleTuple}s and what the hooks made. */
export function readPickle(bytes: Uint8Array, hooks: PickleHooks, fail: Fail): unknown {
  return new PickleReader(bytes, hooks, fail).run();
}

class PickleReader {
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private readonly hooks: PickleHooks;
  private readonly fail: Fail;
  private readonly stack: unknown[] = [];
  private readonly memo = new Map<number, unknown>();
  private at = 0;

  constructor(bytes: Uint8Array, hooks: PickleHooks, fail: Fail) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.hooks = hooks;
    this.fail = fail;
  }

  run(): unknown {
    for (;;) {
      const start = this.at;
      const byte = this.bytes[this.take(1)] ?? 0;
      const op = opcodes.get(byte);
      if (op === 'STOP') {
        const value = this.pop();
        if (this.stack.length > 0) throw this.damaged('values are left over at its end');
        checkDepth(value, this.fail);
        return value;
      }
      if (op === undefined) {
        throw this.fail(`the pickle uses the opcode 0x${byte.toString(16).padStart(2, '0')}, which is not allowed`, {
          at: `byte ${start} of the pickle`,
          remedy: 'Save nothing but tensors: torch.save(model.state_dict(), path)',
        });
      }
      this.step(op);
    }
  }

  private step(op: string): void {
    const { stack } = this;
    switch (op) {
      case 'PROTO': {
        const version = this.bytes[this.take(1)] ?? 0;
        if (version > 5) throw this.damaged(`version ${version} of the pickle protocol is unknown`);
        return;
      }
      case 'FRAME':
        this.length(8);
        return;
      case 'MARK':
        stack.push(mark);
        return;
      case 'POP':
        this.pop();
        return;
      case 'POP_MARK':
        this.popMark();
        return;
      case 'DUP':
        stack.push(this.top());
        return;
      case 'NONE':
        stack.push(null);
        return;
      case 'NEWTRUE':
      case 'NEWFALSE':
        stack.push(op === 'NEWTRUE');
        return;
      case 'BININT':
        stack.push(this.view.getInt32(this.take(4), true));
        return;
      case 'BININT1':
        stack.push(this.length(1));
        return;
      case 'BININT2':
        stack.push(this.length(2));
        return;
      case 'LONG1':
        stack.push(this.longInteger());
        return;
      case 'BINFLOAT':
        stack.push(this.view.getFloat64(this.take(8), false));
        return;
      case 'SHORT_BINUNICODE':
      case 'SHORT_BINSTRING':
        stack.push(this.text(this.length(1)));
        return;
      case 'BINUNICODE':
      case 'BINSTRING':
        stack.push(this.text(this.length(4)));
        return;
      case 'BINUNICODE8':
        stack.push(this.text(this.length(8)));
        return;
      case 'SHORT_BINBYTES':
        this.skip(this.length(1));
        return;
      case 'BINBYTES':
        this.skip(this.length(4));
        return;
      case 'BINPUT':
        this.memo.set(this.length(1), this.top());
        return;
      case 'LONG_BINPUT':
        this.memo.set(this.length(4), this.top());
        return;
      case 'MEMOIZE':
        this.memo.set(this.memo.size, this.top());
        return;
      case 'BINGET':
        this.recall(this.length(1));
        return;
      case 'LONG_BINGET':
        this.recall(this.length(4));
        return;
      default:
        this.stepContainer(op);
    }
  }

  private stepContainer(op: string): void {
    const { stack } = this;
    switch (op) {
      case 'EMPTY_TUPLE':
        stack.push(new PickleTuple([]));
        return;
      case 'TUPLE1':
      case 'TUPLE2':
      case 'TUPLE3': {
        const items = Array.from({ length: Number(op.slice(-1)) }, () => this.pop());
        stack.push(new PickleTuple(items.reverse()));
        return;
      }
      case 'TUPLE':
        stack.push(new PickleTuple(this.popMark()));
        return;
      case 'EMPTY_LIST':
      case 'EMPTY_SET':
        stack.push([]);
        return;
      case 'LIST':
        stack.push(this.popMark());
        return;
      case 'APPEND': {
        const item = this.pop();
        this.list().push(item);
        return;
      }
      case 'APPENDS':
      case 'ADDITEMS': {
        const items = this.popMark();
        const list = this.list();
        for (const item of items) list.push(item);
        return;
      }
      case 'EMPTY_DICT':
        stack.push(new Map());
        return;
      case 'DICT': {
        const items = this.popMark();
        const made = new Map<unknown, unknown>();
        stack.push(made);
        this.setItems(made, items);
        return;
      }
      case 'SETITEM': {
        const value = this.pop();
        const key = this.pop();
        this.setItems(this.map(), [key, value]);
        return;
      }
      case 'SETITEMS': {
        const items = this.popMark();
        this.setItems(this.map(), items);
        return;
      }
      default:
        this.stepName(op);
    }
  }

  private stepName(op: string): void {
    const { stack, hooks } = this;
    switch (op) {
      case 'GLOBAL': {
        const module = this.line();
        stack.push(this.named(module, this.line()));
        return;
      }
      case 'STACK_GLOBAL': {
        const name = this.pop();
        stack.push(this.named(this.pop(), name));
        return;
      }
      case 'REDUCE': {
        const args = this.pop();
        const target = this.pop();
        if (!(target instanceof PickleGlobal) || !(args instanceof PickleTuple)) {
          throw this.damaged('something that is no name is called');
        }
        stack.push(hooks.call(target.global, args.items));
        return;
      }
      case 'BUILD': {
        // state_dict() keeps its versions as an attribute of the dictionary; an attribute of anything else is refused.
        this.pop();
        this.map();
        return;
      }
      case 'BINPERSID':
        stack.push(hooks.persistent(this.pop()));
        return;
      default:
        throw new Error(`the opcode ${op} has no meaning`);
    }
  }

  private named(module: unknown, name: unknown): PickleGlobal {
    if (typeof module !== 'string' || typeof name !== 'string') throw this.damaged('a name is no text');
    const global = { module, name };
    this.hooks.allow(global);
    return new PickleGlobal(global);
  }

  private setItems(map: Map<unknown, unknown>, items: readonly unknown[]): void {
    if (items.length % 2 !== 0) throw this.damaged('a dictionary has a key without a value');
    for (let i = 0; i < items.length; i += 2) {
      const key = items[i];
      if (typeof key !== 'string' && typeof key !== 'number' && typeof key !== 'boolean' && key !== null) {
        throw this.damaged('a key of a dictionary is neither text nor number');
      }
      if (map.has(key)) throw this.fail(`the key ${String(key)} occurs twice in a dictionary`);
      map.set(key, items[i + 1]);
    }
  }

  private list(): unknown[] {
    const list = this.top();
    if (!Array.isArray(list)) throw this.damaged('something is appended to what is no list');
    return list;
  }

  private map(): Map<unknown, unknown> {
    const map = this.top();
    if (!(map instanceof Map)) throw this.damaged('something is set in what is no dictionary');
    return map;
  }

  private top(): unknown {
    const value = this.stack.at(-1);
    if (this.stack.length === 0 || value === mark) throw this.damaged('a value is missing');
    return value;
  }

  private pop(): unknown {
    const value = this.top();
    this.stack.pop();
    return value;
  }

  private popMark(): unknown[] {
    const from = this.stack.lastIndexOf(mark);
    if (from < 0) throw this.damaged('a mark is missing');
    const items = this.stack.splice(from);
    items.shift();
    return items;
  }

  private recall(index: number): void {
    if (!this.memo.has(index)) throw this.damaged(`it refers to value ${index}, which it does not have`);
    this.stack.push(this.memo.get(index));
  }

  private line(): string {
    const end = this.bytes.indexOf(10, this.at);
    if (end < 0 || end - this.at > 1000) throw this.damaged('a name has no end');
    const text = this.text(end - this.at);
    this.at++;
    return text;
  }

  private text(length: number): string {
    const start = this.take(length);
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(this.bytes.subarray(start, start + length));
    } catch (cause) {
      throw this.fail('a text of the pickle is no UTF-8', { at: `byte ${start} of the pickle`, cause });
    }
  }

  /** Bytes are of no use in a state dictionary, but may stand beside it. */
  private skip(length: number): void {
    this.take(length);
    this.stack.push(null);
  }

  private longInteger(): number {
    const size = this.length(1);
    const start = this.take(size);
    let value = 0n;
    for (let i = size - 1; i >= 0; i--) value = value * 256n + BigInt(this.bytes[start + i] ?? 0);
    if (size > 0 && (this.bytes[start + size - 1] ?? 0) >= 128) value -= 1n << BigInt(8 * size);
    const number = Number(value);
    // Numbers beside the tensors (a step count, a seed) may be anything; sizes are checked where they are used.
    return number;
  }

  /** An unsigned integer of 1, 2, 4 or 8 bytes. */
  private length(size: 1 | 2 | 4 | 8): number {
    const start = this.take(size);
    let value = 0;
    for (let i = size - 1; i >= 0; i--) value = value * 256 + (this.bytes[start + i] ?? 0);
    return value;
  }

  /** Moves over `count` bytes and gives where they begin. */
  private take(count: number): number {
    const start = this.at;
    if (count > this.bytes.length - start) {
      throw this.damaged(`${count} bytes are announced where ${this.bytes.length - start} are left: it is cut off`);
    }
    this.at = start + count;
    return start;
  }

  private damaged(what: string): Error {
    return this.fail(`the pickle is damaged: ${what}`, { at: `byte ${this.at} of the pickle` });
  }
}

/** Refuses containers that are nested too deep or hold themselves; shared ones are looked at once. */
function checkDepth(root: unknown, fail: Fail): void {
  const depths = new Map<unknown, number>();
  const visit = (value: unknown, depth: number): void => {
    const items = itemsOf(value);
    if (items === undefined) return;
    if (depth > maximumDepth) {
      throw fail(`its containers are nested more than ${maximumDepth} deep, or hold themselves`);
    }
    if ((depths.get(value) ?? -1) >= depth) return;
    depths.set(value, depth);
    for (const item of items) visit(item, depth + 1);
  };
  visit(root, 0);
}

function itemsOf(value: unknown): Iterable<unknown> | undefined {
  if (value instanceof Map) return value.values();
  if (value instanceof PickleTuple) return value.items;
  return Array.isArray(value) ? (value as unknown[]) : undefined;
}
