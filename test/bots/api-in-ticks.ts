/**
 * Spans of OpenTelemetry's API inside ticks of which one in ten is late, at ratio 0, and outside of them. Prints what
 * it did as one line of JSON.
 */
import { SpanKind, trace } from '@opentelemetry/api';
import { register } from '@tickscope/sdk';

const scope = register({
  stages: ['work'],
  deadlineMs: 4,
  sampleRatio: 0,
  ambientStages: true,
  flushTimeoutMs: 10_000,
});
const tracer = trace.getTracer('bot');
const late: string[] = [];

for (let count = 0; count < 200; count++) {
  const isLate = count % 10 === 0;
  await scope.tick({ symbol: 'BTC-USD' }, async (tick) => {
    if (isLate) late.push(tick.spanContext().traceId);
    trace.getActiveSpan()?.addEvent('received', { size: [1, 2] });
    tracer.startActiveSpan('lookup', { kind: SpanKind.CLIENT }, (span) => {
      tracer.startSpan('parse').end();
      span.end();
    });
    await tick.stage('work', async (stage) => {
      trace.getActiveSpan()?.addLink({ context: stage.spanContext() });
      await tracer.startActiveSpan('inner', async (span) => {
        await new Promise((resolve) => setTimeout(resolve, isLate ? 8 : 0));
        span.end();
      });
    });
  });
}
for (let count = 0; count < 50; count++) tracer.startSpan('outside').end();
await scope.flush();
const { ledger } = (await (await fetch(`${await scope.address}/api/snapshot`)).json()) as { ledger: unknown };
console.log(`report ${JSON.stringify({ late, ledger })}`);
await scope.shutdown();
