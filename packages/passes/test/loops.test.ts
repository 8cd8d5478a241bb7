/** Passes on scans, before and after as texts; both sides must also mean the same. */

import type { Program } from '@rheo/ir';
import { parse, print } from '@rheo/ir';
import {
  deadCode,
  factor,
  hoist,
  hoistStreamed,
  inlineCalls,
  mergeDots,
  rematerialise,
  simplify,
  sink,
  sinkOutputs,
  splitConcatDot,
} from '@rheo/passes';
import { expect, test } from 'vitest';
import { expectSameMeaning } from './same-meaning.ts';

/** The text of a Program after a pass and the removal of what it left idle. */
function after(before: string, pass: (program: Program) => Program): string {
  const program = parse(before);
  const changed = deadCode(pass(program));
  expectSameMeaning(program, changed);
  return print(changed);
}

const W = 'program(%0: f32[4,4], %1: f32[2,4], %2: f32[3,2,4])';
const body = 'body=program(%0: f32[4,4], %1: f32[2,4], %2: f32[2,4])';
const attributes = 'length=3 reverse=false consts=1 carries=1';
const product = 'contract=[[1],[0]] batch=[[],[]]';

test('hoist: invariant work leaves, what only repeats stays', () => {
  const before = `${W} {
    %3: f32[2,4], %4: f32[3,2,4] = scan(%0, %1, %2) ${attributes} ${body} {
      %3: f32[4,4] = exp(%0)
      %4: f32[4,4] = transpose(%3) permutation=[1,0]
      %5: f32[2,4] = dot(%1, %4) ${product}
      %6: f32[] = constant() dtype=f32 shape=[] value=[2]
      %7: f32[2,4] = broadcast(%6) shape=[2,4] axes=[]
      %8: f32[2,4] = mul(%5, %7)
      return %8, %8
    }
    return %3, %4
  }`;
  expect(after(before, hoist)).toMatchInlineSnapshot(`
    "program(%0: f32[4,4], %1: f32[2,4], %2: f32[3,2,4]) {
      %3: f32[4,4] = exp(%0)
      %4: f32[2,4], %5: f32[3,2,4] = scan(%3, %1) length=3 reverse=false consts=1 carries=1 body=program(%0: f32[4,4], %1: f32[2,4]) {
        %2: f32[4,4] = transpose(%0) permutation=[1,0]
        %3: f32[2,4] = dot(%1, %2) contract=[[1],[0]] batch=[[],[]]
        %4: f32[] = constant() dtype=f32 shape=[] value=[2]
        %5: f32[2,4] = broadcast(%4) shape=[2,4] axes=[]
        %6: f32[2,4] = mul(%3, %5)
        return %6, %6
      }
      return %4, %5
    }"
  `);
});

test('hoist: a while stays where it is', () => {
  const before = `program(%0: f32[2], %1: f32[2]) {
    %2: f32[2] = scan(%0, %1) length=2 reverse=false consts=1 carries=1 body=program(%0: f32[2], %1: f32[2]) {
      %2: f32[2] = while(%0) consts=0 cond=program(%0: f32[2]) {
        %1: bool[] = constant() dtype=bool shape=[] value=[0]
        return %1
      } body=program(%0: f32[2]) {
        return %0
      }
      %3: f32[2] = add(%1, %2)
      return %3
    }
    return %2
  }`;
  const program = parse(before);
  expect(hoist(program)).toBe(program);
});

