import { BARE_6, exporting, LAP, STOCK_02 } from '../lib/cases.mjs';
import { runChild } from '../lib/child.mjs';
import { figure, table, withInterval } from '../lib/document.mjs';
import { acrossNodes, caseKey, interleave } from '../lib/interleave.mjs';
import { startReceiver } from '../lib/receiver.mjs';
import { median, summarize } from '../lib/statistics.mjs';

function cases(endpoint) {
  return [BARE_6, exporting(LAP, endpoint), exporting(STOCK_02, endpoint)];
}

export const suite = {
  title: 'Processor time at 10 000 ticks/s',
  explanation: [
    "The kernel's account of the trading thread and of all other threads of the process (the pipeline, garbage",
    'collection, compilation) while a timer brings 10 000 ticks/s at ratio 0.2 and spans go to a receiver in another',
    'process, after three seconds in which the pipeline starts and is compiled. The trading thread sleeps in between,',
    'so its figure holds the timer itself too: compare with bare.',
  ].join('\n'),

  async run({ nodes, quick, random, progress }) {
    const receiver = await startReceiver();
    try {
      const variants = acrossNodes(cases(receiver.endpoint), nodes);
      const measure = ({ module, options, node }) =>
        runChild(
          'cpu.mjs',
          { module, options, ticksPerSecond: 10_000, warmUpMillis: 3_000, millis: quick ? 2_000 : 4_000 },
          { node: node.path },
        );
      const results = await interleave({ variants, rounds: quick ? 1 : 4, random, measure, progress });
      return { nodes, runs: Object.fromEntries(results) };
    } finally {
      await receiver.stop();
    }
  },

  tables({ nodes, runs }) {
    return nodes.map((node) => {
      const rows = cases().map(({ key, label }) => {
        const own = runs[caseKey(key, node)];
        return [
          label,
          withInterval(summarize(own.map(({ mainNsPerTick }) => mainNsPerTick))),
          figure(median(own.map(({ mainShare }) => mainShare)) * 100, '%'),
          figure(median(own.map(({ othersShare }) => othersShare)) * 100, '%'),
        ];
      });
      const header = ['share of one core', 'trading thread, ns per tick', 'trading thread', 'other threads'];
      return `### Node ${node.version}\n\n${table(header, rows)}`;
    });
  },

  verdicts({ nodes, runs }) {
    return nodes.map((node) => {
      const others = (name) => median(runs[caseKey(name, node)].map(({ othersShare }) => othersShare));
      const share = others('lap') - others('bare6');
      return {
        target: 'pipeline ≤ 5 % of a core at 10 000 ticks/s, ratio 0.2',
        node: node.version,
        figure: figure(share * 100, '%'),
        met: share <= 0.05,
        headline: true,
      };
    });
  },
};
