/**
 * How the devices behind tfjs say that they are gone: an event of the WebGL canvas, a promise of the WebGPU device.
 */

interface GlContext {
  readonly canvas?: { addEventListener?(type: string, listen: () => void): void };
  isContextLost?(): boolean;
}

interface DeviceBackend {
  readonly gpgpu?: { readonly gl?: GlContext };
  readonly device?: { readonly lost?: Promise<{ readonly reason?: string; readonly message?: string }> };
}

/** Resolves with a sentence when the device of a backend of tfjs is gone; never where it cannot go. */
export function lossOf(instance: unknown): Promise<string> {
  const { gpgpu, device } = instance as DeviceBackend;
  const gl = gpgpu?.gl;
  return new Promise((resolve) => {
    if (gl?.isContextLost?.()) resolve('the WebGL context was lost');
    gl?.canvas?.addEventListener?.('webglcontextlost', () => resolve('the WebGL context was lost'));
    void device?.lost?.then(({ reason, message }) => {
      resolve(`the WebGPU device was lost${message ? `: ${message}` : reason ? ` (${reason})` : ''}`);
    });
  });
}
