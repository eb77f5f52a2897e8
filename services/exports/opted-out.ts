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

/** Of rows of observations `o` with their certificates `c`; also those that a purge left without a name, which are there to be counted. */
export const OPTED_OUT_OBSERVATION = `('opted_out' = any(o.flags) or ${optedOut({
  address: 'o.address',
  network: 'o.asn',
  names: ['o.server_name', 'o.host'],
  key: 'c.spki_sha256',
})})`;

/** What the last observation of an endpoint says; `is` tells which endpoint, of observations `x`. */
const last =
  (is: string) =>
  (what: string, join = ''): string =>
    `(select ${what} from observation x ${join} where ${is} order by x.recorded_at desc limit 1)`;

/** By what the rows themselves do not keep. */
const asObserved = (is: string): Omit<OptedOutBy, 'address'> => {
  const observed = last(is);
  return {
    network: observed('x.asn'),
    names: [observed('x.server_name'), observed('x.host')],
    key: observed('y.spki_sha256', 'left join certificate y on y.id = x.certificate_id'),
  };
};

const CANDIDATE = asObserved('x.address = c.address and x.port = coalesce(c.port, x.port)');

/** Of rows of candidates `c`. */
export const OPTED_OUT_CANDIDATE = optedOut({
  ...CANDIDATE,
  address: 'c.address',
  names: ['c.host', ...CANDIDATE.names],
});

/** Of certificates `t` of a survey: those that an endpoint served which is left out. */
export const OPTED_OUT_CERTIFICATE = `t.id in (select o.certificate_id from observation o join certificate c on c.id = o.certificate_id
  where o.survey_id = $SURVEY and ${OPTED_OUT_OBSERVATION})`;

/** Of rows of endpoint_state `o`. */
export const OPTED_OUT_ENDPOINT = optedOut({
  ...asObserved('x.address = o.address and x.port = o.port'),
  address: 'o.address',
});
