/**
 * OTLP's JSON, written span by span straight into the bytes that are sent.
 *
 * The stock serialiser builds the request as objects, has them stringified and encodes the text: 2.4 to 3.0 µs for
 * a span of which this takes a fraction, and spans are what the worker has most of. What is written is what
 * the stock one writes, member for member in the same order; a property test holds it to that.
 *
 * All of it is ASCII: other characters are escaped.
 */
import type { Attributes, HrTime, TraceState } from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { apiSpanJson, json } from './api-span-json.js';
import { AsciiWriter } from './ascii-writer.js';
import { INSTRUMENTATION_SCOPE, RecordedApiSpan } from './recorded-span.js';
import { SpareBuffer } from './spare-buffer.js';

const HAS_IS_REMOTE_FLAG = 0x100;
const IS_REMOTE_FLAG = 0x200;

const ascii = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const COMMA = ascii(',');
const TRACE_ID = ascii('{"traceId":"');
const SPAN_ID = ascii('","spanId":"');
const PARENT_SPAN_ID = ascii('","parentSpanId":"');
const END_TIME = ascii('","endTimeUnixNano":"');
const ATTRIBUTES = ascii('","attributes":[');
const EVENTS = ascii('],"droppedAttributesCount":0,"events":[');
const EVENT_ATTRIBUTES = ascii('{"attributes":[');
const EVENT_TIME = ascii(',"timeUnixNano":"');
const EVENT_NAME = ascii('],"name":');
const EVENT_END = ascii('","droppedAttributesCount":0}');
const STATUS = ascii('],"droppedEventsCount":0,"status":{"code":');
const MESSAGE = ascii(',"message":');
const LINKS = ascii('},"links":[],"droppedLinksCount":0,"flags":');
const PLAIN_END = ascii(
  '","attributes":[],"droppedAttributesCount":0,"events":[],"droppedEventsCount":0,' +
    '"status":{"code":0},"links":[],"droppedLinksCount":0,"flags":',
);
const CLOSE = ascii('}');
const REQUEST_END = ascii(']}]}');

/** As a batch is about as large as the last one per span: what is too much costs memory until it is sent. */
let bytesPerSpan = 512;

/**
 * One request, to which ticks are added as they are decoded: so that nothing of a batch is there as objects but the
 * tick at hand.
 */
export class TraceRequestWriter {
  readonly #writer: AsciiWriter;
  #scope = INSTRUMENTATION_SCOPE;
  #spans = 0;
  #spansOfScope = 0;

