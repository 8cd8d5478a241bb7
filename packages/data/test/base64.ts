/** Base64 text of a fixture to bytes that do not start at the beginning of their buffer, as slices of files do not. */
export function fromBase64(text: string): Uint8Array {
  const bytes = Buffer.from(text, 'base64');
  const shifted = new Uint8Array(bytes.length + 3);
  shifted.set(bytes, 3);
  return shifted.subarray(3);
}
