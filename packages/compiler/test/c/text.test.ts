import { describe, expect, it } from 'vitest';
import { floatLiteral, literal } from '../../src/c/literals.ts';
import { commentText, identifierPart, isIdentifier } from '../../src/c/text.ts';
import { compileAndRun, findCompiler } from './c-compiler.ts';

describe('texts from outside', () => {
  it('become parts of identifiers', () => {
    expect(identifierPart('model/0/Gru-Cell')).toBe('model_0_gru_cell');
    expect(identifierPart('__proto__')).toBe('proto');
    expect(identifierPart('żółw; int main()')).toBe('w_int_main');
    expect(identifierPart('→')).toBe('');
    expect(identifierPart('a'.repeat(99), 12)).toBe('a'.repeat(12));
  });

  it('cannot end a comment', () => {
    const nasty = ['*/ int x; /*', '**//**/', '*\\\n/', '??/\n/', 'a\u0000b', '\u202eabc', '//', '/*/*', '???/'];
    for (const text of nasty) {
      expect(commentText(text)).toMatch(/^[\x20-\x7e]*$/);
      expect(`${commentText(text)} */`.indexOf('*/')).toBe(commentText(text).length + 1);
      expect(commentText(text)).not.toMatch(/\/\*|\/\/|\\|\?\?/);
    }
    expect(commentText('f32[4] * 2 / 3')).toBe('f32[4] * 2 / 3');
  });

  it('are names only if C and C++ allow them', () => {
    expect(['walker', 'cfc_2', 'A'].every(isIdentifier)).toBe(true);
    for (const name of ['', '2x', '_x', 'a__b', 'int', 'class', 'errno', 'a-b', 'a b', 'x;', 'é', 'a'.repeat(64)]) {
      expect(isIdentifier(name), name).toBe(false);
    }
  });
});

describe('numbers', () => {
  it('are short and exact', () => {
    const texts = [
      0.1,
      1,
      -2.5,
      1e-7,
      16777216,
      3.4028234663852886e38,
      1e-45,
      -0,
      Number.NaN,
      Number.NEGATIVE_INFINITY,
    ];
    expect(texts.map(floatLiteral)).toEqual([
      '0.1f',
      '1.0f',
      '-2.5f',
      '1e-7f',
      '16777216.0f',
      '3.4028235e38f',
      '1e-45f',
      '-0.0f',
      'NAN',
      '-INFINITY',
    ]);
    expect(literal('i32', -(2 ** 31))).toBe('(-INT32_C(2147483647) - 1)');
    expect(literal('i32', -40000)).toBe('-INT32_C(40000)');
    expect(literal('u32', 2 ** 32 - 1)).toBe('UINT32_C(4294967295)');
  });

  it.skipIf(findCompiler() === undefined)(
    'are read back by a compiler to the bit (needs cc)',
    { timeout: 60_000 },
    () => {
      const bits = new Uint32Array(4096);
      for (let i = 0; i < bits.length; i++) bits[i] = Math.imul(i + 1, 2654435761) >>> 0;
      const floats = [...new Float32Array(bits.buffer)].map((value) => (Number.isFinite(value) ? value : 1));
      const source = `#include <stdio.h>
static const float x[] = {${floats.map(floatLiteral).join(',\n')}};
int main(void) { return fwrite(x, 4, ${floats.length}, stdout) != ${floats.length}; }`;
      const output = compileAndRun(source, new Uint8Array());
      expect(new Float32Array(new Uint8Array(output).buffer)).toEqual(Float32Array.from(floats));
    },
  );
});
