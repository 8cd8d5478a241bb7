import { wasm } from '@rheo/backend-wasm';
import { lower } from '@rheo/compiler';
import {
  add,
  concat,
  div,
  lecunTanh,
  logistic,
  matmul,
  mul,
  reduceMean,
  reshape,
  scan,
  slice,
  sqrt,
  square,
  sub,
  tanh,
  trace,
  valueAndGrad,
  zeros,
} from '@rheo/core';
import { evaluate, hash, type Program, print, type TensorType } from '@rheo/ir';
import { optimise } from '@rheo/passes';

const backend = await wasm();
const f32 = (...shape: number[]): TensorType => ({ dtype: 'f32', shape });
for (const [name, B, T, F, H, U] of ([['S', 32, 32, 5, 32, 128], ['M', 64, 64, 16, 64, 128], ['L', 256, 64, 17, 256, 256]] as const).filter((s) => (process.env['SH'] ?? 'S').includes(s[0]))) {
  const ptypes = { W1: f32(F + H, U), b1: f32(U), Wo: f32(U, 4 * H), bo: f32(4 * H) };
  const loss = (p: any, x: any, d: any) => {
    const [, ys] = scan(
      (h: any, [xt, dt]: any) => {
        const k = lecunTanh(add(matmul(concat([xt, h], 1), p.W1), p.b1));
        const o = add(matmul(k, p.Wo), p.bo);
        const s = (i: number) => slice(o, { axis: 1, start: i * H, limit: (i + 1) * H });
        const f1 = tanh(s(0)),
          f2 = tanh(s(1));
        const g = logistic(add(mul(s(2), reshape(dt, [B, 1])), s(3)));
        const hn = add(mul(f1, sub(1, g)), mul(g, f2));
        return [hn, hn];
      },
      zeros([B, H]),
      [x, d],
    ) as any;
    return reduceMean(square(ys));
  };
  const traced = trace(
    (p: any, m: any, v: any, x: any, d: any) => {
      const { value, gradient } = valueAndGrad(loss as any)(p, x, d) as any;
      const np: any = {},
        nm: any = {},
        nv: any = {};
      for (const k of Object.keys(p)) {
        nm[k] = add(mul(m[k], 0.9), mul(gradient[k], 0.1));
        nv[k] = add(mul(v[k], 0.999), mul(square(gradient[k]), 0.001));
        np[k] = sub(p[k], mul(1e-3, div(nm[k], add(sqrt(nv[k]), 1e-8))));
      }
      return [np, nm, nv, value];
    },
    [ptypes, ptypes, ptypes, f32(T, B, F), f32(T, B)] as any,
  );
  const p = traced.program as Program;
  const t0 = performance.now();
  const opt = optimise(p);
  console.log(name, 'optimise ms', performance.now() - t0, p.instructions.length, opt.instructions.length);
  if (name === 'S' && process.env.SHOW) console.log(print(opt, { metadata: false }));
  if (process.env.SHOW2 && name === 'S') {
    const l = lower(opt);
    const show = (steps: readonly any[], ind = '') => {
      for (const s of steps) {
        if (s.kind === 'loop') {
          console.log(ind + 'loop', s.length, s.reverse);
          show(s.body, ind + '  ');
        } else
          console.log(
            ind + s.kind,
            s.origin.name,
            s.kind === 'product'
              ? [
                  s.m,
                  s.n,
                  s.k,
                  s.mStride,
                  s.kStride,
                  'batch',
                  JSON.stringify(s.batch),
                  'epi',
                  s.epilogue.nodes.length,
                  s.epilogue.stores.length,
                ]
              : s.kind === 'pack'
                ? [s.k, s.n, s.kStride, s.nStride]
                : [JSON.stringify(s.shape), 'nodes', s.nodes.length, 'stores', s.stores?.length, s.reduced],
          );
      }
    };
    show(l.steps);
  }
  const t1 = performance.now();
  const e = await backend.compile(p);
  console.log(name, 'compile', performance.now() - t1, 'ws', e.workspaceBytes / 1e6);
  const ins = p.params.map(({ type }) => {
    const n = type.shape.reduce((a: number, c) => a * (c as number), 1);
    return Float32Array.from({ length: n }, () => (Math.random() - 0.5) * 0.5);
  });
  const hs = ins.map((d, i) => backend.upload(d, p.params[i]!.type));
  if (name === 'S') {
    const want = evaluate(p, ins);
    const rs = e.run(hs);
    rs.forEach((r, i) => {
      const got = backend.readSync(r);
      let w = 0;
      for (let j = 0; j < got.length; j++) {
        const dd = Math.abs(got[j]! - want[i]![j]!) / (1e-3 + Math.abs(want[i]![j]!));
        if (!(dd <= w)) w = dd;
      }
      console.log('result', i, 'worst rel', w);
    });
  }
  const N = name === "L" ? 3 : Number(process.env.N ?? 60);
  for (let i = 0; i < N / 2; i++) e.run(hs).forEach((r) => r.dispose());
  const times = [];
  for (let i = 0; i < N; i++) {
    const a = performance.now();
    e.run(hs).forEach((r) => r.dispose());
    times.push(performance.now() - a);
  }
  times.sort((a, b) => a - b);
  console.log(name, 'train us/step', (times[N >> 1]! * 1000) / T, 'min', (times[0]! * 1000) / T);
}
