import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { spanIdOf, traceIdOf } from '../ids.js';
import { H_LANE, SPAN_FRAME_MAX_WORDS } from '../memory/layout.js';
import { createRegion, DEFAULT_SIZES } from '../memory/region.js';
import { RegionReader } from '../reading/region-reader.js';
import type { ApiSpanRecord } from '../records.js';
import { AttributeList, type AttributeLosses } from './attribute-list.js';
import { takeSequence } from './sequence.js';
import type { SpanData } from './span-data.js';
import { bindSpanEncoder } from './span-encoder.js';
import { SpanTexts } from './span-texts.js';

const KEY = Uint32Array.of(1, 2, 3, 4);

class Losses implements AttributeLosses {
  readonly counts = { truncated: 0, omitted: 0, ignored: 0 };
  truncated(): void {
    this.counts.truncated++;
  }
  omitted(): void {
    this.counts.omitted++;
  }
  ignored(): void {
    this.counts.ignored++;
  }
}

function transport(spanRingBytes = 262_144) {
  const sizes = { ...DEFAULT_SIZES, ringSlots: 128, prioritySlots: 128, cells: 16, spanRingBytes };
  const region = createRegion(sizes, { lane: 7, key: KEY, overflow: 'drop' });
  const reader = new RegionReader(region.buffer);
  const encoder = bindSpanEncoder(region, new SpanTexts(region));
  const readAll = (): ApiSpanRecord[] => {
    const records: ApiSpanRecord[] = [];
    for (let frame = reader.spanRing.next(); frame !== undefined; frame = reader.spanRing.next()) {
      records.push(reader.spanDecoder.decode(frame));
    }
    return records;
  };
  return { region, reader, encoder, readAll };
}

function attributesOf(values: unknown, losses = new Losses(), maxCount = 128, maxUnits = Infinity) {
  const list = new AttributeList();
  list.setAll(values, maxCount, maxUnits, losses);
  return list;
}

const PLAIN: SpanData = {
  name: 'work',
  scope: 'bot\x001.2\x00',
  kind: 0,
  traceFlags: 3,
  sequence: 5,
  spanId: '',
  traceSequence: 5,
  traceId: '',
  parentSequence: 0,
  parentIndex: 0,
  parentSpanId: '',
  parentIsRemote: false,
  tickSequence: 0,
  isAfterTick: false,
  threshold: 0xcccc_cccc,
  traceState: '',
  originUnixMicros: 1_790_000_000_123_456,
  start: 12.000001,
  end: 12.000002,
  statusCode: 0,
  statusMessage: '',
  attributes: undefined,
  events: undefined,
  links: undefined,
  droppedEvents: 0,
  droppedLinks: 0,
};

