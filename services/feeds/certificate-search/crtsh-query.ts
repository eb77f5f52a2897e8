// What crt.sh's Postgres is asked: certificates with names below a domain, one page by ascending certificate id. Tables: crtsh/certwatch_db.
import { member, textOf, textsOf } from '../json.ts';
import { MAX_NAMES } from '../x509/names.ts';
import { utcTime } from './times.ts';

/**
 * $1 domain, $2 last id (bigint as text), $3 rows. `identities` holds every name of a certificate and all domains above it, and has the index;
 * certificates are partitioned by the year in which they end, in the very expression that follows, so that the past is not looked at.
 */
const page = (onlyValid: boolean): string => `
select cai.certificate_id::text as id, array_agg(distinct cai.name_value) as names,
  to_char(x509_notBefore(cai.certificate), 'YYYY-MM-DD"T"HH24:MI:SS') as not_before,
  to_char((select min(e.entry_timestamp) from ct_log_entry e where e.certificate_id = cai.certificate_id),
    'YYYY-MM-DD"T"HH24:MI:SS.MS') as entry_timestamp
from certificate_and_identities cai
where plainto_tsquery('certwatch', $1) @@ identities(cai.certificate)
  and (lower(cai.name_value) = $1 or lower(cai.name_value) like '%.' || $1)
  and cai.certificate_id > $2::bigint${
    onlyValid
      ? "\n  and coalesce(x509_notAfter(cai.certificate), 'infinity'::timestamp) >= now() at time zone 'UTC'"
      : ''
  }
group by cai.certificate_id, cai.certificate
order by cai.certificate_id
limit $3`;

export const CRTSH_QUERY = { all: page(false), valid: page(true) } as const;

/** One certificate of a page. */
export interface CrtshCertificate {
  /** Decimal. */
  readonly id: string;
  readonly names: readonly string[];
  /** When a log first had it, else when it became valid; RFC 3339 or null. */
  readonly observedAt: string | null;
}

const MAX_ID = 20;
/** Far above a name of 253 characters: what is cut is refused later on. */
const MAX_NAME = 1024;
const MAX_TIME = 64;

/** The certificates of a page; null when one of its rows has another form. */
export function readCertificates(rows: readonly unknown[]): CrtshCertificate[] | null {
  const certificates = rows.map((row) => {
    const id = textOf(member(row, 'id'), MAX_ID);
    const names = textsOf(member(row, 'names'), MAX_NAMES, MAX_NAME);
    if (id === null || names === null || !/^\d+$/.test(id)) return null;
    const time = (key: string): string | null => utcTime(textOf(member(row, key), MAX_TIME));
    return { id, names, observedAt: time('entry_timestamp') ?? time('not_before') };
  });
  return certificates.includes(null) ? null : (certificates as CrtshCertificate[]);
}
