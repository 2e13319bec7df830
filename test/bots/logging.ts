/**
 * Five symbols at once, each with awaits, timers, stages and callbacks, and a log line with the scope's log fields at
 * every turn; what OpenTelemetry takes for the active span is logged beside them.
 */
import { trace } from '@opentelemetry/api';
import { register } from '@tickscope/sdk';
import { pause, report, untilInputEnds } from './work.js';

const scope = register({
  service: 'logging',
  stages: ['fetch_md', 'spread', 'emit'],
  sampleRatio: 1,
  prometheus: { port: 0 },
  ambientStages: process.argv[2] === 'ambient-stages',
});

function log(symbol: string, place: string): void {
  const active = trace.getActiveSpan()?.spanContext();
  report({
    symbol,
    place,
    ...scope.logFields(),
    active_trace_id: active?.traceId ?? null,
    active_span_id: active?.spanId ?? null,
    current: scope.currentTick()?.spanContext().traceId ?? null,
  });
}

log('none', 'before any tick');
await Promise.all(['A', 'B', 'C', 'D', 'E'].map((symbol) => callbackTick(symbol)));
log('none', 'after the ticks');

for (const symbol of ['F', 'G']) {
  const tick = scope.begin({ symbol });
  log('none', 'beside an explicit tick');
  await tick.run(async () => {
    log(symbol, 'in run');
    await pause(1);
    log(symbol, 'in run, after a timer');
  });
  await new Promise<void>((resolve) => {
    const bound = tick.bind(() => {
      log(symbol, 'in a bound callback');
      resolve();
    });
    setTimeout(bound, 1);
  });
  tick.lap('emit');
  tick.end();
}

report({ done: true });
await untilInputEnds();

async function callbackTick(symbol: string): Promise<void> {
  await scope.tick({ symbol }, async (tick) => {
    log(symbol, 'at the start');
    await tick.stage('fetch_md', async (stage) => {
      log(symbol, 'in a stage');
      report({ symbol, place: 'the stage itself', ...stage.logFields() });
      await pause(Math.random() * 5);
      log(symbol, 'in a stage, after a timer');
    });
    await Promise.resolve();
    log(symbol, 'after an await');
    await new Promise<void>((resolve) => {
      setTimeout(() => {
        log(symbol, 'in a timer');
        setImmediate(() => {
          log(symbol, 'in an immediate within it');
          process.nextTick(() => {
            log(symbol, 'in a next tick within that');
            resolve();
          });
        });
      }, Math.random() * 5);
    });
    queueMicrotask(() => log(symbol, 'in a microtask'));
    await tick.stage('emit', () => pause(1));
    log(symbol, 'at the end');
    report({ symbol, place: 'the tick itself', ...tick.logFields() });
  });
}