describe('a span that crosses the ring', () => {
  test('is the same on the other side', () => {
    const { encoder, readAll } = transport();
    const attributes = attributesOf({
      text: 'BTC-USD',
      wide: 'π≈3',
      long: 'x'.repeat(300),
      integer: -7,
      large: 2 ** 40,
      double: 0.1,
      zero: -0,
      infinite: -Infinity,
      flag: true,
      nothing: null,
      holes: ['a', null, undefined, 'b'],
      mixed: [1, 'two', false, [3]],
      map: { inner: { deep: [1.5] }, ['__proto__']: 1 },
      bytes: Uint8Array.of(1, 2, 255),
    });
    encoder.encode({
      ...PLAIN,
      kind: 2,
      statusCode: 2,
      statusMessage: 'no route',
      traceState: 'vendor=1',
      attributes,
      events: [
        { name: 'ack', time: 12.0000015, attributes: attributesOf({ n: 1 }) },
        { name: 'fill', time: [1_790_000_000, 5], attributes: undefined },
      ],
      links: [
        {
          traceId: '0af7651916cd43dd8448eb211c80319c',
          spanId: 'b7ad6b7169203331',
          traceFlags: 1,
          isRemote: true,
          traceState: 'a=b',
          attributes: attributesOf({ why: 'batch' }),
        },
      ],
      droppedEvents: 3,
      droppedLinks: 4,
    });
    const [span] = readAll();
    expect(span).toMatchObject({
      lane: 7,
      name: 'work',
      scope: { name: 'bot', version: '1.2', schemaUrl: '' },
      kind: 2,
      traceFlags: 3,
      traceId: traceIdOf(KEY, 7, 5),
      spanId: spanIdOf(KEY, 7, 5, 0),
      parentSpanId: '',
      threshold: 0xcccc_cccc,
      traceState: 'vendor=1',
      originUnixNanos: 1_790_000_000_123_456_000n,
      start: 12.000001,
      end: 12.000002,
      statusCode: 2,
      statusMessage: 'no route',
      events: [
        { name: 'ack', time: 12.0000015, attributes: { n: 1 }, droppedAttributes: 0 },
        { name: 'fill', time: [1_790_000_000, 5], attributes: {} },
      ],
      links: [
        { spanId: 'b7ad6b7169203331', isRemote: true, traceState: 'a=b', attributes: { why: 'batch' } },
      ],
      droppedEvents: 3,
      droppedLinks: 4,
    });
    const { map, ...rest } = span.attributes as Record<string, unknown>;
    expect(rest).toEqual({
      text: 'BTC-USD',
      wide: 'π≈3',
      long: 'x'.repeat(300),
      integer: -7,
      large: 2 ** 40,
      double: 0.1,
      zero: -0,
      infinite: -Infinity,
      flag: true,
      nothing: null,
      holes: ['a', null, null, 'b'],
      mixed: [1, 'two', false, [3]],
      bytes: Uint8Array.of(1, 2, 255),
    });
    expect(Object.entries(map as object)).toEqual([
      ['inner', { deep: [1.5] }],
      ['__proto__', 1],
    ]);
  });

  test('has the ids it was given, or those of its sequences', () => {
    const { encoder, readAll } = transport();
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    encoder.encode({ ...PLAIN, sequence: 9, traceSequence: 4, parentSequence: 4, parentIndex: 0 });
    encoder.encode({
      ...PLAIN,
      sequence: 0,
      spanId: 'ffffffffffffffff',
      traceSequence: 0,
      traceId,
      parentSpanId: '00000000000000a1',
      parentIsRemote: true,
      threshold: -1,
    });
    encoder.encode({
      ...PLAIN,
      sequence: 11,
      tickSequence: 2 ** 40,
      parentSequence: 2 ** 40,
      parentIndex: 3,
    });
    expect(readAll()).toMatchObject([
      { traceId: traceIdOf(KEY, 7, 4), spanId: spanIdOf(KEY, 7, 9, 0), parentSpanId: spanIdOf(KEY, 7, 4, 0) },
      { traceId, spanId: 'ffffffffffffffff', parentSpanId: '00000000000000a1', parentIsRemote: true },
      { traceId: '', tickSequence: 2 ** 40, parentSpanId: spanIdOf(KEY, 7, 2 ** 40, 3), parentIndex: 3 },
    ]);
  });

  test('keeps lone surrogates from the wire', () => {
    const { encoder, readAll } = transport();
    encoder.encode({
      ...PLAIN,
      name: 'a\ud800',
      statusMessage: '\udfff',
      attributes: attributesOf({ k: '\ud800' }),
    });
    expect(readAll()).toMatchObject([
      { name: 'a\ufffd', statusMessage: '\ufffd', attributes: { k: '\ufffd' } },
    ]);
  });
});

