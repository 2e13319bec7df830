/**
 * What Tickscope is tried with, as a bot gets it: installed from the packed packages, in a folder of its own.
 * docs/compatibility.md is written from these lists.
 */
const NODE_VERSIONS = ['20.20.2', '22.23.3', '24.21.0', '26.10.0'] as const;

/** The oldest that `engines` admits: where `require()` of an ES module came without a flag. */
const OLDEST_NODE_VERSIONS = ['20.19.0', '22.12.0'] as const;

export type OpenTelemetryLine = '2.12' | '3.1';

export const OPENTELEMETRY: Readonly<Record<OpenTelemetryLine, Readonly<Record<string, string>>>> = {
  '2.12': { '@opentelemetry/api': '1.9.1', '@opentelemetry/sdk-trace-base': '2.12.1' },
  '3.1': { '@opentelemetry/api': '1.10.0', '@opentelemetry/sdk-trace': '3.1.1' },
};

export const MANAGERS = {
  npm: { name: 'npm', version: '11.19.1' },
  pnpm: { name: 'pnpm', version: '10.34.9' },
  'yarn 1': { name: 'yarn', version: '1.22.22' },
  'yarn 4': { name: '@yarnpkg/cli-dist', version: '4.18.1' },
  'yarn 4 PnP': { name: '@yarnpkg/cli-dist', version: '4.18.1' },
} as const;

export type ManagerName = keyof typeof MANAGERS;

export const MODULE_FORMS = ['import', 'require'] as const;

/** One installation; the bot runs in it once per module form. */
export interface Installation {
  readonly node: string;
  readonly line: OpenTelemetryLine;
  readonly manager: ManagerName;
  /** Instead of the line's. */
  readonly api?: string;
}

/** Every Node version with every line and every manager; then the edges of the ranges. */
export const INSTALLATIONS: readonly Installation[] = [
  ...NODE_VERSIONS.flatMap((node) =>
    (['2.12', '3.1'] as const).flatMap((line) =>
      (['npm', 'pnpm', 'yarn 1'] as const).map((manager) => ({ node, line, manager })),
    ),
  ),
  ...(['2.12', '3.1'] as const).flatMap((line) =>
    (['yarn 4', 'yarn 4 PnP'] as const).map((manager) => ({ node: '24.21.0', line, manager })),
  ),
  ...OLDEST_NODE_VERSIONS.map((node) => ({ node, line: '2.12', manager: 'npm', api: '1.9.0' }) as const),
];

/** Beside `@opentelemetry/auto-instrumentations-node`, each release with the line that it belongs to. */
export const AUTO_INSTRUMENTATIONS: readonly {
  readonly line: OpenTelemetryLine;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly nodes: readonly string[];
}[] = [
  {
    line: '2.12',
    dependencies: {
      '@opentelemetry/api': '1.9.1',
      '@opentelemetry/core': '2.12.1',
      '@opentelemetry/auto-instrumentations-node': '0.81.2',
    },
    nodes: ['20.20.2', '24.21.0'],
  },
  {
    line: '3.1',
    dependencies: {
      '@opentelemetry/api': '1.10.0',
      '@opentelemetry/core': '3.1.1',
      '@opentelemetry/auto-instrumentations-node': '0.82.0',
    },
    nodes: ['22.23.3', '26.10.0'],
  },
];

export function titleOf({ node, line, manager, api }: Installation): string {
  return `Node ${node}, OpenTelemetry ${line}${api === undefined ? '' : ` (API ${api})`}, ${manager}`;
}

export function dependenciesOf({ line, api }: Installation): Readonly<Record<string, string>> {
  return { ...OPENTELEMETRY[line], ...(api !== undefined && { '@opentelemetry/api': api }) };
}
