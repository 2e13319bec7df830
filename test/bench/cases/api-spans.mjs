/**
 * A root and four children through OpenTelemetry's unchanged API, with the symbol as an attribute of the root and an
 * event on 1 % of them: no metrics on either side.
 */
import { context, trace } from '@opentelemetry/api';
import { GUARD_REASON, symbolOf, tripsGuard } from './workload.mjs';

export function createApiTicks(tracer) {
  return { active: activeTick, explicit: explicitTick };

  function activeChild(name) {
    tracer.startActiveSpan(name, (span) => span.end());
  }

  function activeTick(index) {
    tracer.startActiveSpan('tick_total', { attributes: { symbol: symbolOf(index) } }, (span) => {
      activeChild('fetch_md');
      activeChild('spread');
      activeChild('guards');
      if (tripsGuard(index)) span.addEvent('guard_trip', { reason: GUARD_REASON });
      activeChild('emit');
      span.end();
    });
  }

  function explicitTick(index) {
    const attributes = { symbol: symbolOf(index) };
    const span = tracer.startSpan('tick_total', { attributes }, context.active());
    const parent = trace.setSpan(context.active(), span);
    tracer.startSpan('fetch_md', undefined, parent).end();
    tracer.startSpan('spread', undefined, parent).end();
    tracer.startSpan('guards', undefined, parent).end();
    if (tripsGuard(index)) span.addEvent('guard_trip', { reason: GUARD_REASON });
    tracer.startSpan('emit', undefined, parent).end();
    span.end();
  }
}
