/**
 * As much of protobuf's encoding as a MetricFamily takes.
 * https://protobuf.dev/programming-guides/encoding/
 */
const VARINT = 0;
const FIXED_64 = 1;
const LENGTH_DELIMITED = 2;

export class ProtobufWriter {
  #bytes = Buffer.allocUnsafe(1024);
  #length = 0;

  /** A copy. */
  finish(): Buffer {
    return Buffer.from(this.#bytes.subarray(0, this.#length));
  }

  /** A non-negative integer up to 2^53: `uint32`, `uint64`, an enumeration. */
  uint(field: number, value: number): this {
    return this.#tag(field, VARINT).varint(value);
  }

  /** A signed integer up to ±2^52: `sint32`, `sint64`. */
  sint(field: number, value: number): this {
    return this.#tag(field, VARINT).varint(zigzag(value));
  }

  double(field: number, value: number): this {
    this.#tag(field, FIXED_64);
    this.#reserve(8);
    this.#length = this.#bytes.writeDoubleLE(value, this.#length);
    return this;
  }

  string(field: number, text: string): this {
    const bytes = Buffer.byteLength(text);
    this.#tag(field, LENGTH_DELIMITED).varint(bytes);
    this.#reserve(bytes);
    this.#length += this.#bytes.write(text, this.#length);
    return this;
  }

  /** Signed integers, packed. */
  sints(field: number, values: readonly number[]): this {
    return this.message(field, (packed) => {
      for (const value of values) packed.varint(zigzag(value));
    });
  }

  /** An embedded message, written by `write`, which must not keep what it is given. */
  message(field: number, write: (inner: ProtobufWriter) => void): this {
    const inner = spare.pop() ?? new ProtobufWriter();
    inner.#length = 0;
    write(inner);
    this.#tag(field, LENGTH_DELIMITED).varint(inner.#length);
    this.#reserve(inner.#length);
    inner.#bytes.copy(this.#bytes, this.#length, 0, inner.#length);
    this.#length += inner.#length;
    spare.push(inner);
    return this;
  }

  /** Without a field: the length in front of a delimited message. */
  varint(value: number): this {
    this.#reserve(10);
    let rest = value;
    while (rest >= 0x80) {
      this.#bytes[this.#length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.#length++] = rest;
    return this;
  }

  #tag(field: number, wireType: number): this {
    return this.varint(field * 8 + wireType);
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}

/** As many as messages are nested: a family has tens of thousands of them. */
const spare: ProtobufWriter[] = [];

function zigzag(value: number): number {
  return value < 0 ? -value * 2 - 1 : value * 2;
}
