/** How time and memory grow with batch, units and steps, as Markdown. */
import { figure, ratioOf } from '../report.ts';
import { type ScalingTable, scalingTables } from '../scaling.ts';
import { bytes, markdownTable } from '../tables/markdown.ts';
import { loadRemark } from './other-load.ts';
import type { ScalingPoint, ScalingRow } from './record.ts';

/** One table for each size that varies, and what they are to show. */
export function scalingParts(rows: readonly ScalingRow[]): string[] {
  const parts = scalingTables.flatMap((table) => {
    const own = rows.filter((row) => row.table === table.name);
    return own.length === 0 ? [] : [`### By ${table.name}`, table.text, ...own.flatMap((row) => part(table, row))];
  });
  return parts.length === 0 ? [] : ['## How it scales', ...parts];
}

function part(table: ScalingTable, { contender, mode, points, busyCores }: ScalingRow): string[] {
  const [first] = points;
  if (first === undefined) return [];
  const size = (count: number | undefined): string => (count === undefined ? '' : bytes(count));
  const row = (point: ScalingPoint): string[] => {
    const { median, low, high } = ratioOf(point, first);
    const share = point.at / first.at;
    const growth = table.linear ? median / share : median;
    const span = table.linear ? [low / share, high / share] : [low, high];
    return [
      String(point.at),
      figure(point.usPerStep),
      figure(table.linear ? point.usPerStep / point.at : point.usPerStep),
      `${figure(growth)}×`,
      point === first ? '' : span.map(figure).join(' … '),
      size(point.workspaceBytes),
      size(point.memoryBytes),
    ];
  };
  const per = table.linear ? `µs a step and ${table.unit}` : 'µs a step';
  const head = [table.name, 'µs a step', per, `of ${table.name} ${first.at}`, 'by round', 'workspace', 'memory'];
  const cells = points.map(row);
  // Where nothing is divided, the second column says nothing new.
  const keep = (list: readonly string[]): string[] => list.filter((_, column) => table.linear || column !== 2);
  const load = loadRemark(busyCores);
  const text = [`rheo ${contender}, ${mode}:`, markdownTable(keep(head), cells.map(keep))];
  return load === undefined ? text : [...text, load];
}
