/**
 * Whether something else kept the machine busy during a measurement.
 *
 * Engines take turns, so that about one core is busy, this process or a peer; what is busy beyond that is somebody else,
 * or an engine on more threads than it should have.
 */
import { cpus } from 'node:os';

/** Milliseconds that all cores together were busy since the machine started. */
function busyMs(): number {
  return cpus().reduce((sum, { times: { user, nice, sys, irq } }) => sum + user + nice + sys + irq, 0);
}

/** Runs `work` and says how many cores were busy on average meanwhile. */
export async function withLoad<T>(work: () => Promise<T>): Promise<{ readonly result: T; readonly busyCores: number }> {
  const [busy, begin] = [busyMs(), performance.now()];
  const result = await work();
  return { result, busyCores: (busyMs() - busy) / (performance.now() - begin) };
}

/** A tenth of a core is the system itself, a little more an engine on two threads. */
const usual = 1.3;

/** What a reader is told of a load; nothing where it was as it should be. */
export function loadRemark(busyCores: number | undefined): string | undefined {
  if (busyCores === undefined || busyCores <= usual) return undefined;
  return `Other work kept about ${(busyCores - 1).toFixed(1)} cores busy meanwhile: the ranges by round tell how far to trust these figures.`;
}