  /** @param expectedSpans for the size of the first allocation. */
  constructor(resource: Resource, expectedSpans: number, buffers = new SpareBuffer()) {
    this.#writer = new AsciiWriter(buffers.take(2048 + Math.ceil(expectedSpans * bytesPerSpan * 1.05)));
    this.#writer.text('{"resourceSpans":[{"resource":{"attributes":[');
    writeAttributes(this.#writer, resource.attributes);
    this.#writer.text('],"droppedAttributesCount":0},"scopeSpans":[{"scope":');
    this.#writer.text(json(INSTRUMENTATION_SCOPE));
    this.#writer.text(',"spans":[');
  }

  /**
   * @param spans as Tickscope makes them: of one resource, without links and with nothing counted as dropped unless
   * they have to do with OpenTelemetry's API. Another scope than that of the last span begins a new list.
   */
  add(spans: readonly ReadableSpan[]): void {
    for (const span of spans) {
      if (span.instrumentationScope !== this.#scope) this.#beginScope(span.instrumentationScope);
      this.#spans++;
      if (this.#spansOfScope++ > 0) this.#writer.piece(COMMA);
      if (span instanceof RecordedApiSpan) this.#writer.text(apiSpanJson(span));
      else writeSpan(this.#writer, span);
    }
  }

  #beginScope(scope: ReadableSpan['instrumentationScope']): void {
    this.#endScope();
    this.#writer.text(`,{"scope":${json({ name: scope.name, version: scope.version })},"spans":[`);
    this.#scope = scope;
    this.#spansOfScope = 0;
  }

  #endScope(): void {
    const { schemaUrl } = this.#scope;
    this.#writer.text(schemaUrl === undefined ? ']}' : `],"schemaUrl":${json(schemaUrl)}}`);
  }

  finish(): Buffer {
    this.#endScope();
    this.#writer.piece(REQUEST_END);
    if (this.#spans > 0) bytesPerSpan = this.#writer.size / this.#spans;
    return this.#writer.written;
  }
}

function writeSpan(writer: AsciiWriter, span: ReadableSpan): void {
  const { traceId, spanId, traceFlags, traceState } = span.spanContext();
  const parent = span.parentSpanContext;
  const { status, attributes, events } = span;
  writer.piece(TRACE_ID);
  writer.text(traceId);
  writer.piece(SPAN_ID);
  writer.text(spanId);
  if (parent?.spanId) {
    writer.piece(PARENT_SPAN_ID);
    writer.text(parent.spanId);
  }
  writer.piece(namePiece(span.name, span.kind, traceState));
  writeNanos(writer, span.startTime);
  writer.piece(END_TIME);
  writeNanos(writer, span.endTime);
  if (status.code === 0 && status.message === undefined && events.length === 0 && isEmpty(attributes)) {
    writer.piece(PLAIN_END);
  } else {
    writer.piece(ATTRIBUTES);
    writeAttributes(writer, attributes);
    writer.piece(EVENTS);
    writeEvents(writer, events);
    writer.piece(STATUS);
    writer.text(String(status.code));
    if (status.message !== undefined) {
      writer.piece(MESSAGE);
      writer.text(json(status.message));
    }
    writer.piece(LINKS);
  }
  const isRemote = parent?.isRemote === true ? IS_REMOTE_FLAG : 0;
  writer.digits((traceFlags & 0xff) | HAS_IS_REMOTE_FLAG | isRemote, 3);
  writer.piece(CLOSE);
}

function writeEvents(writer: AsciiWriter, events: ReadableSpan['events']): void {
  for (let index = 0; index < events.length; index++) {
    const { name, time, attributes } = events[index];
    if (index > 0) writer.piece(COMMA);
    writer.piece(EVENT_ATTRIBUTES);
    if (attributes !== undefined) writeAttributes(writer, attributes);
    writer.piece(EVENT_NAME);
    writer.text(json(name));
    writer.piece(EVENT_TIME);
    writeNanos(writer, time);
    writer.piece(EVENT_END);
  }
}

function writeAttributes(writer: AsciiWriter, attributes: Attributes): void {
  let isFirst = true;
  for (const key in attributes) {
    if (!isFirst) writer.piece(COMMA);
    isFirst = false;
    writer.piece(keyPiece(key));
    writeValue(writer, attributes[key]);
    writer.piece(CLOSE);
  }
}

function writeValue(writer: AsciiWriter, value: Attributes[string] | null): void {
  if (typeof value === 'string') writer.piece(stringPiece(value));
  else if (typeof value === 'boolean') writer.text(value ? '{"boolValue":true}' : '{"boolValue":false}');
  else if (typeof value === 'number') {
    writer.text(`{"${Number.isInteger(value) ? 'intValue' : 'doubleValue'}":${JSON.stringify(value)}}`);
  } else if (Array.isArray(value)) {
    writer.text('{"arrayValue":{"values":[');
    for (let index = 0; index < value.length; index++) {
      if (index > 0) writer.piece(COMMA);
      writeValue(writer, value[index]);
    }
    writer.text(']}}');
  } else {
    writer.text('{}');
  }
}

/** The digits of seconds and nanoseconds in one, as a double cannot hold them. */
function writeNanos(writer: AsciiWriter, [seconds, nanos]: HrTime): void {
  if (seconds === 0) return writer.text(String(nanos));
  writer.piece(secondsPiece(seconds));
  writer.digits(nanos, 9);
}

let latestSeconds = -1;
let latestSecondsPiece = ascii('');

function secondsPiece(seconds: number): Uint8Array {
  if (seconds !== latestSeconds) {
    latestSeconds = seconds;
    latestSecondsPiece = ascii(String(seconds));
  }
  return latestSecondsPiece;
}

/** Encoded pieces by the text that they are made of. Short ones come again; a full table starts anew. */
class KnownPieces {
  readonly #pieces = new Map<string, Uint8Array>();
  readonly #encode: (text: string) => string;

  constructor(encode: (text: string) => string) {
    this.#encode = encode;
  }

  of(text: string): Uint8Array {
    const known = this.#pieces.get(text);
    if (known !== undefined) return known;
    const piece = ascii(this.#encode(text));
    if (text.length <= 64) {
      if (this.#pieces.size >= 1024) this.#pieces.clear();
      this.#pieces.set(text, piece);
    }
    return piece;
  }
}

const keys = new KnownPieces((key) => `{"key":${json(key)},"value":`);
const strings = new KnownPieces((value) => `{"stringValue":${json(value)}}`);
const keyPiece = (key: string): Uint8Array => keys.of(key);
const stringPiece = (value: string): Uint8Array => strings.of(value);

/**
 * From the last id to the start time, by name. For each kind those of one trace state: it is the same one for all
 * ticks but those that continue a remote trace.
 */
const namesByKind: { readonly state: TraceState | undefined; readonly pieces: KnownPieces }[] = [];

function namePiece(name: string, kind: number, state: TraceState | undefined): Uint8Array {
  let names = namesByKind[kind];
  if (names === undefined || names.state !== state) {
    const stateText = state === undefined ? '' : `,"traceState":${json(state.serialize())}`;
    const encode = (of: string) =>
      `"${stateText},"name":${json(of)},"kind":${kind + 1},"startTimeUnixNano":"`;
    names = { state, pieces: new KnownPieces(encode) };
    namesByKind[kind] = names;
  }
  return names.pieces.of(name);
}

function isEmpty(attributes: Attributes): boolean {
  for (const _ in attributes) return false;
  return true;
}
