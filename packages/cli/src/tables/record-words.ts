/** What a model of a table says of itself, as labels and values: what it predicts from what, its data, how good it was. */

import type { Preparation } from '@rheo/data';
import { formatFigure } from '../format-number.ts';
import type { TableRecord } from '../table-record.ts';
import { horizonWords } from './horizon-words.ts';

/** Labels and values. */
export function recordWords({ preparation, dataNames, measured }: TableRecord): [string, string][] {
  const { targets, task, classes, features, group, time, calendar, window } = preparation;
  const ahead = preparation.horizon === null ? '' : `, ${horizonWords(preparation)} ahead`;
  const of = classes === null ? '' : `, ${classes.length} classes: ${some(classes)}`;
  const cycles = calendar.length === 0 ? '' : `; place in the ${calendar.join(', ')}`;
  return [
    ['predicts', `${some(targets.map(({ column }) => column))}${ahead} (${task})${of}`],
    ['from', `${some(features.map(({ column }) => column))}${cycles}`],
    ['time', time === null ? 'none: rows are one unit apart' : `${time.column}, divided by ${scaleWords(preparation)}`],
    ...(group.length === 0 ? [] : [['series by', group.join(', ')] as [string, string]]),
    ['window', `${window.steps} rows`],
    ['trained on', dataNames.join(', ')],
    ...(measured === undefined ? [] : [[`${measured.part} part`, figureWords(measured.figures)] as [string, string]]),
  ];
}

function scaleWords({ time, timeScale }: Preparation): string {
  const scale = String(Number(timeScale.toPrecision(6)));
  return time?.unit === 'number' ? scale : `${scale} s`;
}

function figureWords(figures: Readonly<Record<string, number>>): string {
  return Object.entries(figures)
    .filter(([name]) => !name.startsWith('baseline_'))
    .map(([name, value]) => {
      const baseline = figures[`baseline_${name}`];
      const compared = baseline === undefined ? '' : ` (baseline ${formatFigure(baseline)})`;
      return `${name} ${formatFigure(value)}${compared}`;
    })
    .join(', ');
}

/** The first dozen names, and how many more there are. */
function some(names: readonly string[]): string {
  const most = 12;
  const more = names.length > most ? ` and ${names.length - most} more` : '';
  return `${names.slice(0, most).join(', ')}${more}`;
}
