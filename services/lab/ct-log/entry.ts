// What the lab log holds: certificates and precertificates, and their bytes in a data tile and in the Merkle tree.
import { createHash } from 'node:crypto';

export interface LabCertificate {
  readonly certificateDer: Uint8Array;
}
export interface LabPrecertificate {
  /** The TBSCertificate without poison. */
  readonly precertTbs: Uint8Array;
  /** SHA-256 of the issuer's SubjectPublicKeyInfo. */
  readonly issuerKeyHash: Uint8Array;
  /** The signed precertificate, with poison. */
  readonly precertificate: Uint8Array;
}
export type LabEntry = LabCertificate | LabPrecertificate;

/** Stands for the fingerprint of the issuer's certificate, which nobody asks the lab log for. */
const LAB_ISSUER = createHash('sha256').update('lab issuer').digest();

/** One entry in the forms that logs serve. */
export interface EncodedEntry {
  readonly tileLeaf: Buffer;
  readonly merkleLeaf: Buffer;
  /** extra_data of get-entries, RFC 6962 4.6: what the tree does not cover. */
  readonly extraData: Buffer;
}

/** Stands for the issuer's certificate in chains: about as long as one, and read by nobody. */
const LAB_ISSUER_CERTIFICATE = Buffer.alloc(1200, 0x30);

/** The octets of one entry: as TileLeaf and as MerkleTreeLeaf. C2SP static-ct-api.md, RFC 6962 3.4. */
export function encodeEntry(entry: LabEntry, index: number, timestamp: number): EncodedEntry {
  const time = Buffer.alloc(8);
  time.writeBigUInt64BE(BigInt(timestamp));
  // SCT extensions: u16 length 8, then extension leaf_index (0), u16 length 5, u40 index.
  const extensions = Buffer.from([0, 8, 0, 0, 5, 0, 0, 0, 0, 0]);
  extensions.writeUIntBE(index, 5, 5);
  const precert = 'precertTbs' in entry;
  const signed = precert
    ? Buffer.concat([Buffer.from([0, 1]), entry.issuerKeyHash, sized(entry.precertTbs)])
    : Buffer.concat([Buffer.from([0, 0]), sized(entry.certificateDer)]);
  const timestamped = Buffer.concat([time, signed, extensions]);
  // certificate_chain: SHA-256 of each issuer certificate, a vector whose u16 length counts octets. The lab has one issuer.
  const chain = Buffer.concat([Buffer.from([0, LAB_ISSUER.length]), LAB_ISSUER]);
  const unsigned = precert ? [sized(entry.precertificate), chain] : [chain];
  const issuers = sized(sized(LAB_ISSUER_CERTIFICATE));
  return {
    extraData: precert ? Buffer.concat([sized(entry.precertificate), issuers]) : issuers,
    tileLeaf: Buffer.concat([timestamped, ...unsigned]),
    merkleLeaf: Buffer.concat([Buffer.from([0, 0]), timestamped]),
  };
}

/** u24 length, then the octets. */
function sized(bytes: Uint8Array): Buffer {
  const length = Buffer.alloc(3);
  length.writeUIntBE(bytes.length, 0, 3);
  return Buffer.concat([length, bytes]);
}
