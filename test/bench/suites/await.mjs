import { CALLBACK, LAP, STOCK_02 } from '../lib/cases.mjs';
import { runChild } from '../lib/child.mjs';
import { table, times, withInterval } from '../lib/document.mjs';
import { acrossNodes, caseKey, interleave } from '../lib/interleave.mjs';
import { pairedRatio, summarize } from '../lib/statistics.mjs';

const CASES = [
  { key: 'none', label: 'no telemetry', ticksBefore: 0, inside: 'nothing' },
  { ...LAP, label: 'after 1 000 Tickscope ticks, lap', ticksBefore: 1_000, inside: 'nothing' },
  { ...CALLBACK, label: 'after 1 000 Tickscope ticks, callback', ticksBefore: 1_000, inside: 'nothing' },
  {
    ...CALLBACK,
    key: 'inTick',
    label: 'inside a Tickscope tick, callback',
    ticksBefore: 1_000,
    inside: 'tick',
  },
  { ...STOCK_02, label: 'after 1 000 OpenTelemetry JS ticks', ticksBefore: 1_000, inside: 'nothing' },
  {
    ...STOCK_02,
    key: 'inSpan',
    label: 'inside an OpenTelemetry JS span',
    ticksBefore: 1_000,
    inside: 'span',
  },
];

export const suite = {
  title: "The bot's own `await`",
  explanation: [
    "Nanoseconds of `await` on an empty async function of the bot's own. On Node 20 the first `AsyncLocalStorage.run`",
    'of a process slows every promise in it from then on, whoever called it; the explicit style never does.',
  ].join('\n'),

  async run({ nodes, quick, random, progress }) {
    const variants = acrossNodes(CASES, nodes);
    const measure = ({ module, options, ticksBefore, inside, node }) =>
      runChild('await.mjs', { module, options, ticksBefore, inside, awaits: 2_000_000 }, { node: node.path });
    const results = await interleave({ variants, rounds: quick ? 2 : 9, random, measure, progress });
    return {
      nodes,
      nsPerAwait: Object.fromEntries(
        [...results].map(([key, runs]) => [key, runs.map(({ nsPerAwait }) => nsPerAwait)]),
      ),
    };
  },

  tables({ nodes, nsPerAwait }) {
    return nodes.map((node) => {
      const of = (name) => nsPerAwait[caseKey(name, node)];
      const rows = CASES.map(({ key, label }) => [
        label,
        withInterval(summarize(of(key))),
        times(pairedRatio(of(key), of('none'))),
      ]);
      return `### Node ${node.version}\n\n${table(['ns per await', 'median', 'to no telemetry'], rows)}`;
    });
  },

  verdicts({ nodes, nsPerAwait }) {
    return nodes.map((node) => {
      const ratio = pairedRatio(nsPerAwait[caseKey('lap', node)], nsPerAwait[caseKey('none', node)]);
      return {
        target: "the explicit style leaves the bot's own await alone (interval holds 1, or below 1.02 ×)",
        node: node.version,
        figure: times(ratio),
        met: ratio.median <= 1.02 || (ratio.interval[0] <= 1 && ratio.interval[1] >= 1),
      };
    });
  },
};
