import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import type { SpanRecord, TickRecord } from '@tickscope/core/internal';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KEEP_REASONS } from '../../protocol.js';
import { lateSpan, spanRecord, tickRecord } from '../../tick-record.test.fixture.js';
import { lateReadableSpan, toReadableSpans } from './readable-spans.js';
import { TraceRequestWriter } from './trace-json.js';

const text = fc.string({ unit: 'binary', maxLength: 80 });
const value = fc.oneof(text, fc.boolean(), fc.double(), fc.maxSafeInteger());
const attributes = fc.dictionary(text, value, { maxKeys: 4 });
const millis = fc.double({ min: 0, max: 1e10, noNaN: true });
const error = fc.option(text, { nil: undefined });

const span: fc.Arbitrary<SpanRecord> = fc
  .record({
    kind: fc.constantFrom('stage' as const, 'wait' as const, 'request' as const, 'query' as const),
    name: text,
    index: fc.integer({ min: 1, max: 40 }),
    parentIndex: fc.nat(40),
    startMillis: millis,
    endMillis: millis,
    unfinished: fc.boolean(),
    error,
    requestOutcome: fc.constantFrom(undefined, 'ok' as const, 'timeout' as const),
    attributes,
  })
  .map((fields) => spanRecord(fields));

const tick: fc.Arbitrary<TickRecord> = fc
  .record({
    symbol: fc.option(text, { nil: undefined }),
    loop: fc.option(text, { nil: undefined }),
    outcome: fc.constantFrom('ok' as const, 'guard' as const, 'failed' as const),
    startMillis: millis,
    endMillis: millis,
    deadlineMillis: fc.option(millis, { nil: undefined }),
    missed: fc.boolean(),
    droppedRecords: fc.nat(3),
    error,
    attributes,
    events: fc.array(fc.record({ name: text, timeMillis: millis, attributes }), { maxLength: 3 }),
    spans: fc.array(span, { maxLength: 6 }),
    originUnixNanos: fc.oneof(fc.constant(0n), fc.bigInt({ min: 0n, max: 2n ** 62n })),
    sampledByRatio: fc.boolean(),
    samplingThreshold: fc.oneof(fc.constant(undefined), fc.nat(0xffff_ffff)),
    remoteParent: fc.option(
      fc.record({
        traceId: fc.constant('0af7651916cd43dd8448eb211c80319c'),
        spanId: fc.constant('b7ad6b7169203331'),
        traceFlags: fc.nat(255),
        traceState: fc.constantFrom(undefined, '', 'a=1,ot=th:8;rv:0123456789abcd'),
      }),
      { nil: undefined },
    ),
  })
  .map((fields) => tickRecord(fields));

const resources = fc.dictionary(text, fc.oneof(text, fc.double({ noNaN: true, noDefaultInfinity: true })));
const reasons = fc.subarray([...KEEP_REASONS], { minLength: 1 });

const decoded = (bytes: Uint8Array | undefined): unknown => JSON.parse(Buffer.from(bytes ?? []).toString());

test('a request says member for member what the stock serialiser says of the same spans', () => {
  fc.assert(
    fc.property(fc.array(tick, { minLength: 1, maxLength: 4 }), reasons, resources, (ticks, keptBy, of) => {
      const resource = resourceFromAttributes(of);
      const writer = new TraceRequestWriter(resource, 1);
      const all: ReadableSpan[] = [];
      for (const record of ticks) {
        const spans = toReadableSpans(record, keptBy, resource);
        spans.push(lateReadableSpan(lateSpan(record, { name: 'late' }), keptBy, resource));
        writer.add(spans);
        all.push(...spans);
      }
      const own = decoded(writer.finish());
      // As text, so that the order counts: it must be the same request, not only an equal one.
      expect(JSON.stringify(own)).toBe(JSON.stringify(decoded(JsonTraceSerializer.serializeRequest(all))));
    }),
    { numRuns: 300 },
  );
});

test('plain text is the same bytes', () => {
  const resource = resourceFromAttributes({ 'service.name': 'mm-bot' });
  const spans = toReadableSpans(
    tickRecord({ spans: [spanRecord(), spanRecord({ index: 2 })] }),
    ['ratio'],
    resource,
  );
  const writer = new TraceRequestWriter(resource, spans.length);
  writer.add(spans);
  expect(Buffer.from(writer.finish()).toString()).toBe(
    Buffer.from(JsonTraceSerializer.serializeRequest(spans) ?? []).toString(),
  );
});

test('names, keys and values beyond any number that is remembered are written all the same', () => {
  const resource = resourceFromAttributes({});
  const writer = new TraceRequestWriter(resource, 1);
  const spans = Array.from({ length: 3000 }, (_, index) =>
    spanRecord({
      name: `stage ${index}`,
      index: index + 1,
      attributes: { [`key ${index}`]: `value ${index}` },
    }),
  );
  const readable = toReadableSpans(tickRecord({ spans }), ['ratio'], resource);
  writer.add(readable);
  expect(decoded(writer.finish())).toEqual(decoded(JsonTraceSerializer.serializeRequest(readable)));
});
