import { describe, expect, it } from 'vitest';
import { ByteWriter } from '../src/assembler/byte-writer.ts';
import type { FunctionBuilder, ValueType } from '../src/assembler/function-builder.ts';
import { ModuleBuilder } from '../src/assembler/module-builder.ts';
import { naturalAlignment, opcodes } from '../src/assembler/opcodes.ts';

const memory = new WebAssembly.Memory({ initial: 1, maximum: 4 });

/** Builds a module with one exported function `f` over the shared test memory. */
function build(
  params: readonly ValueType[],
  results: readonly ValueType[],
  body: (f: FunctionBuilder) => void,
): (...args: number[]) => number {
  const m = new ModuleBuilder();
  m.importMemory('env', 'memory', { min: 1, max: 65536 });
  body(m.func('f', { params, results, exportAs: 'f' }));
  const instance = new WebAssembly.Instance(new WebAssembly.Module(m.bytes()), { env: { memory } });
  return instance.exports['f'] as (...args: number[]) => number;
}

describe('encodings', () => {
  it('writes LEB128 like the specification', () => {
    const encode = (write: (w: ByteWriter) => void): number[] => {
      const w = new ByteWriter(1);
      write(w);
      return [...w.view()];
    };
    expect(encode((w) => w.u32(624485))).toEqual([0xe5, 0x8e, 0x26]);
    expect(encode((w) => w.u32(0xffffffff))).toEqual([0xff, 0xff, 0xff, 0xff, 0x0f]);
    expect(encode((w) => w.s32(-123456))).toEqual([0xc0, 0xbb, 0x78]);
    expect(encode((w) => w.s32(64))).toEqual([0xc0, 0x00]);
    expect(encode((w) => w.s32(-64))).toEqual([0x40]);
    expect(encode((w) => w.f32(1))).toEqual([0, 0, 0x80, 0x3f]);
    expect(encode((w) => w.name('é'))).toEqual([2, 0xc3, 0xa9]);
  });

  it('passes constants of every size through the engine', () => {
    for (const value of [0, 1, -1, 63, 64, -64, -65, 8191, 8192, 2 ** 31 - 1, -(2 ** 31)]) {
      expect(build([], ['i32'], (f) => f.i32Const(value))()).toBe(value);
    }
  });
});

describe('opcode tables', () => {
  it('agree with the specification at the points where a slip would show', () => {
    const expected: Record<string, number> = {
      'i32.eqz': 0x45,
      'i32.rotr': 0x78,
      'f32.copysign': 0x98,
      'i32x4.ge_u': 0xfd040,
      'v128.any_true': 0xfd053,
      'v128.store64_lane': 0xfd05b,
      'v128.load64_zero': 0xfd05d,
      'i32x4.mul': 0xfd0b5,
      'f32x4.pmax': 0xfd0eb,
      'i32.atomic.rmw.cmpxchg': 0xfe048,
    };
    for (const [name, code] of Object.entries(expected)) expect([name, opcodes.get(name)]).toEqual([name, code]);
  });

  it('give every instruction its own code', () => {
    expect(new Set(opcodes.values()).size).toBe(opcodes.size);
    expect(opcodes.size).toBeGreaterThan(150);
  });

  it('derive natural alignments', () => {
    const expected = {
      'i32.load': 2,
      'v128.load': 4,
      'v128.store': 4,
      'v128.load16x4_u': 3,
      'v128.load32_splat': 2,
      'v128.load64_zero': 3,
      'v128.store16_lane': 1,
      'memory.atomic.wait32': 2,
      'i32.atomic.rmw.add': 2,
    };
    for (const [op, align] of Object.entries(expected)) expect([op, naturalAlignment(op)]).toEqual([op, align]);
  });
});

