/**
 * A tick as text, so that a test compares what a reader can read:
 *
 *     ok BTC-USD {position=3}
 *       fetch_md
 *         request POST orders rejected {status=400}
 *       guards failed "Error: stale"
 *       ! guard_trip stale_book
 *
 * Siblings are in order of start, after them the events of the root. Of spans that are no stages the kind
 * comes first.
 */
import type { AttributeValue, LateSpanRecord, SpanRecord, TickRecord } from './records.js';

export function renderTick(tick: TickRecord): string {
  const head = [
    tick.outcome,
    tick.loop !== undefined && `loop=${tick.loop}`,
    tick.symbol,
    tick.missed && 'missed',
    tick.unfinished && 'unfinished',
    tick.error !== undefined && JSON.stringify(tick.error),
    tick.droppedRecords > 0 && `dropped=${tick.droppedRecords}`,
    renderAttributes(tick.attributes),
  ];
  const lines = [words(head), ...children(tick.spans, 0, 1)];
  for (const event of tick.events)
    lines.push(`  ! ${event.name} ${Object.values(event.attributes).join(' ')}`);
  return lines.join('\n');
}

export function renderTicks(ticks: readonly TickRecord[]): string {
  return ticks.map(renderTick).join('\n');
}

export function renderLateSpan({ span, isStandalone }: LateSpanRecord): string {
  return words([isStandalone ? 'standalone' : `late (child of ${span.parentIndex})`, renderSpan(span)]);
}

export function renderSpan(span: SpanRecord): string {
  const { verb, api, operation, table, ...rest } = span.attributes;
  const isNamedByAttributes = span.kind === 'request' || span.kind === 'query';
  return words([
    span.kind !== 'stage' && span.kind !== span.name && span.kind,
    span.name,
    span.requestOutcome !== 'ok' && span.requestOutcome,
    span.unfinished && 'unfinished',
    span.error !== undefined && (span.error === '' ? 'failed' : `failed ${JSON.stringify(span.error)}`),
    renderAttributes(isNamedByAttributes ? rest : span.attributes),
  ]);
}

function children(spans: readonly SpanRecord[], parent: number, depth: number): string[] {
  return spans
    .filter((span) => span.parentIndex === parent)
    .flatMap((span) => [
      `${'  '.repeat(depth)}${renderSpan(span)}`,
      ...(span.index === 0 ? [] : children(spans, span.index, depth + 1)),
    ]);
}

function renderAttributes(attributes: Readonly<Record<string, AttributeValue>>): string | undefined {
  const entries = Object.entries(attributes);
  if (entries.length === 0) return undefined;
  return `{${entries.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(' ')}}`;
}

function words(parts: readonly (string | false | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== false && part !== '').join(' ');
}
