/** A Markdown table; the first column is text, the rest are figures. */
export function table(header, rows) {
  const lines = [header, ...rows].map((cells) => cells.map(String));
  const widths = header.map((_, column) => Math.max(3, ...lines.map((cells) => cells[column].length)));
  const pad = (cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]));
  const line = (cells) => `| ${cells.map(pad).join(' | ')} |`;
  const rule = line(widths.map((width, column) => `${'-'.repeat(width - 1)}${column === 0 ? '-' : ':'}`));
  const [first, ...others] = lines;
  return [line(first), rule, ...others.map(line)].join('\n');
}

/** Three significant digits, thousands separated by a thin space, no exponent. */
export function figure(value, unit = '') {
  const suffix = unit === '' ? '' : ` ${unit}`;
  if (value === undefined || Number.isNaN(value)) return '–';
  if (!Number.isFinite(value)) return `∞${suffix}`;
  const magnitude = Math.abs(value);
  if (magnitude >= 1000) return `${grouped(Math.round(value))}${suffix}`;
  if (magnitude >= 100) return `${value.toFixed(0)}${suffix}`;
  if (magnitude >= 10) return `${value.toFixed(1)}${suffix}`;
  if (magnitude >= 1) return `${value.toFixed(2)}${suffix}`;
  if (magnitude === 0) return `0${suffix}`;
  return `${value.toFixed(magnitude >= 0.01 ? 3 : 4)}${suffix}`;
}

export function grouped(integer) {
  return String(integer).replace(/\B(?=(\d{3})+$)/g, ' ');
}

/** `1.19 (1.17–1.22)`: the median and its 95 % interval. */
export function withInterval({ median, interval }, unit = '') {
  return `${figure(median, unit)} (${figure(interval[0])}–${figure(interval[1])})`;
}

export function times(ratio) {
  return withInterval(ratio, '×');
}

/** A target's row: the figure decides, the interval tells how surely. */
export function verdict({ node, target, figure: shown, met }) {
  return [target, node ?? 'all', shown, met === undefined ? 'not measured' : met ? 'met' : '**missed**'];
}
