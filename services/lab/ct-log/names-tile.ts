// Lines of a names tile: what Sunlight's names-tiles.md lets a log serve beside its data tiles.
import { readNames } from '../../feeds/x509/names.ts';
import type { LabEntry } from './entry.ts';

/** The JSON line of one entry, or null when its certificate cannot be read: then a log leaves the line out. */
export function namesLine(entry: LabEntry, timestamp: number): string | null {
  const precert = 'precertTbs' in entry;
  const der = precert ? entry.precertTbs : entry.certificateDer;
  const names = readNames(der, 0, der.length, precert ? 'tbs' : 'certificate');
  if (names === null) return null;
  const { commonNames, dnsNames, ipAddresses } = names;
  return JSON.stringify({
    Timestamp: timestamp,
    ...(commonNames.length > 0 ? { Subject: { CommonName: commonNames[0] } } : {}),
    ...(dnsNames.length > 0 ? { DNS: dnsNames } : {}),
    ...(ipAddresses.length > 0 ? { IP: ipAddresses } : {}),
  });
}
