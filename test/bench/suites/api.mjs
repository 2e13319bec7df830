import { runChild } from '../lib/child.mjs';
import { figure, table, times, withInterval } from '../lib/document.mjs';
import { acrossNodes, caseKey, interleave } from '../lib/interleave.mjs';
import { pairedRatio, summarize } from '../lib/statistics.mjs';

/** The span ring holds a burst and the pipeline empties it in the pause, so every span is written out. */
const paced = { burstTicks: 800, rest: 25, ticks: 40_000, warmUpTicks: 24_000 };
/** A turn of the event loop before the batch processor's queue is full, else it would drop spans. */
const turning = { burstTicks: 400, rest: 'turn', ticks: 40_000, warmUpTicks: 40_000 };

const RATIOS = [0, 0.2, 1];
const STYLES = [
  { style: 'active', label: 'startActiveSpan' },
  { style: 'explicit', label: 'contexts by hand' },
];

const PAIRS = STYLES.flatMap(({ style, label }) =>
  RATIOS.map((ratio) => {
    const options = { style, ratio };
    const name = `${label}, ratio ${ratio}`;
    return {
      name,
      headline: style === 'active',
      stock: { ...turning, key: `stock-${style}-${ratio}`, label: name, module: 'api-stock', options },
      own: { ...paced, key: `own-${style}-${ratio}`, label: name, module: 'api-tickscope', options },
    };
  }),
);
const CASES = PAIRS.flatMap(({ stock, own }) => [stock, own]);

export const suite = {
  title: 'Spans of the unchanged OpenTelemetry API',
  explanation: [
    'Nanoseconds that a root span with one attribute and four children with empty bodies take on the calling thread,',
    'made by the same code through `@opentelemetry/api`: wall time less the time that the kernel kept the thread',
    'waiting for a processor. OpenTelemetry JS 2.12 with BatchSpanProcessor, a parent-based ratio sampler and an',
    'exporter that discards, so that serialisation is not in its figures; Tickscope with the TracerProvider that',
    '`register()` sets. No metrics on either side.',
  ].join('\n'),

  async run({ nodes, quick, random, progress }) {
    const variants = acrossNodes(CASES, nodes);
    const measure = ({ module, options, ticks, warmUpTicks, burstTicks, rest, node }) =>
      runChild('hot.mjs', { module, options, ticks, warmUpTicks, burstTicks, rest }, { node: node.path });
    const results = await interleave({ variants, rounds: quick ? 3 : 9, random, measure, progress });
    const nsPerTick = new Map();
    for (const [key, repetitions] of results)
      nsPerTick.set(
        key,
        repetitions.map((result) => result.nsPerTick),
      );
    return { nodes, nsPerTick: Object.fromEntries(nsPerTick) };
  },

  tables({ nodes, nsPerTick }) {
    return nodes.map((node) => {
      const rows = PAIRS.map(({ name, stock, own }) => {
        const theirs = nsPerTick[caseKey(stock.key, node)];
        const ours = nsPerTick[caseKey(own.key, node)];
        return [
          name,
          withInterval(summarize(theirs)),
          withInterval(summarize(ours)),
          figure(summarize(ours).median / 5),
          times(pairedRatio(theirs, ours)),
        ];
      });
      const header = ['ns per root and four children', 'OpenTelemetry JS', 'Tickscope', 'a span', 'ratio'];
      return `### Node ${node.version}\n\n${table(header, rows)}`;
    });
  },

  verdicts({ nodes, nsPerTick }) {
    return nodes.flatMap((node) =>
      PAIRS.map(({ name, headline, stock, own }) => {
        const ratio = pairedRatio(nsPerTick[caseKey(stock.key, node)], nsPerTick[caseKey(own.key, node)]);
        return {
          target: `API spans ≥ 5 × cheaper: ${name}`,
          node: node.version,
          figure: times(ratio),
          met: ratio.median >= 5,
          headline,
        };
      }),
    );
  },
};
