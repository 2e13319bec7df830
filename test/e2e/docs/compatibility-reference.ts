/** The tables of docs/compatibility.md, from the lists that the matrix runs. */
import {
  AUTO_INSTRUMENTATIONS,
  INSTALLATIONS,
  type Installation,
  MANAGERS,
  type ManagerName,
  OPENTELEMETRY,
  type OpenTelemetryLine,
} from '../../consumer/cells.js';
import { table } from './markdown.js';

export function installationsTable(): string {
  const nodes = [...new Set(INSTALLATIONS.map(({ node }) => node))];
  const lines = Object.keys(OPENTELEMETRY) as OpenTelemetryLine[];
  const cell = (node: string, line: OpenTelemetryLine) =>
    INSTALLATIONS.filter((installation) => installation.node === node && installation.line === line)
      .map(managerText)
      .join(', ') || '–';
  return table(
    ['Node.js', ...lines.map((line) => `beside OpenTelemetry ${line}`)],
    nodes.map((node) => [node, ...lines.map((line) => cell(node, line))]),
  );
}

export function versionsTable(): string {
  const lines = Object.entries(OPENTELEMETRY).map(([line, packages]) => [
    `OpenTelemetry ${line}`,
    packagesText(packages),
  ]);
  const managers = (Object.keys(MANAGERS) as ManagerName[]).map((manager) => {
    const { name, version } = MANAGERS[manager];
    return [manager, packagesText({ [name]: version })];
  });
  return table(['name', 'packages'], [...lines, ...managers]);
}

export function autoInstrumentationsTable(): string {
  return table(
    ['OpenTelemetry', 'packages', 'Node.js'],
    AUTO_INSTRUMENTATIONS.map(({ line, dependencies, nodes }) => [
      line,
      packagesText(dependencies),
      nodes.join(', '),
    ]),
  );
}

function managerText({ manager, api }: Installation): string {
  return api === undefined ? manager : `${manager} with API ${api}`;
}

function packagesText(packages: Readonly<Record<string, string>>): string {
  return Object.entries(packages)
    .map(([name, version]) => `\`${name}\` ${version}`)
    .join(', ');
}
