/**
 * A growing byte buffer with the encodings of the WebAssembly binary format: LEB128 integers,
 * little-endian floats, length-prefixed vectors and names. It allocates only when it doubles.
 * It knows nothing of sections or instructions.
 */

const scratch: DataView<ArrayBuffer> = /* @__PURE__ */ new DataView(new ArrayBuffer(8));

/** Append-only bytes; `bytes[0 .. length)` is what was written. */
export class ByteWriter {
  length = 0;
  #bytes: Uint8Array<ArrayBuffer>;

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity);
  }

  /** Makes room for `extra` more bytes. */
  #reserve(extra: number): void {
    const needed = this.length + extra;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.length));
    this.#bytes = grown;
  }

  /** One byte. */
  u8(value: number): void {
    if (this.length === this.#bytes.length) this.#reserve(1);
    this.#bytes[this.length++] = value;
  }

  /** Overwrites the byte at `position`. */
  patch(position: number, value: number): void {
    this.#bytes[position] = value;
  }

  /** Unsigned 32-bit LEB128. */
  u32(value: number): void {
    let rest = value >>> 0;
    while (rest > 127) {
      this.u8((rest & 127) | 128);
      rest >>>= 7;
    }
    this.u8(rest);
  }

  /** Signed LEB128 of an i32 (values from 2^31 to 2^32−1 are taken as their two's complement). */
  s32(value: number): void {
    let rest = value | 0;
    while (rest < -64 || rest > 63) {
      this.u8((rest & 127) | 128);
      rest >>= 7;
    }
    this.u8(rest & 127);
  }

  /** Little-endian 32-bit float. */
  f32(value: number): void {
    scratch.setFloat32(0, value, true);
    this.#scratch(4);
  }

  /** Little-endian 64-bit float. */
  f64(value: number): void {
    scratch.setFloat64(0, value, true);
    this.#scratch(8);
  }

  /** Little-endian 32-bit integer, fixed width. */
  fixed32(value: number): void {
    scratch.setInt32(0, value, true);
    this.#scratch(4);
  }

  /** Bytes as they are. */
  raw(bytes: ArrayLike<number>): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** A length-prefixed UTF-8 string. */
  name(text: string): void {
    const bytes = new TextEncoder().encode(text);
    this.u32(bytes.length);
    this.raw(bytes);
  }

  /** A length-prefixed copy of another writer's bytes. */
  sized(part: ByteWriter): void {
    this.u32(part.length);
    this.raw(part.view());
  }

  /** What was written, without a copy; valid until the next write. */
  view(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.length);
  }

  #scratch(count: number): void {
    this.#reserve(count);
    for (let i = 0; i < count; i++) this.#bytes[this.length++] = scratch.getUint8(i);
  }
}
