import { expect, test } from 'vitest';
import { KeptIds } from './kept-ids.js';

test('a late span finds the reasons of its tick, by lane and sequence', () => {
  const ids = new KeptIds(10);
  ids.remember(0, 7, ['deadline_miss']);
  ids.remember(1, 7, ['ratio']);
  expect(ids.reasonsOf(0, 7)).toEqual(['deadline_miss']);
  expect(ids.reasonsOf(1, 7)).toEqual(['ratio']);
  expect(ids.reasonsOf(0, 8)).toBeUndefined();
});

test('a tick that the budget refused is told from one that is unknown', () => {
  const ids = new KeptIds(10);
  ids.remember(0, 1, []);
  expect(ids.reasonsOf(0, 1)).toEqual([]);
});

test('the oldest are forgotten, remembering again makes one the newest', () => {
  const ids = new KeptIds(2);
  ids.remember(0, 1, ['ratio']);
  ids.remember(0, 2, ['ratio']);
  ids.remember(0, 1, ['failure']);
  ids.remember(0, 3, ['ratio']);
  expect(ids.size).toBe(2);
  expect(ids.reasonsOf(0, 2)).toBeUndefined();
  expect(ids.reasonsOf(0, 1)).toEqual(['failure']);
  expect(ids.reasonsOf(0, 3)).toEqual(['ratio']);
});
