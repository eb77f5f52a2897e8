// What a format does with the bytes of a COPY.

/** One per export. */
export interface Encoder {
  /** The bytes of the file, in order. What is yielded is not written to afterwards. */
  encode(source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>;
  /** Rows encoded so far, without any header. */
  readonly rows: number;
}
