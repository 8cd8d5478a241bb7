/** Two sensors read at uneven times: their power is that of a wave with a period of 80 minutes, between 100 and 300. */

export function sensorCsv(rows: number, sensors: readonly string[] = ['a', 'b'], start: number = 0): string {
  const lines = sensors.flatMap((sensor, phase) =>
    Array.from({ length: rows }, (_, i) => {
      const minutes = start + 10 * i + 4 * Math.sin(i * i);
      const power = 200 + 100 * Math.sin((2 * Math.PI * minutes) / 80 + phase);
      const time = new Date(Date.UTC(2024, 4, 1) + Math.round(minutes * 60_000)).toISOString();
      return `${sensor},${time},${power.toFixed(2)}`;
    }),
  );
  return `sensor,time,power\n${lines.join('\n')}\n`;
}
