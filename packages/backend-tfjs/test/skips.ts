/** What devices cannot do, by backend of tfjs, with reasons; nothing can be lowered around it. */
import type { Skip } from '@rheo/conformance';

const denormals: Skip = {
  reason: 'the device takes denormal numbers for 0',
  cases: [
    'special/sign/f32-denormal',
    'special/log/f32-denormal',
    'special/sqrt/f32-denormal',
    'special/div/f32-denormal',
    'special/eq/f32-denormal',
    'special/lt/f32-denormal',
    'special/le/f32-denormal',
    'special/convert/f32-bool',
  ],
};

/** Of those not named here nothing is skipped. */
export const skips: Readonly<Record<'webgl' | 'webgpu', readonly Skip[]>> = {
  webgl: [denormals],
  webgpu: [denormals],
};
