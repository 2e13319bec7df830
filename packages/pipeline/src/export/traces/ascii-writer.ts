/** Writes ASCII into bytes that grow. Pieces that come again and again are encoded once and then copied. */
export class AsciiWriter {
  #bytes: Buffer;
  #size = 0;

  /** @param bytes is written to first, and is left to a larger one when it is full. */
  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get size(): number {
    return this.#size;
  }

  /** What was written, not a copy. */
  get written(): Buffer {
    return this.#bytes.subarray(0, this.#size);
  }

  piece(piece: Uint8Array): void {
    const at = this.#reserve(piece.length);
    this.#bytes.set(piece, at);
  }

  /** ASCII only. By character, which for an id or a number takes less time than a call of the runtime. */
  text(text: string): void {
    const at = this.#reserve(text.length);
    const bytes = this.#bytes;
    for (let index = 0; index < text.length; index++) bytes[at + index] = text.charCodeAt(index);
  }

  /** The last `digits` decimal digits of an integer >= 0, with leading zeros. */
  digits(value: number, digits: number): void {
    const at = this.#reserve(digits);
    const bytes = this.#bytes;
    let rest = value;
    for (let index = digits - 1; index >= 0; index--) {
      const next = Math.floor(rest / 10);
      bytes[at + index] = 0x30 + rest - next * 10;
      rest = next;
    }
  }

  #reserve(size: number): number {
    const at = this.#size;
    this.#size = at + size;
    if (this.#size > this.#bytes.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(this.#size, this.#bytes.length * 2));
      grown.set(this.#bytes.subarray(0, at));
      this.#bytes = grown;
    }
    return at;
  }
}
