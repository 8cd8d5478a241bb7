/**
 * Prints loops whose iterations may run at the same time: one iteration as a function, given to the threads if there are
 * any. The text is the same for any number of them.
 *
 * Behind the addresses of the buffers the table has two entries for this: the team of threads, and how many entries
 * further the next thread's table begins.
 */

import type { Lines, LoopStep } from '@rheo/compiler';
import { loopName } from '@rheo/compiler';
import { counting } from './nest.ts';

/** Entries of a table beyond those of buffers: a profiler's clock, the team, the distance to the next thread's table. */
export const extraEntries = 3;

/** What a file with such loops needs to know of a team. */
export const teamText = `typedef void tile(void *const *table, long number);
struct team { void (*share)(struct team *team, tile *body, void *const *tables, long step, long count); };`;

/** Prints the loop over an iteration that is a function. `buffers` is the number of buffers in the table. */
export function printShared(step: LoopStep, body: string, buffers: number, lines: Lines): void {
  const name = loopName(step.loop);
  lines.add(`struct team *const team${step.loop} = table[${buffers + 1}];`);
  lines.add(`if (team${step.loop})`);
  lines.add(
    `  team${step.loop}->share(team${step.loop}, ${body}, table, (long)table[${buffers + 2}], ${step.length});`,
  );
  lines.add(`else`);
  lines.add(`  ${counting(name, 0, step.length)} ${body}(table, ${name});`);
}