describe('control flow', () => {
  it('sums with a loop, and takes no pass when the limit is not above the start', () => {
    const sum = build(['i32'], ['i32'], (f) => {
      const i = f.local('i32');
      const total = f.local('i32');
      f.for_(i, 0, f.param(0), 1, () => {
        f.get(total);
        f.get(i);
        f.op('i32.add');
        f.set(total);
      });
      f.get(total);
    });
    expect([sum(10), sum(1), sum(0), sum(-5)]).toEqual([45, 0, 0, 0]);
  });

  it('nests blocks, branches out of them, and returns', () => {
    const classify = build(['i32'], ['i32'], (f) => {
      f.block((outer) => {
        f.block((middle) => {
          f.block((inner) => {
            for (const [value, label] of [inner, middle].entries()) {
              f.get(f.param(0));
              f.i32Const(value);
              f.op('i32.eq');
              f.brIf(label);
            }
            f.br(outer);
          });
          f.i32Const(100);
          f.return_();
        });
        f.i32Const(200);
        f.return_();
      });
      f.get(f.param(0));
      f.i32Const(9);
      f.op('i32.gt_s');
      f.if_(
        () => f.i32Const(1),
        () => f.i32Const(2),
        'i32',
      );
    });
    expect([0, 1, 2, 10].map((x) => classify(x))).toEqual([100, 200, 2, 1]);
  });

  it('turns set followed by get of the same local into tee, and nothing else', () => {
    const f = (body: (f: FunctionBuilder) => void): number => {
      let size = 0;
      expect(
        build(['i32'], ['i32'], (g) => {
          body(g);
          size = g.size;
        })(7),
      ).toBe(14);
      return size;
    };
    const fused = f((g) => {
      const x = g.local('i32');
      g.get(g.param(0));
      g.set(x);
      g.get(x);
      g.get(x);
      g.op('i32.add');
    });
    const apart = f((g) => {
      const x = g.local('i32');
      g.get(g.param(0));
      g.set(x);
      g.block(() => {});
      g.get(x);
      g.get(x);
      g.op('i32.add');
    });
    expect(apart - fused).toBe(2 + 3);
  });
});

describe('modules', () => {
  it('calls functions declared later, imports, globals and data', () => {
    const m = new ModuleBuilder();
    m.importMemory('env', 'memory', { min: 1, max: 65536 });
    const twice = m.importFunc('env', 'twice', { params: ['f32'], results: ['f32'] });
    const counter = m.global('i32', 40, { mutable: true, exportAs: 'counter' });
    const main = m.func('main', { params: [], results: ['f32'], exportAs: 'main' });
    const later = m.func('later', { params: ['i32'], results: ['f32'] });
    m.data(4096, new Uint8Array(new Float32Array([1.5, 2.5]).buffer));
    main.i32Const(4096);
    main.call(later);
    main.call(twice);
    later.getGlobal(counter);
    later.i32Const(2);
    later.op('i32.add');
    later.setGlobal(counter);
    later.get(later.param(0));
    later.load('f32.load', { offset: 4 });
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(m.bytes()), {
      env: { memory, twice: (x: number) => 2 * x },
    });
    expect((exports['main'] as () => number)()).toBe(5);
    expect((exports['counter'] as WebAssembly.Global).value).toBe(42);
    expect(() => m.importFunc('env', 'late', { params: [], results: [] })).toThrow(/env\.late/);
  });

  it('names functions in stack traces', () => {
    const m = new ModuleBuilder();
    m.func('scan_body_3', { params: [], results: [], exportAs: 'go' }).op('unreachable');
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(m.bytes()));
    let stack = '';
    try {
      (exports['go'] as () => void)();
    } catch (error) {
      stack = (error as Error).stack ?? '';
    }
    expect(stack).toContain('scan_body_3');
  });

  it('links to a shared memory', () => {
    const shared = new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true });
    const m = new ModuleBuilder();
    m.importMemory('env', 'memory', { min: 1, max: 2, shared: true });
    const f = m.func('add', { params: [], results: ['i32'], exportAs: 'add' });
    f.i32Const(16);
    f.i32Const(5);
    f.memory('i32.atomic.rmw.add');
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(m.bytes()), { env: { memory: shared } });
    const add = exports['add'] as () => number;
    add();
    expect(add()).toBe(5);
    expect(new Int32Array(shared.buffer)[4]).toBe(10);
  });

  it('reuses freed locals by type and refuses to free twice', () => {
    const f = new ModuleBuilder().func('f', { params: ['i32'], results: [] });
    const a = f.local('v128');
    const b = f.local('i32');
    f.free(a, b);
    expect(f.local('i32')).toBe(b);
    expect(f.local('v128')).toBe(a);
    expect(f.local('v128').index).toBe(3);
    f.free(a);
    expect(() => f.free(a)).toThrow(/twice/);
    expect(() => f.param(1)).toThrow(/no parameter/);
  });

  it('takes many locals of mixed types and code larger than its first buffer', () => {
    const count = 20_000;
    const f = build([], ['i32'], (g) => {
      g.local('v128');
      const x = g.local('i32');
      g.local('f32');
      for (let i = 0; i < count; i++) {
        g.get(x);
        g.i32Const(i & 1023);
        g.op('i32.add');
        g.set(x);
      }
      g.get(x);
    });
    let expected = 0;
    for (let i = 0; i < count; i++) expected += i & 1023;
    expect(f()).toBe(expected);
  });
});

