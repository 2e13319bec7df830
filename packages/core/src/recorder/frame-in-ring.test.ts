import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Stage, Tick } from '../api.js';
import { Recording, type RecordingOptions } from '../recording.test.fixture.js';
import type { TickRecord } from '../records.js';

/** What a bot may do with several open ticks; `which` picks one of those that are open. */
type Step =
  | { readonly kind: 'begin' }
  | {
      readonly kind: 'lap' | 'start' | 'endStage' | 'trip' | 'attribute' | 'request' | 'end';
      readonly which: number;
    }
  | { readonly kind: 'alone' };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Step>({ kind: 'begin' }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constantFrom('lap', 'start', 'endStage', 'trip', 'attribute', 'request', 'end'),
      which: fc.nat(7),
    }),
  },
  { weight: 1, arbitrary: fc.constant<Step>({ kind: 'alone' }) },
);

interface OpenTick {
  readonly id: number;
  readonly tick: Tick;
  readonly stages: Stage[];
  readonly expected: string[];
}

/** Runs the steps. @returns by tick, in order of their begin, what each is expected to hold. */
function run(recording: Recording, steps: readonly Step[]): string[][] {
  const { scope } = recording;
  const all: OpenTick[] = [];
  const open: OpenTick[] = [];
  for (const taken of steps) {
    if (taken.kind === 'begin') {
      const begun = { id: all.length, tick: scope.begin(), stages: [], expected: [] };
      all.push(begun);
      open.push(begun);
      continue;
    }
    if (taken.kind === 'alone') {
      scope.measure('alone', () => {});
      continue;
    }
    if (open.length === 0) continue;
    act(open, taken.which % open.length, taken.kind);
  }
  for (const { tick } of open) tick.end();
  return all.map(({ expected }) => expected);
}

function act(open: OpenTick[], which: number, kind: Exclude<Step['kind'], 'begin' | 'alone'>): void {
  const { id, tick, stages, expected } = open[which];
  const name = `${kind} ${id}.${expected.length}`;
  switch (kind) {
    case 'lap':
      tick.lap(name);
      expected.push(name);
      break;
    case 'start':
      stages.push(tick.start(name));
      expected.push(name);
      break;
    case 'endStage':
      stages.shift()?.setAttribute('of', id).end();
      break;
    case 'trip':
      tick.guardTrip(name);
      expected.push(name);
      break;
    case 'attribute':
      tick.setAttribute(name, id);
      expected.push(name);
      break;
    case 'request':
      tick.exchangeRequest('GET', name, () => null);
      expected.push(`GET ${name}`);
      break;
    case 'end':
      tick.end();
      open.splice(which, 1);
  }
}

/** Everything that a tick's frame carried, by name. */
function contentOf(tick: TickRecord): string[] {
  return [
    ...tick.spans.map(({ name }) => name),
    ...tick.guardReasons,
    ...Object.keys(tick.attributes),
  ].sort();
}

function sorted(lists: readonly (readonly string[])[]): string[][] {
  return lists.map((list) => [...list].sort());
}

describe('the frame of an open tick', () => {
  test.each<[string, RecordingOptions]>([
    ['at the head of a ring that drops', { overflow: 'drop' }],
    ['in slots beside a ring that overwrites', { overflow: 'overwrite' }],
    ['in a small ring that it wraps round', { sizes: { ringSlots: 256 } }],
    ['with a table of three slots', { sizes: { inFlightSlots: 3 } }],
  ])('holds what was recorded of its own tick and of no other, %s', (_where, options) => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const recording = new Recording(options);
        const expected = run(recording, steps);
        const { ticks, anomalies } = recording;
        const untraced = anomalies.in_flight_full ?? 0;
        expect(ticks.length + untraced).toBe(expected.length);
        if (untraced > 0) {
          const known = new Set(sorted(expected).map((list) => list.join()));
          for (const tick of ticks) expect(known).toContain(contentOf(tick).join());
        } else {
          expect(ticks.map(contentOf)).toEqual(sorted(expected));
        }
        const alone = steps.filter(({ kind }) => kind === 'alone').length;
        expect(recording.lateSpans).toHaveLength(alone);
      }),
      { numRuns: 150 },
    );
  });

  test('moves when another frame is published before its own, and its open stages with it', () => {
    const recording = new Recording();
    const { scope } = recording;
    const first = scope.begin({ symbol: 'first' });
    const stage = first.start('spread');
    const second = scope.begin({ symbol: 'second' });
    second.lap('guards');
    second.end();
    stage.setAttribute('n', 1);
    const child = stage.start('price');
    child.end();
    stage.end();
    first.end();
    expect(recording.text).toBe('ok first\n  spread {n=1}\n    price\nok second\n  guards');
  });

  test('is seen as open once, before and after it moved', () => {
    const recording = new Recording();
    const tick = recording.scope.begin({ symbol: 'stuck' });
    tick.lap('spread');
    const inRing = recording.openText;
    expect(inRing).toContain('spread');
    expect(recording.reader.openTicks).toBe(1);
    recording.scope.measure('alone', () => {});
    expect(recording.reader.openTicks).toBe(1);
    expect(recording.openText).toContain('spread');
    tick.end();
    expect(recording.reader.openTicks).toBe(0);
    expect(recording.openText).toBe('');
  });

  test('does not stand in the way of the ring: what it refuses is counted to the last span', () => {
    const recording = new Recording({ sizes: { ringSlots: 256 } });
    const { scope } = recording;
    for (let count = 0; count < 500; count++) {
      const tick = scope.begin();
      tick.lap('spread');
      tick.end();
    }
    const read = recording.ticks.length;
    const lost = recording.anomalies.frames_ring_full ?? 0;
    expect(read + lost).toBe(500);
    // Three slots a tick: the ring holds as many as fit, wherever they were built.
    expect(read).toBe(Math.floor(256 / 3));
    expect(recording.anomalies.spans_ring_full).toBe(lost * 2);
  });

  test('of an urgent tick leaves its place in the ring to the next one', () => {
    const recording = new Recording({ sizes: { ringSlots: 256 } });
    for (let count = 0; count < 200; count++) {
      const tick = recording.scope.begin();
      tick.guardTrip('stale_book');
      tick.end();
    }
    expect(recording.ticks).toHaveLength(200);
    expect(recording.reader.ring.framesWritten).toBe(0);
  });
});
