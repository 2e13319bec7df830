import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LEDGER_DOUBLES, Ledger } from './ledger.js';

test('adds up what was counted here and what the suppliers count', () => {
  const ledger = new Ledger();
  ledger.supplyRecorded(() => 60);
  ledger.supplyRecorded(() => 40);
  ledger.supplyDropped('ring_full', () => 5);
  ledger.supplyInFlight('ring', () => 3);
  ledger.supplyInFlight('ring', () => 4);
  ledger.supplyInFlight('export_queue', () => 0);
  ledger.exported(52);
  ledger.notExported(1);
  ledger.sampledOut(30);
  ledger.dropped('export_failed', 5);

  expect(ledger.toJson()).toEqual({
    recorded: 100,
    exported: 52,
    notExported: 1,
    sampledOut: 30,
    dropped: { ring_full: 5, export_failed: 5 },
    inFlight: { ring: 7, export_queue: 0 },
  });
  expect(ledger.balance()).toBe(0);
});

test('a span that a stage loses without a verdict is a debt', () => {
  const ledger = new Ledger();
  ledger.supplyRecorded(() => 10);
  ledger.supplyInFlight('ring', () => 4);
  ledger.exported(5);
  expect(ledger.balance()).toBe(1);
});

test('the balance is what was recorded less every verdict, whatever their order', () => {
  const verdict = fc.constantFrom('exported', 'notExported', 'sampledOut', 'dropped', 'lost' as const);
  fc.assert(
    fc.property(fc.array(fc.tuple(verdict, fc.nat(1000))), (verdicts) => {
      let recorded = 0;
      let lost = 0;
      const ledger = new Ledger();
      ledger.supplyRecorded(() => recorded);
      for (const [kind, spans] of verdicts) {
        recorded += spans;
        if (kind === 'lost') lost += spans;
        else if (kind === 'dropped') ledger.dropped(spans % 2 === 0 ? 'export_failed' : 'span_budget', spans);
        else ledger[kind as 'exported' | 'notExported' | 'sampledOut'](spans);
      }
      expect(ledger.balance()).toBe(lost);
    }),
  );
});

test('a worker that replaces another goes on counting, and owns up to what its predecessor held', () => {
  const memory = new Float64Array(LEDGER_DOUBLES);
  const first = new Ledger(memory);
  first.exported(50);
  first.sampledOut(30);

  const second = new Ledger(memory);
  second.supplyRecorded(() => 120);
  second.supplyInFlight('ring', () => 20);
  second.settleRestart(100);

  expect(second.toJson()).toMatchObject({ exported: 50, sampledOut: 30, dropped: { worker_restart: 20 } });
  expect(second.balance()).toBe(0);
});
