import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { ApiSpanRecord, ApiValue } from '@tickscope/core/internal';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { tickRecord } from '../../tick-record.test.fixture.js';
import { apiReadableSpan } from './api-readable-span.js';
import { toReadableSpans } from './readable-spans.js';
import { TraceRequestWriter } from './trace-json.js';

const text = fc.string({ unit: 'binary', maxLength: 40 }).map((of) => of.toWellFormed());
const { value } = fc.letrec<{ value: ApiValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    text,
    fc.boolean(),
    fc.double(),
    fc.maxSafeInteger(),
    fc.constant(null),
    fc.uint8Array({ maxLength: 8 }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(text, tie('value'), { maxKeys: 3, noNullPrototype: true }),
  ),
}));
const attributes = fc.dictionary(text, value, { maxKeys: 4, noNullPrototype: true });
const time = fc.oneof(
  fc.double({ min: 0, max: 1e9, noNaN: true }),
  fc.tuple(fc.nat(2 ** 31 - 1), fc.nat(999_999_999)),
);
const ids = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };
const link = fc.record({
  traceId: fc.constant(ids.traceId),
  spanId: fc.constant(ids.spanId),
  traceFlags: fc.nat(255),
  isRemote: fc.boolean(),
  traceState: fc.constantFrom('', 'a=1'),
  attributes,
  droppedAttributes: fc.nat(9),
});
const scope = fc.constantFrom(
  { name: 'bot', version: '1.0', schemaUrl: '' },
  { name: 'lib', version: '', schemaUrl: 'https://example.com/1' },
  { name: 'é\u2028', version: '', schemaUrl: '' },
);

const span: fc.Arbitrary<ApiSpanRecord> = fc.record({
  lane: fc.constant(1),
  name: text,
  scope,
  kind: fc.nat(4),
  traceFlags: fc.nat(255),
  traceId: fc.constant(ids.traceId),
  spanId: fc.constant(ids.spanId),
  parentSpanId: fc.constantFrom('', ids.spanId),
  parentIsRemote: fc.boolean(),
  parentIndex: fc.constant(0),
  tickSequence: fc.constant(0),
  threshold: fc.oneof(fc.constant(undefined), fc.nat(0xffff_ffff)),
  traceState: fc.constantFrom('', 'vendor=1'),
  originUnixNanos: fc.bigInt({ min: 0n, max: 2n ** 61n }),
  start: time,
  end: time,
  statusCode: fc.nat(2),
  statusMessage: text,
  attributes,
  links: fc.array(link, { maxLength: 2 }),
  events: fc.array(fc.record({ name: text, time, attributes, droppedAttributes: fc.nat(9) }), {
    maxLength: 2,
  }),
  droppedAttributes: fc.nat(9),
  droppedEvents: fc.nat(9),
  droppedLinks: fc.nat(9),
});

test('spans of the API are written, member for member, as the stock serialiser writes them', () => {
  fc.assert(
    fc.property(fc.array(span, { minLength: 1, maxLength: 5 }), (records) => {
      const resource = resourceFromAttributes({ 'service.name': 'bot' });
      const writer = new TraceRequestWriter(resource, 1);
      const byScope = [...records].sort((a, b) => a.scope.name.localeCompare(b.scope.name));
      const all = [
        ...toReadableSpans(tickRecord(), ['ratio'], resource),
        ...byScope.map((record) =>
          apiReadableSpan({ span: record, trace: undefined, keptBy: ['ratio'] }, resource),
        ),
      ];
      writer.add(all);
      const stock = Buffer.from(JsonTraceSerializer.serializeRequest(all) ?? []).toString();
      const own = Buffer.from(writer.finish()).toString();
      expect(own).toMatch(/^[\0-\x7f]*$/);
      expect(JSON.stringify(JSON.parse(own))).toBe(JSON.stringify(JSON.parse(stock)));
    }),
    { numRuns: 300 },
  );
});
