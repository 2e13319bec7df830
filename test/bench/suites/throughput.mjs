import { runChild } from '../lib/child.mjs';
import { figure, grouped, table } from '../lib/document.mjs';
import { caseKey } from '../lib/interleave.mjs';

const CASES = [
  { key: 'flatOut', label: 'flat out', ticksPerSecond: null },
  { key: 'rate100k', label: 'from idle to 100 000 ticks/s', ticksPerSecond: 100_000 },
  { key: 'rate500k', label: 'from idle to 500 000 ticks/s', ticksPerSecond: 500_000 },
];

export const suite = {
  title: 'Exactness and loss under load',
  explanation: [
    'One producer for 10 s, lap style, ratio 0.2, default ring. The producer keeps its own count of every duration',
    'from the same clock reads (which slows it down); afterwards every bucket of every stage in `/metrics`, the tick',
    'and guard counters, and the sum of the loss ledger must equal it. A lost tick is one whose trace frame found',
    'the ring full; its durations are in the metrics all the same.',
  ].join('\n'),

  async run({ nodes, quick, progress }) {
    const runs = {};
    for (const node of nodes) {
      for (const { key, ticksPerSecond } of CASES) {
        progress(`${key} @ ${node.version}`);
        const argument = {
          options: { ratio: 0.2, server: true },
          ticksPerSecond,
          idleMillis: 1_000,
          millis: quick ? 2_000 : 10_000,
        };
        runs[caseKey(key, node)] = await runChild('throughput.mjs', argument, { node: node.path });
      }
    }
    return { nodes, runs };
  },

  tables({ nodes, runs }) {
    return nodes.map((node) => {
      const rows = CASES.map(({ key, label }) => {
        const run = runs[caseKey(key, node)];
        return [
          label,
          grouped(run.ticks),
          figure(run.ticksPerSecond),
          run.mismatches.length === 0 ? 'yes' : `no: ${run.mismatches.slice(0, 3).join('; ')}`,
          grouped(run.lostTicks),
          figure((run.lostTicks / run.ticks) * 100, '%'),
          figure(run.longestDrainGapSeconds * 1000),
        ];
      });
      const header = [
        '',
        'ticks',
        'per second',
        'exact',
        'lost from traces',
        'share',
        'longest drain gap, ms',
      ];
      return `### Node ${node.version}\n\n${table(header, rows)}`;
    });
  },

  verdicts({ nodes, runs }) {
    return nodes.flatMap((node) => {
      const of = (key) => runs[caseKey(key, node)];
      const exact = CASES.every(({ key }) => of(key).mismatches.length === 0);
      return [
        {
          target: 'metrics exact to the last tick and ledger balanced, producer flat out for 10 s',
          node: node.version,
          figure: exact ? `${grouped(of('flatOut').ticks)} ticks` : of('flatOut').mismatches[0],
          met: exact,
          headline: true,
        },
        {
          target: 'from idle to 100 000 ticks/s for 10 s: no tick lost from traces',
          node: node.version,
          figure: `${grouped(of('rate100k').lostTicks)} of ${grouped(of('rate100k').ticks)}`,
          met: of('rate100k').lostTicks === 0,
        },
      ];
    });
  },
};
