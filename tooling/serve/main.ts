/**
 * `pnpm serve load` and `pnpm serve fuzz`: the server under the load that it promises to hold, and among hostile clients.
 * The exit code is 1 when an answer was wrong or missing, or the server took harm.
 */
import { parseArgs } from 'node:util';
import { fuzz } from './fuzz.ts';
import type { Transport } from './load.ts';
import { load, restart } from './load.ts';
import { answersOf, modelFile } from './model.ts';
import { startServer } from './start-server.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    keys: { type: 'string', default: '1000' },
    rate: { type: 'string', default: '10' },
    seconds: { type: 'string', default: '60' },
    connections: { type: 'string', default: '50' },
    units: { type: 'string', default: '64' },
    requests: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
  },
});
const [what = ''] = positionals;
if (what === 'load') await runLoad();
else if (what === 'fuzz') await runFuzz();
else {
  console.error(
    'serve: load [--keys 1000 --rate 10 --seconds 60 --connections 50 --units 64] or fuzz [--requests 10000 --seed 1]',
  );
  process.exitCode = 2;
}

async function runLoad(): Promise<void> {
  const [keys, rate, seconds, connections] = [values.keys, values.rate, values.seconds, values.connections].map(Number);
  const options = { keys: keys ?? 0, rate: rate ?? 0, seconds: seconds ?? 0, connections: connections ?? 0 };
  const model = await modelFile(Number(values.units));
  for (const transport of ['websocket', 'http'] as const satisfies Transport[]) {
    let server = await startServer(model);
    try {
      const steps = options.rate * options.seconds;
      // A key in twenty is compared with the library, to the last bit.
      const compared = Array.from({ length: Math.ceil(options.keys / 20) }, (_, k) => `${transport} ${20 * k}`);
      const wanted = new Map<string, number[]>();
      for (const key of compared) wanted.set(key, await answersOf(model, key, steps + 1));
      const idle = await server.metric('process_cpu_seconds_total');
      const result = await load(server, { ...options, transport }, wanted);
      const { answers, errors, firstError, p50, p99, largest } = result;
      const cpu = (await server.metric('process_cpu_seconds_total')) - idle;
      const held = await server.metric('rheo_keys');
      const resident = (await server.metric('process_resident_memory_bytes')) / 1e6;
      const busy =
        (await server.metric('rheo_prediction_seconds_sum')) / (await server.metric('rheo_prediction_seconds_count'));
      const all = Array.from({ length: options.keys }, (_, k) => `${transport} ${k}`);
      const after = await restart(server, all, steps, wanted);
      server = after.server;
      console.log(
        [
          `${transport}: ${options.keys} keys, ${options.rate} rows a second each, over ${options.connections} connections, ${result.seconds.toFixed(1)} s`,
          `  ${answers} answers, ${errors} wrong or missing${firstError === undefined ? '' : ` (${firstError.slice(0, 200)})`}`,
          `  from due to answered: p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms, largest ${largest.toFixed(2)} ms`,
          `  ${(busy * 1e6).toFixed(1)} µs in the server for a row parsed, ${((cpu / answers) * 1e6).toFixed(1)} µs of processor with everything around it; ${held} states, ${resident.toFixed(0)} MB`,
          `  after SIGTERM and a new start, the next row of every key: ${all.length} answers, ${after.wrong} wrong or missing`,
        ].join('\n'),
      );
      if (errors + after.wrong > 0 || answers !== options.keys * steps) process.exitCode = 1;
    } finally {
      await server.stop();
      server.remove();
    }
  }
}

async function runFuzz(): Promise<void> {
  const result = await fuzz({ requests: Number(values.requests), seed: Number(values.seed), connections: 24 });
  const { answers, compared, different, megabytes, faults, errors, left, exitCode, seconds } = result;
  const counts = Object.entries(answers).sort(([a], [b]) => (a < b ? -1 : 1));
  console.log(
    [
      `${values.requests} malformed requests (seed ${values.seed}) in ${seconds.toFixed(0)} s`,
      `  answered: ${counts.map(([status, count]) => `${status} ${count}`).join(', ')}`,
      `  good predictions meanwhile and after a restart: ${compared}, ${different} of them not those of the library`,
      `  memory before, in the middle, after, rested: ${megabytes.join(', ')} MB; connections left: ${left}`,
      `  faults of the server: ${faults}${errors === '' ? '' : `\n${errors}`}`,
    ].join('\n'),
  );
  if (different > 0 || compared === 0 || faults > 0 || errors !== '' || left > 0 || exitCode !== 0)
    process.exitCode = 1;
}
