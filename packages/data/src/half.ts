/**
 * The two 16-bit float formats, widened to float32. Both conversions are exact: every half and bfloat16 value,
 * subnormals, infinities and NaN included, is a float32 value.
 */

/** IEEE binary16, little-endian bytes (an even number of them), to float32. */
export function widenHalf(bytes: Uint8Array): Float32Array {
  return widen(bytes, (bits) => {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >>> 10) & 0x1f;
    const fraction = bits & 0x3ff;
    if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
    return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  });
}

/** bfloat16 (the upper half of a float32), little-endian bytes, to float32. */
export function widenBfloat16(bytes: Uint8Array): Float32Array {
  const scratch = new DataView(new ArrayBuffer(4));
  return widen(bytes, (bits) => {
    scratch.setUint32(0, bits * 65536);
    return scratch.getFloat32(0);
  });
}

function widen(bytes: Uint8Array, convert: (bits: number) => number): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const out = new Float32Array(bytes.length >>> 1);
  for (let i = 0; i < out.length; i++) out[i] = convert(view.getUint16(2 * i, true));
  return out;
}
