/** Reads delimited MetricFamily messages, by the field numbers of the .proto file and nothing of the writer. */
export interface DecodedFamily {
  readonly name: string;
  readonly type: number;
  readonly metrics: readonly DecodedMetric[];
}

export interface DecodedMetric {
  readonly labels: readonly (readonly [string, string])[];
  readonly value: number | undefined;
  readonly histogram: DecodedHistogram | undefined;
}

export interface DecodedHistogram {
  readonly count: number;
  readonly sum: number;
  readonly buckets: readonly (readonly [bound: number, cumulative: number])[];
  readonly schema: number | undefined;
  readonly zeroThreshold: number | undefined;
  readonly zeroCount: number;
  /** Absolute counts by Prometheus' bucket index. */
  readonly native: ReadonlyMap<number, number>;
}

type Fields = ReadonlyMap<number, readonly (number | Buffer)[]>;

export function decodeFamilies(bytes: Buffer): DecodedFamily[] {
  const families: DecodedFamily[] = [];
  for (let at = 0; at < bytes.length; ) {
    const [length, from] = varint(bytes, at);
    const fields = fieldsOf(bytes.subarray(from, from + length));
    at = from + length;
    families.push({
      name: text(fields, 1),
      type: Number(fields.get(3)?.[0]),
      metrics: messages(fields, 4).map(metricOf),
    });
  }
  return families;
}

function metricOf(fields: Fields): DecodedMetric {
  const labels = messages(fields, 1).map((label) => [text(label, 1), text(label, 2)] as const);
  const [simple] = [...messages(fields, 2), ...messages(fields, 3)];
  const [histogram] = messages(fields, 7);
  return {
    labels,
    value: simple && Number(simple.get(1)?.[0]),
    histogram: histogram && histogramOf(histogram),
  };
}

function histogramOf(fields: Fields): DecodedHistogram {
  const deltas = (fields.get(13) ?? []).flatMap((packed) => signed(packed as Buffer));
  const native = new Map<number, number>();
  let index = 0;
  let count = 0;
  for (const span of messages(fields, 12)) {
    index += zigzag(Number(span.get(1)?.[0]));
    for (let left = Number(span.get(2)?.[0]); left > 0; left--) {
      count += deltas.shift() ?? Number.NaN;
      native.set(index++, count);
    }
  }
  const schema = fields.get(5)?.[0];
  return {
    count: Number(fields.get(1)?.[0]),
    sum: Number(fields.get(2)?.[0]),
    buckets: messages(fields, 3).map(
      (bucket) => [Number(bucket.get(2)?.[0]), Number(bucket.get(1)?.[0])] as const,
    ),
    schema: schema === undefined ? undefined : zigzag(Number(schema)),
    zeroThreshold: fields.get(6)?.[0] as number | undefined,
    zeroCount: Number(fields.get(7)?.[0] ?? 0),
    native,
  };
}

function fieldsOf(bytes: Buffer): Fields {
  const fields = new Map<number, (number | Buffer)[]>();
  for (let at = 0; at < bytes.length; ) {
    const [tag, from] = varint(bytes, at);
    let value: number | Buffer;
    if (tag % 8 === 0) [value, at] = varint(bytes, from);
    else if (tag % 8 === 1) {
      value = bytes.readDoubleLE(from);
      at = from + 8;
    } else if (tag % 8 === 2) {
      const [length, start] = varint(bytes, from);
      value = bytes.subarray(start, start + length);
      at = start + length;
    } else throw new Error(`wire type of tag ${tag}`);
    const field = Math.floor(tag / 8);
    fields.set(field, [...(fields.get(field) ?? []), value]);
  }
  return fields;
}

function messages(fields: Fields, field: number): Fields[] {
  return (fields.get(field) ?? []).map((bytes) => fieldsOf(bytes as Buffer));
}

function text(fields: Fields, field: number): string {
  return String(fields.get(field)?.[0] ?? '');
}

function signed(packed: Buffer): number[] {
  const values: number[] = [];
  for (let at = 0; at < packed.length; ) {
    const [value, next] = varint(packed, at);
    values.push(zigzag(value));
    at = next;
  }
  return values;
}

function varint(bytes: Buffer, from: number): [value: number, next: number] {
  let value = 0;
  for (let at = from, factor = 1; ; at++, factor *= 128) {
    const byte = bytes[at] as number;
    value += (byte & 0x7f) * factor;
    if (byte < 0x80) return [value, at + 1];
  }
}

function zigzag(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}
