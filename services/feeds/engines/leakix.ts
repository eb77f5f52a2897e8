// LeakIX: services. Forms: the official documentation (LeakIX/DocSite, content/docs/api/search.md and l9format.md).

import { nameText } from '../formats/certificates.ts';
import { listOf, member, textOf } from '../json.ts';
import type { SearchEngine } from './declaration.ts';
import { answerOf, certificateOf, dated, factsOf, parsedAnswer, rowOf, text, withVersion } from './readings.ts';

/** "344.24ms" or "1m2.5s", as Go prints durations, in milliseconds. */
function durationOf(printed: string | undefined): number | null {
  if (printed === undefined || !/^([\d.]+(ns|us|µs|ms|s|m|h))+$/.test(printed)) return null;
  const units: Readonly<Record<string, number>> = {
    ns: 1e-6,
    us: 1e-3,
    µs: 1e-3,
    ms: 1,
    s: 1000,
    m: 60_000,
    h: 3_600_000,
  };
  let sum = 0;
  for (const [, number, unit] of printed.matchAll(/([\d.]+)(ns|us|µs|ms|s|m|h)/g))
    sum += Number(number) * (units[unit as string] as number);
  return Number.isFinite(sum) ? Math.ceil(sum) : null;
}

export const LEAKIX: SearchEngine = {
  type: 'leakix',
  title: 'LeakIX services',
  baseUrl: 'https://leakix.net',
  keyEnv: 'LEAKIX_API_KEY',
  language: 'LeakIX query, e.g. +port:"6443" +ssl.certificate.domain:"…"',
  terms: "LeakIX' terms of service.",
  cost: 'none by the page; how far one may page depends on the plan',
  upstreams: [],
  spacingMs: 1000,
  unverified: 'the rows of a page, how far a plan may page, that the end is an empty list or null',
  queries: {
    'kube-apiserver': '+ssl.certificate.domain:"kubernetes.default.svc.cluster.local"',
    kubelet: '+port:"10250" +ssl.enabled:true',
    etcd: '+port:"2379" +summary:"etcdserver"',
  },
  paging: { by: 'page', first: 0, size: 20, maxRows: null },
  creditsPerPage: 0,
  manners: { waitMs: (headers) => durationOf(headers['x-limited-for']) },
  ask: ({ query, key, place }) => ({
    path: '/search',
    search: { scope: 'service', q: query, page: place },
    headers: { 'api-key': key },
  }),
  // A list; null after the last page.
  read: (reply) => (Array.isArray(reply) || reply === null ? { hits: listOf(reply), total: null } : null),
  row: (hit, at, options) => {
    const ssl = member(hit, 'ssl');
    const http = member(hit, 'http');
    const certificate = member(ssl, 'certificate');
    const common = text(member(certificate, 'cn'));
    const software = member(hit, 'service', 'software');
    const raw = textOf(member(hit, 'summary'), 256 * 1024, true);
    const encrypted = member(ssl, 'enabled') === true || listOf(member(hit, 'transport')).includes('tls');
    const seen = {
      address: text(member(hit, 'ip')),
      name: text(member(hit, 'host')),
      port: member(hit, 'port'),
      time: dated(member(hit, 'time')),
      facts: factsOf({
        encrypted,
        tls:
          encrypted && text(member(ssl, 'version')) !== null
            ? { version: text(member(ssl, 'version')) as string }
            : null,
        certificate: encrypted
          ? certificateOf({
              subject: nameText([['CN', common]]),
              issuer: nameText([['CN', text(member(certificate, 'issuer_name'))]]),
              names: member(certificate, 'domain'),
              notBefore: member(certificate, 'not_before'),
              notAfter: member(certificate, 'not_after'),
              sha256: member(certificate, 'fingerprint'),
            })
          : null,
        requests: withVersion(
          member(software, 'name'),
          member(software, 'version'),
          raw?.startsWith('HTTP/1.') === true
            ? answerOf(raw, member(http, 'url'), member(http, 'status'))
            : parsedAnswer(member(http, 'url'), member(http, 'status'), member(http, 'header'), null),
        ),
      }),
      transport: listOf(member(hit, 'transport'))[0],
    };
    return rowOf(seen, at, options);
  },
};
