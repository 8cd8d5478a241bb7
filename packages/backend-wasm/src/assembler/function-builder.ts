/**
 * Writes the body of one WebAssembly function straight to bytes: no instruction objects, no second
 * pass. Control flow is nested through callbacks, so blocks are always closed; a label is the nesting
 * depth at which it was opened. Types are not checked here: the engine validates the module.
 */
import { ByteWriter } from './byte-writer.ts';
import { type LaneOp, type MemoryLaneOp, type MemoryOp, naturalAlignment, opcodes, type PlainOp } from './opcodes.ts';

/** The value types, with their codes in the binary format. */
export const valueTypes = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b } as const;
export type ValueType = keyof typeof valueTypes;

/** A parameter or local of one function. */
export interface Local {
  readonly index: number;
  readonly type: ValueType;
}

/** A global of the module. */
export interface Global {
  readonly index: number;
  readonly type: ValueType;
}

/** Anything that has an index in the function space. */
export interface Callable {
  readonly index: number;
}

/** A branch target: the nesting depth at which its block or loop was opened. */
export type Label = number & { readonly label: true };

/** The immediate of a memory instruction: a static byte offset and, rarely, log2 of the alignment. */
export interface MemoryArgument {
  readonly offset?: number;
  readonly align?: number;
}

export interface Signature {
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
}

const blockVoid = 0x40;

/** The body of one function; every method appends one instruction. */
export class FunctionBuilder implements Callable {
  readonly index: number;
  readonly name: string;
  readonly params: readonly Local[];
  readonly #code = new ByteWriter();
  readonly #locals: ValueType[] = [];
  readonly #free: Record<ValueType, Local[]> = { i32: [], i64: [], f32: [], f64: [], v128: [] };
  #depth = 0;
  #lastSet: Local | undefined;
  #lastSetAt = 0;
  #lastSetEnd = -1;

  constructor(index: number, name: string, params: readonly ValueType[]) {
    this.index = index;
    this.name = name;
    this.params = params.map((type, position) => ({ index: position, type }));
  }

  /** Bytes of code so far: generated functions are kept small by watching it. */
  get size(): number {
    return this.#code.length;
  }

  /** The n-th parameter. */
  param(position: number): Local {
    const local = this.params[position];
    if (!local) throw new RangeError(`@rheo/backend-wasm: function ${this.name} has no parameter ${position}`);
    return local;
  }

  /** A local of this type: one given back by `free`, holding anything, or a new one, holding zero. */
  local(type: ValueType): Local {
    const reused = this.#free[type].pop();
    if (reused) return reused;
    this.#locals.push(type);
    return { index: this.params.length + this.#locals.length - 1, type };
  }

  /** Gives locals back for reuse by type. */
  free(...locals: readonly Local[]): void {
    for (const local of locals) {
      if (this.#free[local.type].includes(local)) {
        throw new Error(`@rheo/backend-wasm: local ${local.index} of ${this.name} was freed twice`);
      }
      this.#free[local.type].push(local);
    }
  }

  get(local: Local): void {
    if (this.#lastSet === local && this.#lastSetEnd === this.#code.length) {
      this.#code.patch(this.#lastSetAt, 0x22);
      this.#lastSet = undefined;
      return;
    }
    this.#indexed(0x20, local.index);
  }

  set(local: Local): void {
    this.#lastSet = local;
    this.#lastSetAt = this.#code.length;
    this.#indexed(0x21, local.index);
    this.#lastSetEnd = this.#code.length;
  }

  tee(local: Local): void {
    this.#indexed(0x22, local.index);
  }

  getGlobal(global: Global): void {
    this.#indexed(0x23, global.index);
  }

  setGlobal(global: Global): void {
    this.#indexed(0x24, global.index);
  }

  i32Const(value: number): void {
    this.#code.u8(0x41);
    this.#code.s32(value);
  }

  /** A v128 from its 16 bytes. */
  v128Const(bytes: ArrayLike<number>): void {
    if (bytes.length !== 16) throw new RangeError('@rheo/backend-wasm: a v128 constant has 16 bytes');
    this.#code.u8(0xfd);
    this.#code.u8(12);
    this.#code.raw(bytes);
  }

  /** A v128 constant with the same f32 in all four lanes. */
  f32x4Splat(value: number): void {
    this.#code.u8(0xfd);
    this.#code.u8(12);
    for (let lane = 0; lane < 4; lane++) this.#code.f32(value);
  }

  /** A v128 constant with the same i32 in all four lanes. */
  i32x4Splat(value: number): void {
    this.#code.u8(0xfd);
    this.#code.u8(12);
    for (let lane = 0; lane < 4; lane++) this.#code.fixed32(value);
  }

  /** Any instruction without immediates. */
  op(op: PlainOp): void {
    this.#opcode(op);
  }

  /** `extract_lane` and `replace_lane`. */
  lane(op: LaneOp, lane: number): void {
    this.#opcode(op);
    this.#code.u8(lane);
  }

  /** i8x16.shuffle with its 16 lane numbers (0–15 first operand, 16–31 second). */
  shuffle(lanes: ArrayLike<number>): void {
    if (lanes.length !== 16) throw new RangeError('@rheo/backend-wasm: i8x16.shuffle takes 16 lanes');
    this.#code.u8(0xfd);
    this.#code.u8(13);
    this.#code.raw(lanes);
  }

  /** i8x16.shuffle in units of 32-bit lanes (0–3 first operand, 4–7 second). */
  shuffle32(a: number, b: number, c: number, d: number): void {
    this.#code.u8(0xfd);
    this.#code.u8(13);
    for (const lane of [a, b, c, d]) for (let byte = 0; byte < 4; byte++) this.#code.u8(lane * 4 + byte);
  }

  /** A load (address on the stack), a store (address, value) or an atomic. */
  memory(op: MemoryOp, argument?: MemoryArgument): void {
    this.#opcode(op);
    this.#argument(op, argument);
  }

  /** The same instruction as `memory`, named for reading. */
  load(op: MemoryOp & `${string}load${string}`, argument?: MemoryArgument): void {
    this.memory(op, argument);
  }

  /** The same instruction as `memory`, named for reading. */
  store(op: MemoryOp & `${string}store${string}`, argument?: MemoryArgument): void {
    this.memory(op, argument);
  }

  /** Loads or stores one lane: (address, v128). */
  memoryLane(op: MemoryLaneOp, lane: number, argument?: MemoryArgument): void {
    this.#opcode(op);
    this.#argument(op, argument);
    this.#code.u8(lane);
  }

  /** memory.fill: (destination, byte, count) on the stack. */
  memoryFill(): void {
    this.#code.raw([0xfc, 11, 0]);
  }

  /** A block; a branch to its label leaves it. */
  block(body: (label: Label) => void, result?: ValueType): void {
    this.#nested(0x02, body, result);
  }

  /** A loop; a branch to its label starts the next pass, falling through leaves it. */
  loop(body: (label: Label) => void, result?: ValueType): void {
    this.#nested(0x03, body, result);
  }

  /** Takes an i32 condition; a branch to the label leaves the whole statement. */
  if_(then: (label: Label) => void, otherwise?: (label: Label) => void, result?: ValueType): void {
    this.#nested(
      0x04,
      (label) => {
        then(label);
        if (!otherwise) return;
        this.#code.u8(0x05);
        otherwise(label);
      },
      result,
    );
  }