describe('bounds', () => {
  test('what does not fit a frame is left out whole and counted', () => {
    const { encoder, readAll, reader } = transport();
    const big = attributesOf({ stack: 's'.repeat(10_000) });
    const events = Array.from({ length: 20 }, () => ({ name: 'e', time: 1, attributes: big }));
    encoder.encode({ ...PLAIN, events });
    const [span] = readAll();
    expect(span.events.length).toBe(3);
    expect(span.droppedEvents).toBe(17);
    expect(reader.tally('span_details_limit')).toBe(17);
    for (const { attributes } of span.events) expect(attributes.stack).toHaveLength(10_000);
  });

  test('a full ring refuses, counts, and goes on when it was read', () => {
    const { encoder, readAll, reader } = transport();
    const fat = { ...PLAIN, attributes: attributesOf({ a: 'x'.repeat(16_000) }) };
    let accepted = 0;
    while (encoder.encode(fat)) accepted++;
    expect(reader.tally('api_spans_ring_full')).toBe(1);
    expect(reader.spansRecorded).toBe(accepted + 1);
    expect(readAll()).toHaveLength(accepted);
    expect(reader.spansTaken).toBe(accepted);
    for (let round = 0; round < 50; round++) {
      expect(encoder.encode(fat)).toBe(true);
      expect(readAll()).toHaveLength(1);
    }
  });

  test('a region without a span ring counts what it refuses', () => {
    const { encoder, readAll, reader } = transport(0);
    expect(encoder.encode(PLAIN)).toBe(false);
    expect(readAll()).toEqual([]);
    expect(reader.tally('api_spans_ring_full')).toBe(1);
    expect(reader.spanRing.fill).toBe(0);
  });

  test('names beyond the table are written out', () => {
    const { encoder, readAll } = transport();
    const names = Array.from({ length: 6_000 }, (_, index) => `GET /orders/${index}`);
    const read: string[] = [];
    for (const name of names) {
      encoder.encode({ ...PLAIN, name, attributes: attributesOf({ [name]: 1 }) });
      for (const span of readAll()) {
        read.push(span.name);
        expect(span.attributes).toEqual({ [span.name]: 1 });
      }
    }
    expect(read).toEqual(names);
  });

  test('limits of count and length hold, and are counted', () => {
    const losses = new Losses();
    const list = attributesOf({ a: 'abcdef', b: ['12345', 7], c: 1, d: 2 }, losses, 3, 4);
    expect(list.values).toEqual(['abcd', ['1234', 7], 1]);
    expect(list.dropped).toBe(1);
    expect(losses.counts).toEqual({ truncated: 2, omitted: 1, ignored: 0 });
    list.set('a', 'new', 3, 4, losses);
    expect(list.values[0]).toBe('new');
  });
});

test('takes sequences of the same thread as ticks do', () => {
  const { region } = transport();
  expect([takeSequence(region), takeSequence(region)]).toEqual([1, 2]);
  expect(region.i32[H_LANE]).toBe(7);
});

/** Values that a bot should never record, and does. */
const hostile = fc.oneof(
  fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withTypedArray: true,
    withNullPrototype: true,
  }),
  fc.string({ unit: 'binary', maxLength: 40_000 }),
  fc.constantFrom(
    Number.NaN,
    Symbol('s'),
    () => 1,
    new Proxy(
      {},
      {
        get: () => {
          throw new Error('get');
        },
      },
    ),
    new Proxy([], {
      get: () => {
        throw new Error('get');
      },
    }),
    Proxy.revocable({}, {}).proxy,
    {
      get inner() {
        throw new Error('getter');
      },
    },
    cyclic(),
    deep(100),
    Array.from({ length: 5_000 }, (_, index) => index),
    new Array(2 ** 31),
    new Uint8Array(100_000),
    new Date(Number.NaN),
    Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`k${index}`, index])),
  ),
);

function cyclic(): object {
  const value: Record<string, unknown> = {};
  value.self = [value];
  return value;
}

function deep(levels: number): unknown {
  return levels === 0 ? 1 : [deep(levels - 1)];
}

test('nothing that is recorded throws or makes a frame unreadable', () => {
  const { encoder, readAll } = transport(1_048_576);
  fc.assert(
    fc.property(
      fc.array(fc.tuple(hostile, hostile), { maxLength: 20 }),
      fc.string({ unit: 'binary', maxLength: 2_000 }),
      fc.oneof(fc.double(), fc.tuple(fc.double(), fc.integer())),
      (pairs, text, time) => {
        const losses = new Losses();
        const list = new AttributeList();
        for (const [key, value] of pairs) list.set(key, value, 16, 1_000, losses);
        for (const [, value] of pairs) list.setAll(value, 16, 1_000, losses);
        const events = Array.from({ length: 100 }, () => ({ name: text, time, attributes: list }));
        const written = encoder.encode({
          ...PLAIN,
          name: text,
          statusMessage: text,
          start: time,
          attributes: list,
          events,
        });
        expect(written).toBe(true);
        const [span] = readAll();
        expect(span.name).toBe(text.toWellFormed());
        expect(span.start).toEqual(time);
        expect(span.events.length + span.droppedEvents).toBe(100);
        expect(Object.keys(span.attributes).length + span.droppedAttributes).toBeGreaterThanOrEqual(
          Math.min(list.keys.length, 1),
        );
        for (const value of Object.values(span.attributes)) expect(value).not.toBeUndefined();
      },
    ),
    { numRuns: 300 },
  );
  expect(SPAN_FRAME_MAX_WORDS * 4).toBe(65_536);
});
