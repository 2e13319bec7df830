import { BYTES_PER_TICK as CALIBRATION_BYTES } from '../cases/allocation.mjs';
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
  STOCK_METRICS,
} from '../lib/cases.mjs';
import { runChild } from '../lib/child.mjs';
import { figure, table } from '../lib/document.mjs';
import { acrossNodes, caseKey, interleave } from '../lib/interleave.mjs';
import { median } from '../lib/statistics.mjs';

const SEMI_SPACE_FLAGS = ['--min-semi-space-size=1', '--max-semi-space-size=1'];

const many = { ticks: 10_000_000, warmUpTicks: 300_000, burstTicks: 100_000 };
const some = { ticks: 2_000_000, warmUpTicks: 100_000, burstTicks: 100_000 };
const few = { ticks: 60_000, warmUpTicks: 20_000, burstTicks: 400 };

const CALIBRATION = { key: 'calibration', label: 'a known allocation', module: 'allocation', options: {} };

const CASES = [
  { ...CALIBRATION, ...some },
  { ...BARE_6, ...many },
  { ...LAP, ...many, reads: 'bare6' },
  { ...LAP_METRICS, ...some, reads: 'bare6' },
  { ...LAP_OFF, ...some },
  { ...BARE_10, ...some },
  { ...START_END, ...some, reads: 'bare10' },
  { ...CALLBACK, ...some, reads: 'bare10' },
  { ...AWAITED, ...some, ticks: 400_000, reads: 'bare10' },
  { ...STOCK_1, ...few },
  { ...STOCK_02, ...few },
  { ...STOCK_0, ...few },
  { ...STOCK_AWAITED, ...few },
  { ...STOCK_METRICS, ...some, ticks: 400_000 },
  { ...PERF_HOOKS, ...some, ticks: 1_000_000 },
  { ...PROM_CLIENT, ...some, ticks: 400_000 },
];

export const suite = {
  title: 'Bytes allocated per tick',
  explanation: [
    'Scavenges of the calling thread counted over up to 10⁷ ticks with a semi-space of 1 MiB. What a scavenge stands',
    `for is calibrated in the same run with a loop that allocates ${CALIBRATION_BYTES} bytes per tick. A clock read`,
    'boxes 16 bytes on Node 20 and none on Node 24, hence the column that takes the bare reads off.',
  ].join('\n'),

  async run({ nodes, quick, random, progress }) {
    const variants = acrossNodes(CASES, nodes);
    const measure = ({ module, options, ticks, warmUpTicks, burstTicks, node }) =>
      runChild(
        'allocation.mjs',
        { module, options, ticks, warmUpTicks, burstTicks },
        { node: node.path, flags: SEMI_SPACE_FLAGS },
      );
    const results = await interleave({ variants, rounds: quick ? 1 : 3, random, measure, progress });
    const scavengesPerTick = Object.fromEntries(
      [...results].map(([key, runs]) => [key, median(runs.map(({ scavenges, ticks }) => scavenges / ticks))]),
    );
    return { nodes, scavengesPerTick };
  },

  tables(results) {
    return results.nodes.map((node) => {
      const rows = CASES.map(({ key, label, reads }) => [
        label,
        figure(bytes(results, key, node)),
        reads === undefined ? '' : figure(bytes(results, key, node) - bytes(results, reads, node)),
      ]);
      return `### Node ${node.version}\n\n${table(['bytes per tick', 'all', 'beyond its clock reads'], rows)}`;
    });
  },

  verdicts(results) {
    return results.nodes.flatMap((node) =>
      [
        ['lap', 'bare6', 'lap tick'],
        ['startEnd', 'bare10', 'start + end tick'],
      ].map(([name, reads, label]) => {
        const beyond = bytes(results, name, node) - bytes(results, reads, node);
        return {
          target: `${label} allocates at most 1 byte beyond its clock reads`,
          node: node.version,
          figure: figure(beyond, 'bytes'),
          met: beyond <= 1,
          headline: name === 'lap',
        };
      }),
    );
  },
};

function bytes({ scavengesPerTick }, name, node) {
  const bytesPerScavenge = CALIBRATION_BYTES / scavengesPerTick[caseKey('calibration', node)];
  return scavengesPerTick[caseKey(name, node)] * bytesPerScavenge;
}
