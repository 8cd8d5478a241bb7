import { readFileSync } from 'node:fs';
import { wasm } from '@rheo/backend-wasm';
import { importNcps } from '@rheo/interop';
import { stream } from '@rheo/layers';

const bytes = readFileSync(new URL('fixtures/torch_ltc_autoncp.pt', import.meta.url)); // torch.save(model.state_dict(), …)
const { model, parameters, features, report } = importNcps(
  { name: 'torch_ltc_autoncp.pt', bytes },
  {
    framework: 'ncps.torch',
    class: 'LTC',
    args: { input_size: 5, ode_unfolds: 6, implicit_param_constraints: true },
    wiring: { class: 'AutoNCP', args: { units: 19, output_size: 4, seed: 7 } },
  },
);
console.log(`${report.family}: ${features} inputs, ${report.outputs} outputs, ${report.numbers} numbers`);

const live = await stream(model, parameters, await wasm(), { features });
const [first = 0] = live.step([0.1, 0.2, 0.3, 0.4, 0.5], 0.7); // 0.7 s after the step before
console.log(first.toFixed(4));

try {
  importNcps({ name: 'torch_ltc_autoncp.pt', bytes }, { framework: 'ncps.torch' });
} catch (error) {
  console.log(String(error));
}
