import { expect, test } from 'vitest';
import { Lane, type Update, updateOf } from './lane.js';
import { Mailbox } from './mailbox.js';

test('a mailbox holds the latest and says what it replaced', () => {
  const mailbox = new Mailbox<number>();
  expect([mailbox.put(1), mailbox.put(2), mailbox.take(), mailbox.take(), mailbox.put(3)]).toEqual([
    0,
    1,
    2,
    undefined,
    0,
  ]);
});

function laneWithSteps() {
  const ran: number[] = [];
  const coalesced: number[] = [];
  const finish: (() => void)[] = [];
  const tick = ({ receivedAt }: Update) =>
    new Promise<void>((resolve) => {
      ran.push(receivedAt);
      finish.push(resolve);
    });
  const lane = new Lane(tick, (_symbol, count) => coalesced.push(count));
  const post = (receivedAt: number) => lane.post(updateOf('A', receivedAt));
  const step = async () => {
    finish.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { lane, ran, coalesced, post, step };
}

test('ticks of a symbol run one after the other, the latest update next, the rest coalesced', async () => {
  const { ran, coalesced, post, step } = laneWithSteps();
  for (const receivedAt of [1, 2, 3, 4]) post(receivedAt);
  expect([ran, coalesced]).toEqual([[1], [1, 1]]);
  await step();
  expect(ran).toEqual([1, 4]);
  post(5);
  await step();
  await step();
  expect([ran, coalesced]).toEqual([
    [1, 4, 5],
    [1, 1],
  ]);
});

test('a lane that was idle starts at once, and knows how long it was idle', async () => {
  const { lane, ran, post, step } = laneWithSteps();
  post(1);
  expect(lane.idleMillis(performance.now() + 50)).toBe(0);
  await step();
  expect(lane.idleMillis(performance.now() + 50)).toBeGreaterThanOrEqual(50);
  post(2);
  expect(ran).toEqual([1, 2]);
});

test('draining waits for the running tick and hands back the one that never ran', async () => {
  const { lane, ran, post, step } = laneWithSteps();
  post(1);
  post(2);
  let drained: Update | undefined | 'not yet' = 'not yet';
  const draining = lane.drain().then((update) => {
    drained = update;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(drained).toBe('not yet');
  await step();
  await draining;
  expect([drained, ran]).toMatchObject([{ receivedAt: 2 }, [1]]);
});
