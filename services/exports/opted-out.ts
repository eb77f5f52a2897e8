// Who asked not to be shown, as a condition in SQL: one text for exports and for the API's rows about hosts.

/** Expressions over the rows in question; null where the rows have no such thing. An expression that costs a look elsewhere is looked at only where an opt-out of its kind is in force. */
export interface OptedOutBy {
  readonly address: string | null;
  /** AS number. */
  readonly network: string | null;
  /** Names, each of which may lie under a suffix. */
  readonly names: readonly string[];
  /** SHA-256 of the certificate's public key, lower-case hex. */
  readonly key: string | null;
}

/** True where an opt-out in force covers the row; so is one of a kind that this release does not know. */
export function optedOut({ address, network, names, key }: OptedOutBy): string {
  const under = names.map((name) => `coalesce(right('.' || ${name}, length(w.value) + 1) = '.' || w.value, false)`);
  const arms = [
    ['address', address === null ? null : `${address} = w.value::inet`],
    ['prefix', address === null ? null : `${address} <<= w.value::inet`],
    ['asn', network === null ? null : `${network} = w.value::bigint`],
    ['dns-suffix', under.length === 0 ? null : `(${under.join(' or ')})`],
    ['certificate-key', key === null ? null : `${key} = w.value`],
  ].map(([kind, covers]) => `when '${kind}' then ${covers ?? 'false'}`);
  return `exists (select from opt_out w where w.withdrawn_at is null and case w.kind ${arms.join(' ')} else true end)`;
}

/** Of rows of observations `o` with their certificates `c`. */
export const OPTED_OUT_OBSERVATION = optedOut({
  address: 'o.address',
  network: 'o.asn',
  names: ['o.server_name', 'o.host'],
  key: 'c.spki_sha256',
});

/** Of rows of candidates `c`. */
export const OPTED_OUT_CANDIDATE = optedOut({
  address: 'c.address',
  network: '(select x.asn from observation x where x.address = c.address order by x.recorded_at desc limit 1)',
  names: ['c.host'],
  key: null,
});

/** Of certificates `t` of a survey: those that an endpoint served which is left out. */
export const OPTED_OUT_CERTIFICATE = `t.id in (select o.certificate_id from observation o join certificate c on c.id = o.certificate_id
  where o.survey_id = $SURVEY and ${OPTED_OUT_OBSERVATION})`;

const last = (what: string, join = ''): string =>
  `(select ${what} from observation x ${join} where x.address = o.address and x.port = o.port order by x.recorded_at desc limit 1)`;

/** Of rows of endpoint_state `o`: what the state does not keep, its last observation says. */
export const OPTED_OUT_ENDPOINT = optedOut({
  address: 'o.address',
  network: last('x.asn'),
  names: [last('x.server_name'), last('x.host')],
  key: last('y.spki_sha256', 'left join certificate y on y.id = x.certificate_id'),
});
