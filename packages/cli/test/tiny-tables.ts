/** Small tables for tests of the command, made here: every test knows what is in them. */

/** Two rooms read at uneven times; `power` follows `load` with a lag, `state` says whether it is high. */
export function roomsCsv(rows = 60, rooms: readonly string[] = ['a', 'b', 'c']): string {
  const lines = ['room,time,load,power,state'];
  for (const [r, room] of rooms.entries()) {
    let minutes = 0;
    let power = 100;
    for (let i = 0; i < rows; i++) {
      const load = Math.sin(i / 5 + r) + (i % 7) / 10;
      power += 20 * load - 0.1 * (power - 100);
      const time = new Date(Date.UTC(2024, 4, 1) + minutes * 60_000).toISOString().slice(0, 16).replace('T', ' ');
      const state = power > 100 ? 'high' : 'low';
      lines.push(`${room},${time},${load.toFixed(3)},${power.toFixed(2)},${state}`);
      minutes += 5 + ((i * 7) % 11);
    }
  }
  return `${lines.join('\n')}\n`;
}

/** Options that train in moments. */
export const quick: readonly string[] = ['--units', '4', '--backbone', '8', '--epochs', '3'];
