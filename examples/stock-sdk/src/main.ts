// A bot on the stock OpenTelemetry SDK: a sampler and a processor in its provider are all that Tickscope needs.
import { ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import { register, StageRatioSampler, TickscopeSpanProcessor } from '@tickscope/sdk';

const stages = ['fetch_md', 'spread', 'guards', 'emit'] as const;
const scope = register({ service: 'stock-bot', stages, deadlineMs: 20 });
const provider = new BasicTracerProvider({
  sampler: new StageRatioSampler({ ratio: 0.2 }),
  spanProcessors: [new TickscopeSpanProcessor(scope)],
});
const tracer = provider.getTracer('bot');
for (let count = 0; count < 100; count++) {
  const tick = tracer.startSpan('tick_total', { attributes: { symbol: 'BTC-USD' } });
  for (const stage of stages) tracer.startSpan(stage, {}, trace.setSpan(ROOT_CONTEXT, tick)).end();
  tick.end();
}
const metrics = await (await fetch(`${await scope.address}/metrics`)).text();
console.log(metrics.match(/^mm_(stage_duration_ms_count|ticks_total).*[1-9]\d*$/gm)?.join('\n'));
await provider.shutdown();
await scope.shutdown();
