// Parquet: typed columns in row groups of bounded size, written as the rows arrive, so that memory does not grow with their number.
import { constants, zstdCompressSync } from 'node:zlib';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { BinaryCopy } from './binary-copy.ts';
import type { Column } from './column.ts';
import type { Encoder } from './encoder.ts';
import { parquetColumn, schemaOf } from './parquet-column.ts';

/** Rows of one group: readers skip and parallelise by groups, and each group is held in memory once. */
const GROUP_ROWS = 32_768;
/** Bytes of COPY after which a group ends early: certificates with a hundred names each make long rows. */
const GROUP_BYTES = 32 * 1024 * 1024;
/** Level 1 already halves what snappy leaves, and costs less than the rows. */
const ZSTD = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

/** Of the binary COPY of these columns. `facts` stand in the file's own metadata. The same rows give the same bytes. */
export function parquetEncoder(columns: readonly Column[], facts: Readonly<Record<string, string>>): Encoder {
  const builders = columns.map(parquetColumn);
  const copy = new BinaryCopy(builders.map(({ read }) => read));
  const bytes = new ByteWriter();
  const writer = new ParquetWriter({
    writer: bytes,
    schema: [{ name: 'root', num_children: columns.length }, ...columns.flatMap(schemaOf)],
    codec: 'ZSTD',
    compressors: { ZSTD: (input) => zstdCompressSync(input, ZSTD) },
    kvMetadata: Object.entries(facts).map(([key, value]) => ({ key, value })),
    createdBy: 'kubecensus',
  });
  let rows = 0;

  /** What was written since the last call; the writer goes on in the same memory. */
  const written = (): Uint8Array => {
    const taken = Buffer.from(bytes.getBytes());
    bytes.index = 0;
    return taken;
  };
  const writeGroup = (): Uint8Array => {
    const columnData = builders.map(({ name, take, ordered }) => ({ name, data: take(), statistics: ordered }));
    writer.write({ columnData, rowGroupSize: GROUP_ROWS });
    return written();
  };

  return {
    async *encode(source) {
      let groupRows = 0;
      let groupBytes = 0;
      for await (const chunk of source) {
        copy.push(chunk);
        for (let size = copy.row(); size > 0; size = copy.row()) {
          rows++;
          groupRows++;
          groupBytes += size;
          if (groupRows < GROUP_ROWS && groupBytes < GROUP_BYTES) continue;
          yield writeGroup();
          groupRows = 0;
          groupBytes = 0;
        }
      }
      if (groupRows > 0) yield writeGroup();
      writer.finish();
      yield written();
    },
    get rows() {
      return rows;
    },
  };
}
