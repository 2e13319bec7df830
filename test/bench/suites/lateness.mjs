import { BARE_6, exporting, LAP, STOCK_02 } from '../lib/cases.mjs';
import { runChild } from '../lib/child.mjs';
import { figure, table, withInterval } from '../lib/document.mjs';
import { acrossNodes, caseKey, interleave } from '../lib/interleave.mjs';
import { startReceiver } from '../lib/receiver.mjs';
import { bootstrapDifferenceInterval, median, summarize } from '../lib/statistics.mjs';

const BARE_AGAIN = { ...BARE_6, key: 'bareAgain', label: `${BARE_6.label}, again` };

function cases(endpoint) {
  return [BARE_6, BARE_AGAIN, exporting(LAP, endpoint), exporting(STOCK_02, endpoint)];
}

export const suite = {
  title: 'What it does to the event loop',
  explanation: [
    'Lateness of a 1 kHz slot while 10 000 ticks/s are recorded at ratio 0.2 and their spans go to a receiver in',
    'another process (OTLP over HTTP): how long after its due time a slot began. Blocks of a fresh process each, in',
    'shuffled order; the figure is the median of the blocks. Slots during which the kernel kept the thread waiting',
    'for a processor are left out of the first columns and are in those headed *all*. Bare reads run twice: what',
    'they differ by among themselves is the noise of the machine.',
  ].join('\n'),

  async run({ nodes, quick, random, progress }) {
    const receiver = await startReceiver();
    try {
      const variants = acrossNodes(cases(receiver.endpoint), nodes);
      const measure = ({ module, options, node }) =>
        runChild(
          'lateness.mjs',
          { module, options, ticksPerSlot: 10, warmUpSlots: 1_500, slots: quick ? 1_000 : 2_500 },
          { node: node.path },
        );
      const results = await interleave({ variants, rounds: quick ? 2 : 9, random, measure, progress });
      return { nodes, blocks: Object.fromEntries(results), received: await receiver.received() };
    } finally {
      await receiver.stop();
    }
  },

  tables({ nodes, blocks }) {
    return nodes.map((node) => {
      const rows = cases().map(({ key, label }) => {
        const own = blocks[caseKey(key, node)];
        const of = (pick) => median(own.map(pick));
        return [
          label,
          withInterval(summarize(own.map((block) => block.undisturbed.p99))),
          figure(of((block) => block.undisturbed.p999)),
          figure(of((block) => block.undisturbed.max)),
          figure(of((block) => block.all.p99)),
          figure(of((block) => block.all.p999)),
          figure(of((block) => block.all.max)),
          figure(of((block) => block.gcShare) * 100, '%'),
          `${figure(of((block) => block.idleRssMiB))} → ${figure(of((block) => block.peakRssMiB))}`,
        ];
      });
      const header = [
        'lateness in ms',
        'p99',
        'p99.9',
        'max',
        'p99, all',
        'p99.9, all',
        'max, all',
        'GC',
        'RSS, MiB',
      ];
      return `### Node ${node.version}\n\n${table(header, rows)}`;
    });
  },

  verdicts({ nodes, blocks }) {
    return nodes.flatMap((node) => {
      const p99 = (name) => blocks[caseKey(name, node)].map((block) => block.undisturbed.p99);
      const rss = (name) => median(blocks[caseKey(name, node)].map((block) => block.peakRssMiB));
      const [own, stock] = [median(p99('lap')), median(p99('stock02'))];
      const difference = median(p99('lap')) - median(p99('bare6'));
      const noise = bootstrapDifferenceInterval(p99('bareAgain'), p99('bare6'));
      // The noise has no preferred sign: which of the two bare runs is called the first is arbitrary.
      const bound = Math.max(Math.abs(noise[0]), Math.abs(noise[1]));
      return [
        {
          target: 'loop lateness, median block p99 ≤ a tenth of OpenTelemetry JS 2.12 at ratio 0.2',
          node: node.version,
          figure: `${figure(own, 'ms')} to ${figure(stock, 'ms')} (1/${figure(stock / own)})`,
          met: own <= stock / 10,
          headline: true,
        },
        {
          target: 'loop lateness p99, Tickscope − bare inside the 95 % interval of bare − bare',
          node: node.version,
          figure: `${figure(difference, 'ms')}, interval ± ${figure(bound, 'ms')}`,
          met: Math.abs(difference) <= bound,
        },
        {
          target: 'peak memory (RSS) below OpenTelemetry JS 2.12',
          node: node.version,
          figure: `${figure(rss('lap'), 'MiB')} to ${figure(rss('stock02'), 'MiB')}`,
          met: rss('lap') < rss('stock02'),
        },
      ];
    });
  },
};
