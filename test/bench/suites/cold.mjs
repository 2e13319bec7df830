import { BARE_6, BARE_10, CALLBACK, LAP, START_END, STOCK_02 } from '../lib/cases.mjs';
import { runChild } from '../lib/child.mjs';
import { figure, table, withInterval } from '../lib/document.mjs';
import { acrossNodes, caseKey, interleave } from '../lib/interleave.mjs';
import { median, summarize } from '../lib/statistics.mjs';

const CASES = [BARE_6, LAP, BARE_10, START_END, CALLBACK, STOCK_02];

export const suite = {
  title: 'Cost of a tick, cold',
  explanation: [
    'The same tick when a timer brings one a millisecond and the processor has done other things in between. The',
    'code was compiled by a hot warm-up before, long enough for the ring to have been written once. One clock read',
    'around the tick is in every figure.',
  ].join('\n'),

  async run({ nodes, quick, random, progress }) {
    const variants = acrossNodes(CASES, nodes);
    const ticks = quick ? 300 : 800;
    const measure = ({ module, options, node }) =>
      runChild(
        'cold.mjs',
        { module, options, ticks, warmUpTicks: 60_000, settleTicks: 100 },
        { node: node.path },
      );
    const results = await interleave({ variants, rounds: quick ? 2 : 9, random, measure, progress });
    return { nodes, runs: Object.fromEntries(results) };
  },

  tables({ nodes, runs }) {
    return nodes.map((node) => {
      const rows = CASES.map(({ key, label }) => {
        const repetitions = runs[caseKey(key, node)];
        return [
          label,
          withInterval(summarize(repetitions.map(({ medianNs }) => medianNs))),
          figure(median(repetitions.map(({ p95Ns }) => p95Ns))),
        ];
      });
      return `### Node ${node.version}\n\n${table(['ns per tick at 1 000 ticks/s', 'median', 'p95'], rows)}`;
    });
  },

  verdicts() {
    return [];
  },
};