describe('vectors and bulk memory', () => {
  it('computes with v128', () => {
    const view = new Float32Array(memory.buffer, 0, 16);
    view.set([1, 2, 3, 4, 10, 20, 30, 40, 0.5]);
    build([], [], (f) => {
      f.i32Const(0);
      f.i32Const(0);
      f.load('v128.load');
      f.i32Const(0);
      f.load('v128.load', { offset: 16 });
      f.op('f32x4.mul');
      f.i32Const(0);
      f.load('v128.load32_splat', { offset: 32 });
      f.op('f32x4.add');
      f.f32x4Splat(100);
      f.op('f32x4.add');
      f.store('v128.store', { offset: 48 });
    })();
    expect([...view.slice(12)]).toEqual([110.5, 140.5, 190.5, 260.5]);
  });

  it('shuffles, and moves single lanes', () => {
    const view = new Int32Array(memory.buffer, 0, 16);
    view.set([0, 1, 2, 3, 4, 5, 6, 7]);
    const lane = build([], ['i32'], (f) => {
      const v = f.local('v128');
      f.i32Const(0);
      f.load('v128.load');
      f.i32Const(0);
      f.load('v128.load', { offset: 16 });
      f.shuffle32(0, 4, 3, 7);
      f.set(v);
      f.i32Const(32);
      f.get(v);
      f.store('v128.store');
      f.i32Const(48);
      f.get(v);
      f.memoryLane('v128.store32_lane', 3, { offset: 8 });
      f.get(v);
      f.i32x4Splat(-3);
      f.op('i32x4.add');
      f.lane('i32x4.extract_lane', 1);
    })();
    expect([...view.slice(8, 12)]).toEqual([0, 4, 3, 7]);
    expect(view[14]).toBe(7);
    expect(lane).toBe(1);
  });

  it('fills', () => {
    const bytes = new Uint8Array(memory.buffer);
    bytes.set([1, 2, 3, 4], 2000);
    build([], [], (f) => {
      f.i32Const(2002);
      f.i32Const(9);
      f.i32Const(3);
      f.memoryFill();
    })();
    expect([...bytes.slice(2000, 2006)]).toEqual([1, 2, 9, 9, 9, 0]);
  });

  it('every plain instruction of the SIMD pages validates', () => {
    // The operand types follow from the mnemonic; the engine is the judge.
    const shift = /\.(shl|shr_[su])$/;
    const unary =
      /\.(not|any_true|all_true|bitmask|abs|neg|sqrt|ceil|floor|trunc|nearest|splat|convert.*|trunc_sat.*)$/;
    const ternary = /\.bitselect$/;
    const scalar: Record<string, ValueType> = { f32x4: 'f32' };
    for (const [name, code] of opcodes) {
      if (code < 0xfd000 || code > 0xfd0ff || /load|store|lane/.test(name)) continue;
      const m = new ModuleBuilder();
      const f = m.func('f', { params: [], results: [] });
      const zero = f.local('v128');
      if (name.endsWith('.splat')) f.get(f.local(scalar[name.slice(0, 5)] ?? 'i32'));
      else {
        f.get(zero);
        if (shift.test(name)) f.i32Const(1);
        else if (!unary.test(name)) f.get(zero);
        if (ternary.test(name)) f.get(zero);
      }
      f.op(name as Parameters<typeof f.op>[0]);
      f.op('drop');
      expect([name, WebAssembly.validate(m.bytes())]).toEqual([name, true]);
    }
  });
});
