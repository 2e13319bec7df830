/** What the documentation's tests read out of a page. */
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

export const ROOT = new URL('../../../', import.meta.url);

export interface CodeBlock {
  readonly language: string;
  readonly code: string;
  /** Heading of the second level that the block stands under; empty before the first. */
  readonly section: string;
}

/** Pages as paths from the repository's root. */
export async function pagePaths(): Promise<string[]> {
  const inDocs = await readdir(new URL('docs/', ROOT), { recursive: true });
  return ['README.md', 'CHANGELOG.md', ...inDocs.map((path) => `docs/${path}`)].filter((path) =>
    path.endsWith('.md'),
  );
}

export function readPage(path: string): Promise<string> {
  return readFile(new URL(path, ROOT), 'utf8');
}

export function pagePath(path: string): string {
  return fileURLToPath(new URL(path, ROOT));
}

export function codeBlocks(markdown: string): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  let section = '';
  let open: { readonly language: string; readonly lines: string[] } | undefined;
  for (const line of markdown.split('\n')) {
    const fence = /^```(\w*)$/.exec(line);
    if (open !== undefined) {
      if (fence === null) open.lines.push(line);
      else {
        blocks.push({ language: open.language, code: open.lines.join('\n'), section });
        open = undefined;
      }
    } else if (fence !== null) open = { language: fence[1] as string, lines: [] };
    else if (line.startsWith('## ')) section = line.slice(3);
  }
  return blocks;
}

/** The page without its code blocks and comments: what is read as prose. */
export function prose(markdown: string): string {
  return markdown.replace(/^```[\s\S]*?^```$/gm, '').replace(/<!--[\s\S]*?-->/g, '');
}

/** Puts `content` between a page's `<!-- NAME:start -->` and `<!-- NAME:end -->`. */
export function withRegion(markdown: string, name: string, content: string): string {
  const start = `<!-- ${name}:start -->`;
  const end = `<!-- ${name}:end -->`;
  const from = markdown.indexOf(start);
  const to = markdown.indexOf(end);
  if (from < 0 || to < from) throw new Error(`the page has no region ${name}`);
  return `${markdown.slice(0, from + start.length)}\n\n${content}\n\n${markdown.slice(to)}`;
}

/** With aligned columns, as the formatter leaves it. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, ...rows].map((cells) => cells.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = head.map((_, column) => Math.max(...lines.map((cells) => cells[column]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const rule = line(widths.map((width) => '-'.repeat(width)));
  const [first = [], ...others] = lines;
  return [line(first), rule, ...others.map(line)].join('\n');
}
