/**
 * Progress as one line that redraws itself, for terminals: how far, the losses, the time left.
 *
 * It fits the width it finds when it starts: a narrow one has a shorter bar, then fewer figures. What is written besides
 * goes above it through plain lines.
 */

import cliProgress from 'cli-progress';
import { formatLoss, formatWholeSeconds } from '../format-number.ts';
import type { Sink } from '../terminal.ts';
import { widthOf } from '../terminal.ts';
import { plainLines } from './plain-lines.ts';
import type { Progress, RunStart } from './progress.ts';
import { metricTexts } from './progress.ts';

/** A bar on a terminal. */
export function progressBar(sink: Sink): Progress {
  const width = widthOf(sink);
  const plain = plainLines((text) => sink.write(`${text}\n`), width);
  let bar: cliProgress.SingleBar | undefined;
  let layout = layoutOf(width, { epochs: 1 });
  let started = 0;
  let first = 0;
  let epochs = 1;
  let validation = '';
  let metrics: NonNullable<RunStart['metrics']> = [];
  return {
    start: (run) => {
      plain.start(run);
      epochs = run.epochs;
      metrics = run.metrics ?? [];
      layout = layoutOf(width, run);
    },
    step: ({ epoch, step, steps, loss }) => {
      const done = (epoch - 1) * steps + step;
      const total = epochs * steps;
      // The first step also holds the engine's warming up.
      if (bar === undefined) {
        started = performance.now();
        first = done;
      }
      const left = ((performance.now() - started) / (done - first)) * (total - done);
      const shown = {
        epoch: `${String(epoch).padStart(String(epochs).length)}/${epochs}`,
        loss: formatLoss(loss),
        validation,
        left: done === total ? 'done' : done === first ? '' : `${formatWholeSeconds(left / 1000)} left`,
      };
      if (bar !== undefined) {
        bar.update(done, shown);
        return;
      }
      const { format, barsize } = layout;
      const options = { stream: sink as NodeJS.WritableStream, format, barsize, hideCursor: true, fps: 8 };
      bar = new cliProgress.SingleBar(options, cliProgress.Presets.shades_classic);
      bar.start(total, done, shown);
    },
    epoch: (report) => {
      const { loss, validationLoss } = report;
      if (validationLoss !== undefined) validation = `  validation ${formatLoss(validationLoss)}`;
      const [metric] = metricTexts(metrics, report);
      if (metric !== undefined && layout.metric) validation += `  ${metric}`;
      bar?.update({ loss: formatLoss(loss), validation });
    },
    end: () => {
      bar?.stop();
      bar = undefined;
    },
    note: plain.note,
    result: plain.result,
  };
}

interface Layout {
  readonly format: string;
  readonly barsize: number;
  /** Whether the first metric of the validation part is shown. */
  readonly metric: boolean;
}

/** Characters of the parts, at most, with the blanks before them. */
const [lossRoom, leftRoom, validationRoom, metricRoom] = [9, 18, 21, 10] as const;
const longest = 48;

/** What a width has room for. */
function layoutOf(width: number, { epochs, metrics }: Pick<RunStart, 'epochs' | 'metrics'>): Layout {
  const count = 2 * String(epochs).length + 2;
  if (width < 72) {
    const room = width - count - lossRoom;
    // The time that is left says more than a bar that is a little longer.
    return room - leftRoom >= 6
      ? { format: '{epoch} {bar} {loss}  {left}', barsize: Math.min(longest, room - leftRoom), metric: false }
      : { format: '{epoch} {bar} {loss}', barsize: Math.max(4, room), metric: false };
  }
  const room = width - count - lossRoom - leftRoom - validationRoom - 'epoch '.length - 'loss '.length;
  const [first] = metrics ?? [];
  const beside = room - metricRoom - 2 - (first?.label.length ?? 0);
  const metric = first !== undefined && beside >= 12;
  return {
    format: 'epoch {epoch} {bar} loss {loss}{validation}  {left}',
    barsize: Math.min(longest, metric ? beside : room),
    metric,
  };
}