test('dead code: a carry that feeds only itself, a y and an x that nobody reads', () => {
  const before = `program(%0: f32[2], %1: f32[2], %2: f32[3,2], %3: f32[3,2]) {
    %4: f32[2], %5: f32[2], %6: f32[3,2], %7: f32[3,2] = scan(%0, %1, %2, %3) length=3 reverse=false consts=0 carries=2
      body=program(%0: f32[2], %1: f32[2], %2: f32[2], %3: f32[2]) {
      %4: f32[2] = add(%0, %2)
      %5: f32[2] = mul(%1, %3)
      return %4, %5, %5, %4
    }
    return %4
  }`;
  expect(after(before, (program) => program)).toMatchInlineSnapshot(`
    "program(%0: f32[2], %1: f32[2], %2: f32[3,2], %3: f32[3,2]) {
      %4: f32[2] = scan(%0, %2) length=3 reverse=false consts=0 carries=1 body=program(%0: f32[2], %1: f32[2]) {
        %2: f32[2] = add(%0, %1)
        return %2
      }
      return %4
    }"
  `);
});

test('simplify: repeated values are neither passed nor stacked, a constant carry is no carry', () => {
  const before = `program(%0: f32[3], %1: f32[2], %2: f32[2]) {
    %3: f32[3,2] = broadcast(%0) shape=[3,2] axes=[0]
    %4: f32[2], %5: f32[2], %6: f32[3,2], %7: f32[3,2,5], %8: f32[3,2] = scan(%1, %2, %3) length=3 reverse=false
      consts=0 carries=2 body=program(%0: f32[2], %1: f32[2], %2: f32[2]) {
      %3: f32[2] = add(%0, %1)
      %4: f32[2] = mul(%3, %2)
      %5: f32[2,5] = broadcast(%4) shape=[2,5] axes=[0]
      return %4, %1, %2, %5, %1
    }
    return %4, %5, %6, %7, %8
  }`;
  expect(after(before, simplify)).toMatchInlineSnapshot(`
    "program(%0: f32[3], %1: f32[2], %2: f32[2]) {
      %3: f32[2], %4: f32[3,2] = scan(%2, %1, %0) length=3 reverse=false consts=1 carries=1 body=program(%0: f32[2], %1: f32[2], %2: f32[]) {
        %3: f32[2] = broadcast(%2) shape=[2] axes=[]
        %4: f32[2] = add(%1, %0)
        %5: f32[2] = mul(%4, %3)
        return %5, %5
      }
      %5: f32[3,2] = broadcast(%0) shape=[3,2] axes=[0]
      %6: f32[3,2,5] = broadcast(%4) shape=[3,2,5] axes=[0,1]
      %7: f32[3,2] = broadcast(%2) shape=[3,2] axes=[1]
      return %3, %2, %5, %6, %7
    }"
  `);
});

test('simplify: loops of no step and of one step', () => {
  const loop = (length: number): string => `program(%0: f32[2], %1: f32[${length},2]) {
    %2: f32[2], %3: f32[${length},2] = scan(%0, %1) length=${length} reverse=false consts=0 carries=1
      body=program(%0: f32[2], %1: f32[2]) {
      %2: f32[2] = add(%0, %1)
      return %2, %2
    }
    return %2, %3
  }`;
  expect(after(loop(0), simplify)).toMatchInlineSnapshot(`
    "program(%0: f32[2], %1: f32[0,2]) {
      %2: f32[] = constant() dtype=f32 shape=[] value=[0]
      %3: f32[0,2] = broadcast(%2) shape=[0,2] axes=[]
      return %0, %3
    }"
  `);
  expect(after(loop(1), simplify)).toMatchInlineSnapshot(`
    "program(%0: f32[2], %1: f32[1,2]) {
      %2: f32[2] = reshape(%1) shape=[2]
      %3: f32[2] = add(%0, %2)
      %4: f32[1,2] = reshape(%3) shape=[1,2]
      return %3, %4
    }"
  `);
});