  /**
   * Runs `body` for counter = start, start + step, … while counter < limit (signed). The counter is left
   * at the first value not taken. With `atLeastOnce` the first test is left out.
   */
  for_(
    counter: Local,
    start: number | Local,
    limit: number | Local,
    step: number,
    body: () => void,
    atLeastOnce = false,
  ): void {
    const push = (value: number | Local): void => (typeof value === 'number' ? this.i32Const(value) : this.get(value));
    push(start);
    this.set(counter);
    this.block((exit) => {
      if (!atLeastOnce) {
        this.get(counter);
        push(limit);
        this.op('i32.ge_s');
        this.brIf(exit);
      }
      this.loop((again) => {
        body();
        this.get(counter);
        this.i32Const(step);
        this.op('i32.add');
        this.tee(counter);
        push(limit);
        this.op('i32.lt_s');
        this.brIf(again);
      });
    });
  }

  br(label: Label): void {
    this.#indexed(0x0c, this.#depth - label);
  }

  brIf(label: Label): void {
    this.#indexed(0x0d, this.#depth - label);
  }

  return_(): void {
    this.#code.u8(0x0f);
  }

  call(target: Callable): void {
    this.#indexed(0x10, target.index);
  }

  /** Appends the finished body, length first. */
  writeTo(section: ByteWriter): void {
    const runs = new ByteWriter(16);
    let count = 0;
    for (let start = 0; start < this.#locals.length; count++) {
      const type = this.#locals[start] ?? 'i32';
      let end = start + 1;
      while (this.#locals[end] === type) end++;
      runs.u32(end - start);
      runs.u8(valueTypes[type]);
      start = end;
    }
    const head = new ByteWriter(8);
    head.u32(count);
    section.u32(head.length + runs.length + this.#code.length + 1);
    section.raw(head.view());
    section.raw(runs.view());
    section.raw(this.#code.view());
    section.u8(0x0b);
  }

  #nested(opcode: number, body: (label: Label) => void, result: ValueType | undefined): void {
    this.#code.u8(opcode);
    this.#code.u8(result ? valueTypes[result] : blockVoid);
    body(++this.#depth as Label);
    this.#depth--;
    this.#code.u8(0x0b);
  }

  #indexed(opcode: number, index: number): void {
    this.#code.u8(opcode);
    this.#code.u32(index);
  }

  #opcode(op: string): void {
    const code = opcodes.get(op);
    if (code === undefined) throw new Error(`@rheo/backend-wasm: no instruction ${op}`);
    if (code > 255) {
      this.#code.u8(code >> 12);
      this.#code.u32(code & 4095);
    } else this.#code.u8(code);
  }

  #argument(op: string, argument: MemoryArgument | undefined): void {
    this.#code.u32(argument?.align ?? naturalAlignment(op));
    this.#code.u32(argument?.offset ?? 0);
  }
}
