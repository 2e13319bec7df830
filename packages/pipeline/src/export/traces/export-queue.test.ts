import { resourceFromAttributes } from '@opentelemetry/resources';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ExportState, type KeptTick, keptRecord } from '../../kept-tick.js';
import { Ledger } from '../../ledger.js';
import { ManualClock, settled } from '../../manual-clock.test.fixture.js';
import { KEEP_REASONS, type KeepReason } from '../../protocol.js';
import type { PipelineSettings } from '../../settings.js';
import { keptTick, lateSpan, tickRecord } from '../../tick-record.test.fixture.js';
import type { Reachability } from '../otlp-endpoint.js';
import { TraceExportQueue } from './export-queue.js';
import type { Rejection, SendResult, TraceTransport } from './trace-transport.js';

/** A backend that answers when the test says so. */
class ScriptedTransport implements TraceTransport {
  readonly sent: { readonly spans: readonly { readonly traceId: string }[]; readonly signal: AbortSignal }[] =
    [];
  readonly #answers: ((result: SendResult) => void)[] = [];
  reachability: Reachability = 'reachable';
  probes = 0;
  isClosed = false;

  send(request: Uint8Array, signal: AbortSignal): Promise<SendResult> {
    const { spans } = JSON.parse(Buffer.from(request).toString()).resourceSpans[0].scopeSpans[0];
    this.sent.push({ spans, signal });
    return new Promise((resolve) => this.#answers.push(resolve));
  }

  async probe(): Promise<Reachability> {
    this.probes++;
    return this.reachability;
  }

  close(): void {
    this.isClosed = true;
  }

  get unanswered(): number {
    return this.#answers.length;
  }

  /** Answers the oldest batch. */
  async answer(status: 'acknowledged' | 'failed', rejected?: Rejection): Promise<void> {
    this.#answers.shift()?.(status === 'failed' ? { status, message: 'HTTP 500' } : { status, rejected });
    await settled();
  }
}

const SETTINGS: PipelineSettings['exportQueue'] = {
  maxSpans: 100,
  batchSpans: 10,
  scheduledDelayMillis: 1000,
  maxConcurrentExports: 2,
};

function queueOf(
  settings: Partial<PipelineSettings['exportQueue']> = {},
  endpoint: 'endpoint' | 'none' = 'endpoint',
) {
  const clock = new ManualClock();
  const ledger = new Ledger();
  const transport = new ScriptedTransport();
  const states = new Map<string, ExportState[]>();
  const queue = new TraceExportQueue({
    settings: { ...SETTINGS, ...settings },
    transport: endpoint === 'none' ? undefined : transport,
    batchLimitMillis: 10_000,
    resource: resourceFromAttributes({}),
    verdicts: ledger,
    clock,
    onState: (ticks, state) => {
      for (const { tick } of ticks) states.set(tick.traceId, [...(states.get(tick.traceId) ?? []), state]);
    },
  });
  let recorded = 0;
  ledger.supplyRecorded(() => recorded);
  ledger.supplyInFlight('export_queue', () => queue.queuedSpans);
  ledger.supplyInFlight('exporting', () => queue.exportingSpans);
  const enqueueTick = (kept: KeptTick) => {
    recorded += kept.spans;
    queue.enqueue(kept);
    return kept.tick.traceId;
  };
  const enqueue = (spans = 1, keptBy: readonly KeepReason[] = ['ratio']) =>
    enqueueTick(keptTick(spans, keptBy));
  return { clock, ledger, transport, states, queue, enqueue, enqueueTick };
}

/** Whether a promise has been resolved, after all that is due has run. */
async function isSettled(promise: Promise<void>): Promise<boolean> {
  let done = false;
  void promise.then(() => {
    done = true;
  });
  await settled();
  return done;
}

test('a full batch is sent at once, the rest after the scheduled delay', async () => {
  const { clock, transport, enqueue } = queueOf();
  enqueue(6);
  await clock.advance(999);
  expect(transport.sent).toHaveLength(0);
  enqueue(4);
  expect(transport.sent.map(({ spans }) => spans.length)).toEqual([10]);
  enqueue(3);
  await clock.advance(1);
  expect(transport.sent.map(({ spans }) => spans.length)).toEqual([10, 3]);
});

test('what the backend acknowledged is exported, and told of', async () => {
  const { ledger, transport, states, enqueue } = queueOf();
  const traceId = enqueue(10);
  expect(ledger.toJson().inFlight).toEqual({ export_queue: 0, exporting: 10 });
  expect(states.get(traceId)).toBeUndefined();
  await transport.answer('acknowledged');
  expect(ledger.toJson()).toMatchObject({ exported: 10, inFlight: { exporting: 0 } });
  expect(states.get(traceId)).toEqual(['exported']);
});

test('a failed batch is dropped, and when and why is kept for whoever asks', async () => {
  const { clock, ledger, queue, transport, states, enqueue } = queueOf();
  expect(queue.lastFailure).toBeUndefined();
  await clock.advance(500);
  const traceId = enqueue(10);
  await transport.answer('failed');
  expect(ledger.toJson()).toMatchObject({ exported: 0, dropped: { export_failed: 10 } });
  expect(states.get(traceId)).toEqual(['dropped']);
  expect(queue.lastFailure).toEqual({ atMillis: 500, message: 'HTTP 500' });
  await clock.advance(500);
  enqueue(10);
  await transport.answer('acknowledged');
  expect(queue.lastFailure).toEqual({ atMillis: 500, message: 'HTTP 500' });
});

test('spans that the backend rejected of a batch are lost, the others exported', async () => {
  const { ledger, queue, transport, states, enqueue } = queueOf();
  const ticks = [enqueue(6), enqueue(4)];
  await transport.answer('acknowledged', { spans: 3, message: 'too old' });
  expect(ledger.toJson()).toMatchObject({ exported: 7, dropped: { rejected: 3 } });
  expect(ledger.balance()).toBe(0);
  // Nobody knows whose they were.
  expect(ticks.map((tick) => states.get(tick))).toEqual([['exported'], ['exported']]);
  expect(queue.lastFailure?.message).toBe('3 of 10 spans rejected: too old');
});

test('a batch whose spans were all rejected is lost, and no more than that, whatever the backend says', async () => {
  const { ledger, transport, states, enqueue } = queueOf();
  const tick = enqueue(10);
  await transport.answer('acknowledged', { spans: 1e12, message: '' });
  expect(ledger.toJson()).toMatchObject({ exported: 0, dropped: { rejected: 10 } });
  expect(ledger.balance()).toBe(0);
  expect(states.get(tick)).toEqual(['dropped']);
});

test('what a backend says about its failure is not kept at any length', async () => {
  const { queue, transport, enqueue } = queueOf();
  enqueue(10);
  await transport.answer('acknowledged', { spans: 1, message: 'x'.repeat(100_000) });
  expect(queue.lastFailure?.message).toHaveLength(200);
});

test('a backend that hangs makes nothing grow', async () => {
  const { ledger, queue, transport, enqueue } = queueOf();
  for (let tick = 0; tick < 1000; tick++) enqueue(5);
  expect(transport.unanswered).toBe(2);
  expect(queue.exportingSpans).toBe(20);
  expect(queue.queuedSpans).toBe(100);
  expect(ledger.toJson().dropped).toEqual({ export_queue_full: 4880 });
  expect(ledger.balance()).toBe(0);
});

test('a batch without an answer is abandoned at its time limit, and a late answer changes nothing', async () => {
  const { clock, ledger, queue, transport, states, enqueue } = queueOf();
  const traceId = enqueue(10);
  await clock.advance(9_999);
  expect(transport.sent[0].signal.aborted).toBe(false);
  await clock.advance(1);
  expect(transport.sent[0].signal.aborted).toBe(true);
  expect(queue.exportingSpans).toBe(0);
  await transport.answer('acknowledged');
  expect(ledger.toJson()).toMatchObject({ exported: 0, dropped: { export_failed: 10 } });
  expect(states.get(traceId)).toEqual(['dropped']);
});

test('when the queue is full a miss takes the place of ordinary ticks', async () => {
  const { ledger, states, enqueue } = queueOf({ maxSpans: 10, batchSpans: 10, maxConcurrentExports: 0 });
  const ordinary = [enqueue(5), enqueue(5)];
  const miss = enqueue(4, ['deadline_miss', 'ratio']);
  expect(ordinary.map((traceId) => states.get(traceId))).toEqual([['dropped'], undefined]);
  expect(states.get(miss)).toBeUndefined();
  expect(ledger.toJson()).toMatchObject({ dropped: { export_queue_full: 5 }, inFlight: { export_queue: 9 } });
});

test('without an endpoint everything is counted as not exported', () => {
  const { ledger, queue, states, enqueue } = queueOf({}, 'none');
  const traceId = enqueue(7);
  expect(ledger.toJson()).toMatchObject({ notExported: 7 });
  expect(states.get(traceId)).toEqual(['not_exported']);
  expect(queue.queuedSpans).toBe(0);
});

test('without an endpoint a flush has nothing to wait for', async () => {
  const { queue, transport, enqueue } = queueOf({}, 'none');
  enqueue(7);
  await queue.flush(1000);
  expect(transport.probes).toBe(0);
});

test('a late span is exported with its trace but says nothing about its tick', async () => {
  const { queue, transport, states, clock } = queueOf();
  const tick = tickRecord();
  queue.enqueueLate({ late: lateSpan(tick, { index: 4 }), keptBy: ['ratio'] });
  await clock.advance(1000);
  await transport.answer('acknowledged');
  expect(transport.sent[0].spans.map(({ traceId }) => traceId)).toEqual([tick.traceId]);
  expect(states.size).toBe(0);
});

test('a tick that cannot be encoded is dropped alone', async () => {
  const { ledger, queue, transport, clock, enqueue } = queueOf();
  queue.enqueue(keptRecord(tickRecord({ endMillis: Number.NaN }), ['ratio']));
  enqueue(3);
  await clock.advance(1000);
  expect(transport.sent[0].spans).toHaveLength(3);
  expect(ledger.toJson().dropped).toEqual({ invalid_record: 1 });
});

test('a transport that breaks its promise is a failed batch', async () => {
  const { ledger, queue, transport, enqueue } = queueOf();
  transport.send = () => Promise.reject(new Error('broken'));
  enqueue(10);
  await settled();
  expect(ledger.toJson().dropped).toEqual({ export_failed: 10 });
  expect(queue.lastFailure?.message).toContain('broken');
});

test('a flush sends everything and resolves with the last answer', async () => {
  const { ledger, queue, transport, enqueue } = queueOf();
  for (let tick = 0; tick < 5; tick++) enqueue(7);
  const flushed = queue.flush(60_000);
  for (let batch = 0; batch < 5; batch++) {
    expect(await isSettled(flushed)).toBe(false);
    await transport.answer('acknowledged');
  }
  expect(await isSettled(flushed)).toBe(true);
  expect(ledger.toJson()).toMatchObject({ exported: 35, inFlight: { export_queue: 0, exporting: 0 } });
});

test('a flush with nothing to do resolves at once', async () => {
  const { queue, transport } = queueOf();
  await queue.flush(1000);
  expect(transport.probes).toBe(0);
});

test('a flush does not wait for what comes after it', async () => {
  const { queue, transport, enqueue } = queueOf();
  enqueue(3);
  const flushed = queue.flush(60_000);
  enqueue(3);
  await transport.answer('acknowledged');
  expect(await isSettled(flushed)).toBe(true);
});

test('a flush gives up at its limit what was there before it, and nothing else', async () => {
  const { clock, ledger, queue, transport, enqueue } = queueOf({ maxConcurrentExports: 1 });
  for (let tick = 0; tick < 3; tick++) enqueue(10);
  const flushed = queue.flush(2000);
  await clock.advance(1000);
  enqueue(5);
  await clock.advance(999);
  expect(await isSettled(flushed)).toBe(false);
  await clock.advance(1);
  expect(await isSettled(flushed)).toBe(true);
  expect(transport.sent[0].signal.aborted).toBe(true);
  expect(ledger.toJson()).toMatchObject({ exported: 0, dropped: { export_failed: 30 } });
  expect(ledger.balance()).toBe(0);
  await clock.advance(1000);
  await transport.answer('failed');
  await transport.answer('acknowledged');
  expect(ledger.toJson()).toMatchObject({ exported: 5 });
});

test('a flush leaves batches alone that were sent for what came after it', async () => {
  const { clock, queue, transport, enqueue } = queueOf();
  enqueue(10);
  const flushed = queue.flush(2000);
  enqueue(10);
  await clock.advance(2000);
  expect(await isSettled(flushed)).toBe(true);
  expect(transport.sent.map(({ signal }) => signal.aborted)).toEqual([true, false]);
});

test('a flush of a backend that refuses connections gives up at once, back-off or not', async () => {
  const { clock, ledger, queue, transport, enqueue } = queueOf();
  for (let tick = 0; tick < 5; tick++) enqueue(10);
  transport.reachability = 'unreachable';
  expect(await isSettled(queue.flush(2000))).toBe(true);
  expect(clock.nowMillis()).toBe(0);
  expect(transport.sent.every(({ signal }) => signal.aborted)).toBe(true);
  expect(ledger.toJson().dropped).toEqual({ export_failed: 50 });
});

test('a flush resolves when all that it waited for could not be encoded', async () => {
  const { queue } = queueOf();
  queue.enqueue(keptRecord(tickRecord({ endMillis: Number.NaN }), ['ratio']));
  expect(await isSettled(queue.flush(2000))).toBe(true);
});

test('a shutdown gives up what is left, closes connections and leaves no timer', async () => {
  const { clock, ledger, queue, transport, enqueue } = queueOf();
  for (let tick = 0; tick < 5; tick++) enqueue(9);
  queue.shutdown();
  enqueue(1);
  expect(transport.isClosed).toBe(true);
  expect(ledger.toJson().dropped).toEqual({ export_failed: 45, shutdown: 1 });
  await clock.advance(60_000);
  expect(clock.pendingTimers).toBe(0);
  expect(ledger.balance()).toBe(0);
});

test('whatever happens, the ledger balances, every tick has one last state, and the bounds hold', async () => {
  const steps = fc.array(
    fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({
          spans: fc.integer({ min: 1, max: 15 }),
          reason: fc.constantFrom(...KEEP_REASONS),
        }),
      },
      { weight: 3, arbitrary: fc.constantFrom('acknowledged', 'failed') },
      { weight: 2, arbitrary: fc.record({ waitMillis: fc.nat(6000) }) },
      { weight: 1, arbitrary: fc.record({ flushMillis: fc.nat(3000) }) },
      {
        weight: 1,
        arbitrary: fc.record({ reachability: fc.constantFrom('reachable', 'unreachable', 'unknown') }),
      },
      { weight: 1, arbitrary: fc.constant('invalid') },
    ),
    { maxLength: 60, size: 'max' },
  );
  await fc.assert(
    fc.asyncProperty(steps, async (script) => {
      const { clock, ledger, queue, transport, states, enqueue, enqueueTick } = queueOf({ maxSpans: 60 });
      const ticks: string[] = [];
      const flushes: Promise<void>[] = [];
      const check = () => {
        expect(ledger.balance()).toBe(0);
        expect(queue.queuedSpans).toBeLessThanOrEqual(60);
        expect(queue.exportingSpans).toBeLessThanOrEqual(2 * 15);
      };
      for (const step of script) {
        if (step === 'invalid') {
          ticks.push(enqueueTick(keptRecord(tickRecord({ startMillis: Number.NaN }), ['ratio'])));
        } else if (typeof step === 'string') await transport.answer(step);
        else if ('spans' in step) ticks.push(enqueue(step.spans, [step.reason]));
        else if ('waitMillis' in step) await clock.advance(step.waitMillis);
        else if ('flushMillis' in step) flushes.push(queue.flush(step.flushMillis));
        else transport.reachability = step.reachability;
        check();
      }
      await clock.advance(3000);
      for (const flush of flushes) expect(await isSettled(flush)).toBe(true);
      const last = queue.flush(1000);
      await clock.advance(1000);
      expect(await isSettled(last)).toBe(true);
      check();
      expect(ledger.toJson().inFlight).toEqual({ export_queue: 0, exporting: 0 });
      for (const traceId of ticks) {
        expect(states.get(traceId)).toHaveLength(1);
        expect(['exported', 'dropped']).toContain(states.get(traceId)?.[0]);
      }
    }),
    { numRuns: 200 },
  );
});
