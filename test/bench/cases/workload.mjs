/**
 * The workload that every case records: a tick with the attribute `symbol` and four stages with empty bodies,
 * five durations into a histogram, and a guard trip on one tick of a hundred.
 */
export const SYMBOLS = ['BTC-USD', 'ETH-USD', 'SOL-USD', 'XRP-USD'];
export const STAGES = ['fetch_md', 'spread', 'guards', 'emit'];
export const GUARD_REASON = 'max_position';

export function symbolOf(index) {
  return SYMBOLS[index & 3];
}

export function tripsGuard(index) {
  return index % 100 === 0;
}
