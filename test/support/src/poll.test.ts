import { expect, test } from 'vitest';
import { pollUntil } from './poll.js';

test('resolves with the first value that is not undefined, null or false', async () => {
  const values = [undefined, null, false, 0];
  expect(await pollUntil(() => values.shift(), { intervalMillis: 1 })).toBe(0);
});

test('a probe that throws is asked again', async () => {
  let calls = 0;
  const value = await pollUntil(
    () => {
      if (++calls < 3) throw new Error('refused');
      return calls;
    },
    { intervalMillis: 1 },
  );
  expect(value).toBe(3);
});

test('the deadline tells what was awaited and seen last', async () => {
  const never = pollUntil(() => Promise.reject(new Error('refused')), {
    timeoutMillis: 5,
    intervalMillis: 1,
    description: 'the bot',
  });
  await expect(never).rejects.toThrow('Waited 5 ms for the bot; last seen: Error: refused');
});