test('sink: one product over time, factors and transposes outside', () => {
  const before = `program(%0: f32[4,4], %1: f32[4], %2: f32[3,2,4]) {
    %3: f32[4,4], %4: f32[4], %5: f32[3,2,4] = scan(%0, %1, %2) length=3 reverse=true consts=0 carries=2
      body=program(%0: f32[4,4], %1: f32[4], %2: f32[2,4]) {
      %3: f32[2,4] = tanh(%2)
      %4: f32[] = constant() dtype=f32 shape=[] value=[3]
      %5: f32[2,4] = broadcast(%4) shape=[2,4] axes=[]
      %6: f32[2,4] = mul(%2, %5)
      %7: f32[4,4] = dot(%6, %3) contract=[[0],[0]] batch=[[],[]]
      %8: f32[4,4] = transpose(%7) permutation=[1,0]
      %9: f32[4,4] = add(%0, %8)
      %10: f32[4] = reduce_sum(%3) axes=[0]
      %11: f32[4] = sub(%1, %10)
      return %9, %11, %3
    }
    return %3, %4, %5
  }`;
  expect(after(before, sink)).toMatchInlineSnapshot(`
    "program(%0: f32[4,4], %1: f32[4], %2: f32[3,2,4]) {
      %3: f32[3,2,4] = scan(%2) length=3 reverse=true consts=0 carries=0 body=program(%0: f32[2,4]) {
        %1: f32[2,4] = tanh(%0)
        return %1
      }
      %4: f32[4,4] = dot(%2, %3) contract=[[0,1],[0,1]] batch=[[],[]]
      %5: f32[] = constant() dtype=f32 shape=[] value=[3]
      %6: f32[4,4] = broadcast(%5) shape=[4,4] axes=[]
      %7: f32[4,4] = mul(%4, %6)
      %8: f32[4,4] = transpose(%7) permutation=[1,0]
      %9: f32[4,4] = add(%0, %8)
      %10: f32[4] = reduce_sum(%3) axes=[0,1]
      %11: f32[4] = sub(%1, %10)
      return %9, %11, %3
    }"
  `);
});

test('sink: a large term that would only be stacked to be added stays', () => {
  const before = `program(%0: f32[90,90], %1: f32[3,90,90]) {
    %2: f32[90,90] = scan(%0, %1) length=3 reverse=false consts=0 carries=1 body=program(%0: f32[90,90], %1: f32[90,90]) {
      %2: f32[90,90] = tanh(%1)
      %3: f32[90,90] = add(%0, %2)
      return %3
    }
    return %2
  }`;
  const program = parse(before);
  expect(sink(program)).toBe(program);
  expect(sink(program, { limit: Number.POSITIVE_INFINITY })).not.toBe(program);
});

test('split and hoistStreamed: the product of the inputs sees all steps', () => {
  const before = `program(%0: f32[6,4], %1: f32[2,4], %2: f32[3,2,2]) {
    %3: f32[2,4] = scan(%0, %1, %2) ${attributes} body=program(%0: f32[6,4], %1: f32[2,4], %2: f32[2,2]) {
      %3: f32[2,6] = concat(%2, %1) axis=1
      %4: f32[2,4] = dot(%3, %0) ${product}
      %5: f32[2,4] = tanh(%4)
      return %5
    }
    return %3
  }`;
  expect(after(before, (program) => hoistStreamed(splitConcatDot(program)))).toMatchInlineSnapshot(`
    "program(%0: f32[6,4], %1: f32[2,4], %2: f32[3,2,2]) {
      %3: f32[2,4] = slice(%0) axis=0 start=0 limit=2
      %4: f32[3,2,4] = dot(%2, %3) contract=[[2],[0]] batch=[[],[]]
      %5: f32[2,4] = scan(%0, %1, %4) length=3 reverse=false consts=1 carries=1 body=program(%0: f32[6,4], %1: f32[2,4], %2: f32[2,4]) {
        %3: f32[4,4] = slice(%0) axis=0 start=2 limit=6
        %4: f32[2,4] = dot(%1, %3) contract=[[1],[0]] batch=[[],[]]
        %5: f32[2,4] = add(%2, %4)
        %6: f32[2,4] = tanh(%5)
        return %6
      }
      return %5
    }"
  `);
});

