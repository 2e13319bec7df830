// A bot that knows OpenTelemetry's API and nothing else; whoever starts it decides what records its spans.
import { type Link, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';

const tracer = trace.getTracer('quote-bot', '2.1.0');

interface Book {
  readonly bid: number;
  readonly ask: number;
}

/** `quotes` rounds on each of two symbols. */
export async function runBot(quotes: number): Promise<void> {
  let previous: Span | undefined;
  for (let round = 0; round < quotes; round++) {
    for (const symbol of ['BTC-USD', 'ETH-USD']) {
      const links: Link[] = previous === undefined ? [] : [{ context: previous.spanContext() }];
      previous = await tracer.startActiveSpan(
        'quote',
        { kind: SpanKind.CONSUMER, attributes: { symbol, round, venues: ['sim', 'paper'] }, links },
        (span) => quote(span, symbol, round),
      );
    }
  }
}

async function quote(span: Span, symbol: string, round: number): Promise<Span> {
  const book = await tracer.startActiveSpan('fetch_md', { kind: SpanKind.CLIENT }, readBook);
  const spread = tracer.startActiveSpan('spread', (child) => {
    const width = book.ask - book.bid;
    child.setAttributes({ width, wide: width > 1, depth: [1.5, 2, 0.25] }).end();
    return width;
  });
  span.addEvent('priced', { spread });
  try {
    tracer.startActiveSpan('place', { attributes: { side: 'buy' } }, (child) => place(child, round));
    span.setStatus({ code: SpanStatusCode.OK });
  } catch {
    span.setStatus({ code: SpanStatusCode.ERROR, message: 'not placed' });
  }
  span.updateName(`quote ${symbol}`).end();
  return span;
}

async function readBook(span: Span): Promise<Book> {
  await new Promise((resolve) => setTimeout(resolve, 1));
  span.setAttribute('levels', 5).end();
  return { bid: 99.5, ask: 101 };
}

function place(span: Span, round: number): void {
  try {
    if (round % 2 === 1) throw new RangeError('over the limit');
  } catch (error) {
    span.recordException(error as Error);
    span.setStatus({ code: SpanStatusCode.ERROR, message: 'refused' });
    throw error;
  } finally {
    span.end();
  }
}
