/** A thread with a MeterProvider of its own. It counts once, and on request blocks for as long as it is told. */
import { parentPort } from 'node:worker_threads';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { TickscopeMetricReader } from '@tickscope/sdk';

const provider = new MeterProvider({ readers: [new TickscopeMetricReader()] });
provider.getMeter('thread').createCounter('fills').add(2, { side: 'buy' });
parentPort?.on('message', (word: SharedArrayBuffer | 'end') => {
  if (word === 'end') return parentPort?.close();
  parentPort?.postMessage('blocked');
  Atomics.wait(new Int32Array(word), 0, 0);
});
parentPort?.postMessage('ready');
