import { type EpochReport, trainTable, wasm } from 'rheo';

const stop = new AbortController();
const onEpoch = ({ epoch, epochs, loss, validationLoss = loss }: EpochReport) =>
  postMessage({ epoch, epochs, loss: validationLoss });
addEventListener('message', async ({ data: { file, options } }) => {
  if (file === undefined) return stop.abort();
  const settings = { ...options, onEpoch, signal: stop.signal, backend: await wasm() };
  trainTable(file, settings).then(
    ({ notes, toBytes }) => postMessage({ notes, model: toBytes() }),
    (error) => postMessage({ error: String(error), model: error.model?.toBytes() }),
  );
});
