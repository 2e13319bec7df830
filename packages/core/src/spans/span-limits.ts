/** OpenTelemetry's limits on what a span may carry. */
export interface SpanLimits {
  readonly attributeCount: number;
  /** Of texts and bytes in attribute values. Infinity: only Tickscope's own bound of 16 384 holds. */
  readonly attributeValueLength: number;
  readonly eventCount: number;
  readonly linkCount: number;
  readonly attributesPerEvent: number;
  readonly attributesPerLink: number;
}

/** As the specification has them. */
export const DEFAULT_SPAN_LIMITS: SpanLimits = {
  attributeCount: 128,
  attributeValueLength: Number.POSITIVE_INFINITY,
  eventCount: 128,
  linkCount: 128,
  attributesPerEvent: 128,
  attributesPerLink: 128,
};

/** Of any text, whatever the limits say: a frame has a bound. UTF-16 units, or bytes. */
export const MAX_TEXT_UNITS = 16_384;
/** Of attribute keys and of names of spans and events. */
export const MAX_NAME_UNITS = 1_024;
/** Values within one attribute value. */
export const MAX_VALUE_NODES = 1_024;
export const MAX_VALUE_DEPTH = 16;
