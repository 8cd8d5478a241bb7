import { runConformance } from '@rheo/conformance';
import { referenceBackend } from '@rheo/ir';

const backend = referenceBackend();
const results = await runConformance(backend, {
  filter: ({ id }) => id.startsWith('op/tanh/'),
  skip: [{ reason: 'to show a skip', cases: ['op/tanh/f32/0'] }],
});
const failed = results.filter(({ ok }) => !ok);
const skipped = results.filter((result) => result.skipped === true);
console.log(`${results.length} cases, ${failed.length} failed, ${skipped.length} skipped`);
