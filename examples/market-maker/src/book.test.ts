import { expect, test } from 'vitest';
import { Book } from './book.js';

const snapshot = (sequence: number) =>
  ({
    type: 'snapshot',
    symbol: 'A',
    sequence,
    exchangeMillis: 1000 + sequence,
    tickSize: 0.01,
    bids: [
      [100, 5],
      [99, 7],
    ],
    asks: [
      [105, 4],
      [106, 6],
    ],
  }) as const;
const delta = (sequence: number, bids: [number, number][], asks: [number, number][] = []) =>
  ({ type: 'delta', symbol: 'A', sequence, exchangeMillis: 1000 + sequence, bids, asks }) as const;

test('deltas move the touch; size 0 removes a level', () => {
  const book = new Book('A');
  book.applySnapshot(snapshot(10));
  expect(book.applyDelta(delta(11, [[100, 0]], [[103, 2]]))).toBe('applied');
  expect([book.bestBid(), book.bestAsk()]).toEqual([
    [99, 7],
    [103, 2],
  ]);
  expect(book.exchangeMillis).toBe(1011);
});

test('before the first snapshot there is no price and no delta counts', () => {
  const book = new Book('A');
  expect(book.applyDelta(delta(1, [[100, 1]]))).toBe('unsynced');
  expect(book.bestBid()).toBeUndefined();
});

test('a gap keeps the book as it was and out of sync until a snapshot comes', () => {
  const book = new Book('A');
  book.applySnapshot(snapshot(10));
  expect(book.applyDelta(delta(12, [[101, 1]]))).toBe('gap');
  expect(book.synced).toBe(false);
  expect(book.applyDelta(delta(13, [[102, 1]]))).toBe('unsynced');
  expect(book.bestBid()).toEqual([100, 5]);
  expect(book.applySnapshot(snapshot(13))).toBe('applied');
  expect(book.applyDelta(delta(14, [[101, 1]]))).toBe('applied');
  expect(book.bestBid()).toEqual([101, 1]);
});

test('messages from before the snapshot are ignored', () => {
  const book = new Book('A');
  book.applySnapshot(snapshot(10));
  expect(book.applyDelta(delta(10, [[101, 1]]))).toBe('outdated');
  expect(book.applySnapshot(snapshot(9))).toBe('outdated');
  expect(book.synced).toBe(true);
});
