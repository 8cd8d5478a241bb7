/**
 * Progress as one line that redraws itself, for terminals: how far, the losses, the time left.
 *
 * It fits the width it finds when it starts. What is written besides goes above it through plain lines.
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
  const { format, barsize } = layout(width);
  const bar = new cliProgress.SingleBar(
    {
      stream: sink as NodeJS.WritableStream,
      format,
      barsize,
      hideCursor: true,
      fps: 8,
    },
    cliProgress.Presets.shades_classic,
  );
  let started = 0;
  let first = 0;
  let epochs = 1;
  let running = false;
  let validation = '';
  let metrics: NonNullable<RunStart['metrics']> = [];
  return {
    start: (run) => {
      plain.start(run);
      epochs = run.epochs;
      metrics = run.metrics ?? [];
    },
    step: ({ epoch, step, steps, loss }) => {
      const done = (epoch - 1) * steps + step;
      const total = epochs * steps;
      // The first step also holds the engine's warming up.
      if (!running) {
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
      if (running) bar.update(done, shown);
      else bar.start(total, done, shown);
      running = true;
    },
    epoch: (report) => {
      const { loss, validationLoss } = report;
      if (validationLoss !== undefined) validation = `  validation ${formatLoss(validationLoss)}`;
      const [metric] = metricTexts(metrics, report);
      if (metric !== undefined && validation.length + metric.length + 2 <= width - besideLosses) {
        validation += `  ${metric}`;
      }
      if (running) bar.update({ loss: formatLoss(loss), validation });
    },
    end: () => {
      if (running) bar.stop();
      running = false;
    },
    note: plain.note,
    result: plain.result,
  };
}

/** What the widest layout needs beside the losses and the metric of the validation part, at most. */
const besideLosses = 95;

/** What a width has room for. */
function layout(width: number): { readonly format: string; readonly barsize: number } {
  if (width < 48) return { format: '{epoch} {bar} {loss}', barsize: Math.max(4, width - 24) };
  if (width < 72) return { format: '{epoch} {bar} {loss}  {left}', barsize: width - 38 };
  return {
    format: 'epoch {epoch} {bar} loss {loss}{validation}  {left}',
    barsize: Math.min(48, width - 56),
  };
}