test('hoistStreamed: random bits are drawn for all steps', () => {
  const before = `program(%0: u32[2], %1: f32[4], %2: u32[3]) {
    %3: f32[4] = scan(%0, %1, %2) ${attributes} body=program(%0: u32[2], %1: f32[4], %2: u32[]) {
      %3: u32[4] = iota() dtype=u32 shape=[4] axis=0
      %4: u32[4] = broadcast(%2) shape=[4] axes=[]
      %5: u32[4] = random_bits(%0, %4, %3) bits=24
      %6: f32[4] = convert(%5) to=f32
      %7: f32[4] = mul(%1, %6)
      return %7
    }
    return %3
  }`;
  expect(after(before, hoistStreamed)).toMatchInlineSnapshot(`
    "program(%0: u32[2], %1: f32[4], %2: u32[3]) {
      %3: u32[4] = iota() dtype=u32 shape=[4] axis=0
      %4: u32[3,4] = broadcast(%2) shape=[3,4] axes=[0]
      %5: u32[3,4] = broadcast(%3) shape=[3,4] axes=[1]
      %6: u32[3,4] = random_bits(%0, %4, %5) bits=24
      %7: f32[3,4] = convert(%6) to=f32
      %8: f32[4] = scan(%1, %7) length=3 reverse=false consts=0 carries=1 body=program(%0: f32[4], %1: f32[4]) {
        %2: f32[4] = mul(%0, %1)
        return %2
      }
      return %8
    }"
  `);
});

test('sinkOutputs: a read-out after the loop', () => {
  const before = `program(%0: f32[4,1], %1: f32[2,4], %2: f32[3,2,4]) {
    %3: f32[2,4], %4: f32[3,2,1] = scan(%0, %1, %2) ${attributes} body=program(%0: f32[4,1], %1: f32[2,4], %2: f32[2,4]) {
      %3: f32[2,4] = add(%1, %2)
      %4: f32[2,4] = tanh(%3)
      %5: f32[2,1] = dot(%4, %0) ${product}
      return %4, %5
    }
    return %3, %4
  }`;
  expect(after(before, sinkOutputs)).toMatchInlineSnapshot(`
    "program(%0: f32[4,1], %1: f32[2,4], %2: f32[3,2,4]) {
      %3: f32[2,4], %4: f32[3,2,4] = scan(%1, %2) length=3 reverse=false consts=0 carries=1 body=program(%0: f32[2,4], %1: f32[2,4]) {
        %2: f32[2,4] = add(%0, %1)
        %3: f32[2,4] = tanh(%2)
        return %3, %3
      }
      %5: f32[3,2,1] = dot(%4, %0) contract=[[2],[0]] batch=[[],[]]
      return %3, %5
    }"
  `);
});

test('mergeDots: heads that share an operand', () => {
  const before = `program(%0: f32[4,4], %1: f32[4,4], %2: f32[2,4]) {
    %3: f32[2,4] = scan(%0, %1, %2) length=3 reverse=false consts=2 carries=1
      body=program(%0: f32[4,4], %1: f32[4,4], %2: f32[2,4]) {
      %3: f32[2,4] = dot(%2, %0) ${product}
      %4: f32[2,4] = dot(%2, %1) ${product}
      %5: f32[2,4] = mul(%3, %4)
      %6: f32[2,4] = tanh(%5)
      return %6
    }
    return %3
  }`;
  expect(after(before, mergeDots)).toMatchInlineSnapshot(`
    "program(%0: f32[4,4], %1: f32[4,4], %2: f32[2,4]) {
      %3: f32[4,8] = concat(%0, %1) axis=1
      %4: f32[2,4] = scan(%3, %2) length=3 reverse=false consts=1 carries=1 body=program(%0: f32[4,8], %1: f32[2,4]) {
        %2: f32[2,8] = dot(%1, %0) contract=[[1],[0]] batch=[[],[]]
        %3: f32[2,4] = slice(%2) axis=1 start=0 limit=4
        %4: f32[2,4] = slice(%2) axis=1 start=4 limit=8
        %5: f32[2,4] = mul(%3, %4)
        %6: f32[2,4] = tanh(%5)
        return %6
      }
      return %4
    }"
  `);
});

