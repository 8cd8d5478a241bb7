/**
 * How the devices behind tfjs say that they are gone: an event of the WebGL canvas, a promise of the WebGPU device.
 */

/** What tells the loss of a device. */
export interface Loss {
  /** Resolves with a sentence when the device is gone; never where it cannot go. */
  readonly told: Promise<string>;
  /** True if the device can go. */
  readonly possible: boolean;
  /** True as soon as it can be known, which may be before it is told. */
  happened(): boolean;
}

interface GlContext {
  readonly canvas?: { addEventListener?(type: string, listen: () => void): void };
  isContextLost?(): boolean;
}

interface DeviceBackend {
  readonly gpgpu?: { readonly gl?: GlContext };
  readonly device?: { readonly lost?: Promise<{ readonly reason?: string; readonly message?: string }> };
}

/** Watches the device of a backend of tfjs. */
export function watchLoss(instance: unknown): Loss {
  const { gpgpu, device } = instance as DeviceBackend;
  const gl = gpgpu?.gl;
  let lost = false;
  const told = new Promise<string>((resolve) => {
    const tell = (message: string): void => {
      lost = true;
      resolve(message);
    };
    if (gl?.isContextLost?.()) tell('the WebGL context was lost');
    gl?.canvas?.addEventListener?.('webglcontextlost', () => tell('the WebGL context was lost'));
    void device?.lost?.then(({ reason, message }) => {
      tell(`the WebGPU device was lost${message ? `: ${message}` : reason ? ` (${reason})` : ''}`);
    });
  });
  return {
    told,
    possible: gl !== undefined || device?.lost !== undefined,
    happened: () => lost || gl?.isContextLost?.() === true,
  };
}
