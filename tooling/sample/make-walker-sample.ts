/**
 * Cuts the bundled Walker2d sample out of the full archive: `tsx make-walker-sample.ts path/to/walker.zip`.
 *
 * Every 17th rollout by name (24 of 400), the original .npy bytes under their original names, packed without time
 * stamps: the same archive gives the same sample, byte for byte. Writes apps/quickstart/data/walker2d-sample.zip.
 */
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { readZip, walker2dFromZip, writeZip } from '@rheo/data';
import { readBytes, writeBytes } from '@rheo/data/node';

const every = 17;
const target = fileURLToPath(new URL('../../apps/quickstart/data/walker2d-sample.zip', import.meta.url));

const source = process.argv[2];
if (source === undefined) {
  process.stderr.write('usage: tsx --conditions=@rheo/source tooling/sample/make-walker-sample.ts PATH/walker.zip\n');
  process.exit(2);
}
const rollouts = readZip(await readBytes(source), { file: source })
  .filter(({ name }) => /(^|\/)rollout_\d{3}\.npy$/.test(name))
  .sort((a, b) => (a.name < b.name ? -1 : 1));
const chosen = rollouts.filter((_, i) => i % every === 0);
const sample = writeZip(chosen);
const { train, validation, test } = walker2dFromZip(sample, { file: target });
await writeBytes(target, sample);

process.stdout.write(
  `${target}: ${chosen.length} of ${rollouts.length} rollouts, ${sample.length} bytes, ` +
    `windows ${train.count} train, ${validation.count} validation, ${test.count} test\n` +
    `sha256 ${createHash('sha256').update(sample).digest('hex')}\n`,
);
