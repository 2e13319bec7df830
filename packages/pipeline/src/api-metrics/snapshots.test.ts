import { afterEach, describe, expect, it } from 'vitest';
import { type ChannelEnd, listenForRequests, type ReaderMessage } from './channel.js';
import { ApiSnapshots } from './snapshots.js';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

function gather(maxAgeMillis?: number): ApiSnapshots {
  const snapshots = new ApiSnapshots(maxAgeMillis);
  closers.push(() => snapshots.close());
  return snapshots;
}

/** A reader that answers with how often it was asked, unless it is silent. */
function reader(readerId: string, state: { silent?: boolean } = {}): ChannelEnd<ReaderMessage> {
  let asked = 0;
  const channel = listenForRequests(({ round }) => {
    if (round === undefined) return channel.post({ type: 'attached', readerId });
    asked++;
    if (!state.silent) post(round);
  });
  const post = (round: number | undefined) => {
    const takenMillis = performance.timeOrigin + performance.now();
    channel.post({ type: 'snapshot', readerId, round, takenMillis, scopeMetrics: [`${readerId} ${asked}`] });
  };
  channel.post({ type: 'attached', readerId });
  closers.push(() => channel.close());
  return channel;
}

async function shown(snapshots: ApiSnapshots): Promise<unknown[]> {
  await snapshots.refresh();
  return snapshots.snapshots().flatMap(({ scopeMetrics }) => scopeMetrics);
}

/** What has been posted by now has arrived when this resolves. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** Longer than an answer is shared for. */
function aWhile(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 60));
}

describe('snapshots of the bot’s own metrics', () => {
  it('are asked of every reader, whichever side was there first', async () => {
    reader('early');
    const snapshots = gather();
    reader('late');
    await settle();
    expect((await shown(snapshots)).sort()).toEqual(['early 1', 'late 1']);
  });

  it('are shared by those who ask at the same time or right after one another', async () => {
    const snapshots = gather();
    reader('a');
    await settle();
    const all = await Promise.all([shown(snapshots), shown(snapshots), shown(snapshots)]);
    expect(all).toEqual([['a 1'], ['a 1'], ['a 1']]);
    expect(await shown(snapshots)).toEqual(['a 1']);
  });

  it('take no time where there is no reader', async () => {
    let isDone = false;
    void gather()
      .refresh()
      .then(() => {
        isDone = true;
      });
    await settle();
    expect(isDone).toBe(true);
  });

  it('of a reader that does not answer are its last, and are waited for once', async () => {
    const snapshots = gather();
    const state = { silent: false };
    reader('a', state);
    await settle();
    expect(await shown(snapshots)).toEqual(['a 1']);
    state.silent = true;
    await aWhile();
    expect(await shown(snapshots)).toEqual(['a 1']);
    await aWhile();
    let isDone = false;
    void snapshots.refresh().then(() => {
      isDone = true;
    });
    await settle();
    expect(isDone).toBe(true);
    expect(await shown(snapshots)).toEqual(['a 1']);
  });

  it('are not shown when they are too old', async () => {
    const snapshots = gather(0);
    reader('a');
    await settle();
    expect(await shown(snapshots)).toEqual([]);
  });

  it('of a reader that has ended come last, and it is not asked any more', async () => {
    const snapshots = gather();
    const ended = reader('ended');
    reader('b');
    await settle();
    await snapshots.refresh();
    ended.post({ type: 'ended', readerId: 'ended' });
    ended.close();
    await settle();
    await aWhile();
    expect(await shown(snapshots)).toEqual(['b 2', 'ended 1']);
  });

  it('are of a bounded number of readers', async () => {
    const snapshots = gather();
    for (let index = 0; index < 70; index++) reader(`r${index}`);
    await settle();
    expect(await shown(snapshots)).toHaveLength(64);
  });
});