test('factor: what does not vary leaves a sum, over axes and over steps', () => {
  const before = `program(%0: f32[4], %1: f32[4], %2: f32[3,2,4]) {
    %3: f32[4] = scan(%0, %1, %2) ${attributes} body=program(%0: f32[4], %1: f32[4], %2: f32[2,4]) {
      %3: f32[2,4] = broadcast(%0) shape=[2,4] axes=[1]
      %4: f32[2,4] = mul(%3, %2)
      %5: f32[4] = reduce_sum(%4) axes=[0]
      %6: f32[4] = add(%1, %5)
      return %6
    }
    return %3
  }`;
  expect(after(before, factor)).toMatchInlineSnapshot(`
    "program(%0: f32[4], %1: f32[4], %2: f32[3,2,4]) {
      %3: f32[] = constant() dtype=f32 shape=[] value=[0]
      %4: f32[4] = broadcast(%3) shape=[4] axes=[]
      %5: f32[4] = scan(%4, %2) length=3 reverse=false consts=0 carries=1 body=program(%0: f32[4], %1: f32[2,4]) {
        %2: f32[4] = reduce_sum(%1) axes=[0]
        %3: f32[4] = add(%0, %2)
        return %3
      }
      %6: f32[4] = mul(%5, %0)
      %7: f32[4] = add(%1, %6)
      return %7
    }"
  `);
});

test('rematerialise: a cheap residual is computed again, a dear one is kept', () => {
  const before = `program(%0: f32[2,4], %1: f32[3,2,4]) {
    %2: f32[2,4], %3: f32[3,2,4], %4: f32[3,2,4] = scan(%0, %1) length=3 reverse=false consts=0 carries=1
      body=program(%0: f32[2,4], %1: f32[2,4]) {
      %2: f32[2,4] = add(%0, %1)
      %3: f32[2,4] = tanh(%2)
      %4: f32[2,4] = mul(%3, %3)
      return %3, %3, %4
    }
    %5: f32[2,4] = scan(%0, %3, %4) length=3 reverse=true consts=0 carries=1
      body=program(%0: f32[2,4], %1: f32[2,4], %2: f32[2,4]) {
      %3: f32[2,4] = mul(%0, %1)
      %4: f32[2,4] = sub(%3, %2)
      return %4
    }
    return %2, %5
  }`;
  expect(after(before, rematerialise)).toMatchInlineSnapshot(`
    "program(%0: f32[2,4], %1: f32[3,2,4]) {
      %2: f32[2,4], %3: f32[3,2,4] = scan(%0, %1) length=3 reverse=false consts=0 carries=1 body=program(%0: f32[2,4], %1: f32[2,4]) {
        %2: f32[2,4] = add(%0, %1)
        %3: f32[2,4] = tanh(%2)
        return %3, %3
      }
      %4: f32[2,4] = scan(%0, %3, %3) length=3 reverse=true consts=0 carries=1 body=program(%0: f32[2,4], %1: f32[2,4], %2: f32[2,4]) {
        %3: f32[2,4] = mul(%2, %2)
        %4: f32[2,4] = mul(%0, %1)
        %5: f32[2,4] = sub(%4, %3)
        return %5
      }
      return %2, %4
    }"
  `);
});

test('inlineCalls: paths are joined', () => {
  const program = parse(`program(%0: f32[2]) {
    %1: f32[2] = call(%0) name="cell" body=program(%0: f32[2]) {
      %1: f32[2] = call(%0) name="stop" body=program(%0: f32[2]) {
        %1: f32[2] = tanh(%0)
        return %1
      } gradient=stop
      return %1
    } gradient=inline
    return %1
  }`);
  const inlined = inlineCalls(program);
  expectSameMeaning(program, inlined);
  expect(inlined.instructions.map(({ op, metadata }) => [op, metadata?.layer])).toEqual([['tanh', 'cell']]);
});
