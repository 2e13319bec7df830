import {
  AWAITED,
  BARE_6,
  BARE_10,
  CALLBACK,
  LAP,
  LAP_METRICS,
  LAP_OFF,
  PERF_HOOKS,
  PROM_CLIENT,
  START_END,
  STOCK_0,
  STOCK_1,
  STOCK_02,
  STOCK_AWAITED,
  STOCK_EXPLICIT,
  STOCK_METRICS,
} from '../lib/cases.mjs';
import { runChild } from '../lib/child.mjs';
import { figure, table, times, withInterval } from '../lib/document.mjs';
import { acrossNodes, caseKey, interleave } from '../lib/interleave.mjs';
import { pairedRatio, summarize } from '../lib/statistics.mjs';

/** The ring holds a burst and the pipeline empties it in the pause, so every tick is written out in full. */
const paced = { burstTicks: 8_000, rest: 25, ticks: 400_000, warmUpTicks: 80_000 };
/** No pause: the ring overflows and most frames are counted as lost instead of being written. */
const flatOut = { burstTicks: 100_000, rest: 'turn', ticks: 2_000_000, warmUpTicks: 300_000 };
/** A turn of the event loop before the batch processor's queue is full, else it would drop spans. */
const turning = { burstTicks: 400, rest: 'turn', ticks: 60_000, warmUpTicks: 40_000 };

const CASES = [
  { ...BARE_6, ...paced, reads: 'bare6' },
  { ...LAP, ...paced, reads: 'bare6' },
  { ...LAP_METRICS, ...paced, reads: 'bare6' },
  { ...LAP_OFF, ...flatOut, ticks: 10_000_000 },
  { ...BARE_6, ...flatOut, key: 'bare6FlatOut', label: `${BARE_6.label}, flat out`, reads: 'bare6FlatOut' },
  { ...LAP, ...flatOut, key: 'lapFlatOut', label: `${LAP.label}, flat out`, reads: 'bare6FlatOut' },
  { ...BARE_10, ...paced, reads: 'bare10' },
  { ...START_END, ...paced, reads: 'bare10' },
  { ...CALLBACK, ...paced, reads: 'bare10' },
  { ...AWAITED, ...paced, ticks: 200_000, reads: 'bare10' },
  { ...STOCK_1, ...turning },
  { ...STOCK_02, ...turning },
  { ...STOCK_0, ...turning },
  { ...STOCK_EXPLICIT, ...turning },
  { ...STOCK_AWAITED, ...turning },
  { ...STOCK_METRICS, ...flatOut, burstTicks: 10_000, ticks: 200_000, warmUpTicks: 50_000 },
  { ...PERF_HOOKS, ...flatOut, ticks: 800_000, warmUpTicks: 200_000 },
  { ...PROM_CLIENT, ...flatOut, ticks: 400_000, warmUpTicks: 100_000 },
];

const TARGETS = [
  { target: 'lap tick ≤ 1.25 × its clock reads', over: 'lap', under: 'bare6', atMost: 1.25, headline: true },
  { target: 'start + end tick ≤ 1.2 × its clock reads', over: 'startEnd', under: 'bare10', atMost: 1.2 },
  {
    target: 'callback tick with ambient context ≤ 1.6 × its clock reads',
    over: 'callback',
    under: 'bare10',
    atMost: 1.6,
  },
  {
    target: 'lap ≥ 30 × cheaper than OpenTelemetry JS 2.12, ratio 0.2, active spans',
    over: 'stock02',
    under: 'lap',
    atLeast: 30,
    headline: true,
  },
  {
    target: 'callback with ambient context ≥ 15 × cheaper than the same',
    over: 'stock02',
    under: 'callback',
    atLeast: 15,
    headline: true,
  },
  { target: 'lap cheaper than bare perf_hooks histograms', over: 'lap', under: 'perfHooks', atMost: 1 },
];

export const suite = {
  title: 'Cost of a tick, hot',
  explanation: [
    'Nanoseconds that a tick takes on the calling thread in a hot loop: wall time less the time that the kernel',
    'kept the thread waiting for a processor. One tick is a root span with the attribute `symbol`, four stages with',
    'empty bodies, five durations into a histogram and a guard trip on 1 % of ticks. Tickscope at ratio 0.2. Bare',
    'reads and Tickscope run in bursts of 8 000 ticks with pauses, so that the ring never overflows; *flat out* has',
    'no pauses and loses what the pipeline cannot keep up with. OpenTelemetry JS runs in bursts of 400 with a turn',
    'of the event loop (timed) between them and an exporter that discards; serialisation is not in its figures.',
  ].join('\n'),

  async run({ nodes, quick, random, progress }) {
    const variants = acrossNodes(CASES, nodes);
    const measure = ({ module, options, ticks, warmUpTicks, burstTicks, rest, node }) =>
      runChild('hot.mjs', { module, options, ticks, warmUpTicks, burstTicks, rest }, { node: node.path });
    const results = await interleave({ variants, rounds: quick ? 2 : 9, random, measure, progress });
    return {
      nodes,
      nsPerTick: mapValues(results, (repetitions) => repetitions.map(({ nsPerTick }) => nsPerTick)),
      wallNsPerTick: mapValues(results, (repetitions) =>
        repetitions.map(({ wallNsPerTick }) => wallNsPerTick),
      ),
    };
  },

  tables({ nodes, nsPerTick, wallNsPerTick }) {
    return nodes.map((node) => {
      const of = (name) => nsPerTick[caseKey(name, node)];
      const rows = CASES.map(({ key, label, reads }) => [
        label,
        withInterval(summarize(of(key))),
        figure(summarize(of(key)).iqr),
        figure(summarize(wallNsPerTick[caseKey(key, node)]).median),
        reads === undefined || reads === key ? '' : times(pairedRatio(of(key), of(reads))),
        times(pairedRatio(of('stock02'), of(key))),
      ]);
      const header = ['ns per tick', 'median', 'IQR', 'wall', 'to its clock reads', 'stock at 0.2 to it'];
      return `### Node ${node.version}\n\n${table(header, rows)}`;
    });
  },

  verdicts({ nodes, nsPerTick }) {
    return nodes.flatMap((node) => {
      const of = (name) => nsPerTick[caseKey(name, node)];
      const off = summarize(of('lapOff'));
      return [
        ...TARGETS.map(({ target, over, under, atMost, atLeast, headline }) => {
          const ratio = pairedRatio(of(over), of(under));
          const met = atMost === undefined ? ratio.median >= atLeast : ratio.median <= atMost;
          return { target, node: node.version, figure: times(ratio), met, headline };
        }),
        {
          target: 'mode off ≤ 10 ns per tick',
          node: node.version,
          figure: withInterval(off, 'ns'),
          met: off.median <= 10,
        },
      ];
    });
  },
};

function mapValues(map, convert) {
  return Object.fromEntries([...map].map(([key, value]) => [key, convert(value)]));
}
