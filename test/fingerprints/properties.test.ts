// What must hold for any evidence: a verdict and no exception, no weight on header case, no gain from a loss.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Evidence, EvidenceRequest } from '../../services/feeds/evidence.ts';
import { judge } from '../../services/fingerprints/match.ts';
import { COMPONENTS, GRADES, type Verdict } from '../../services/fingerprints/verdict.ts';
import { HOST_FORMS } from './host-forms.ts';
import { NOW, readCaptures, readLabelledCertificates } from './labelled.ts';

const captures = readCaptures();

function assertVerdict(verdict: Verdict): void {
  assert.ok(verdict.component === null || COMPONENTS.includes(verdict.component));
  assert.ok(GRADES.includes(verdict.grade));
  if (verdict.component === null) assert.equal(verdict.grade, 'not');
  assert.doesNotThrow(() => JSON.stringify(verdict));
}

test('any JSON gives a verdict and no exception', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
      assertVerdict(judge(value as unknown as Evidence, { now: NOW }));
    }),
    { numRuns: 300 },
  );
});

/** Objects with the keys of evidence and anything behind them. */
const shaped = fc.record(
  {
    id: fc.jsonValue(),
    endpoint: fc.oneof(fc.jsonValue(), fc.record({ address: fc.jsonValue(), port: fc.jsonValue() })),
    observedAt: fc.jsonValue(),
    transport: fc.jsonValue(),
    tls: fc.oneof(fc.jsonValue(), fc.record({ chain: fc.jsonValue(), alpn: fc.jsonValue() })),
    certificate: fc.oneof(
      fc.jsonValue(),
      fc.record({
        subject: fc.jsonValue(),
        issuer: fc.jsonValue(),
        dnsNames: fc.jsonValue(),
        ipAddresses: fc.jsonValue(),
      }),
    ),
    acceptableClientCAs: fc.jsonValue(),
    requests: fc.oneof(
      fc.jsonValue(),
      fc.array(
        fc.record(
          {
            path: fc.oneof(fc.constantFrom('/version', '/healthz', '/', '/livez', '/health'), fc.jsonValue()),
            response: fc.oneof(
              fc.jsonValue(),
              fc.string().map((tail) => `HTTP/1.1 200 OK\r\n${tail}`),
            ),
            status: fc.jsonValue(),
            headers: fc.jsonValue(),
            body: fc.oneof(fc.jsonValue(), fc.json()),
            error: fc.jsonValue(),
          },
          { requiredKeys: [] },
        ),
      ),
    ),
    tls12: fc.jsonValue(),
    plainHttpToTlsPort: fc.jsonValue(),
  },
  { requiredKeys: [] },
);

test('anything under the keys of evidence gives a verdict and no exception', () => {
  fc.assert(
    fc.property(shaped, (value) => {
      assertVerdict(judge(value as unknown as Evidence, { now: NOW }));
    }),
    { numRuns: 400 },
  );
});

test('judging twice gives the same verdict and leaves the evidence alone', () => {
  for (const { whole } of captures) {
    const before = JSON.stringify(whole);
    assert.deepEqual(judge(whole, { now: NOW }), judge(whole, { now: NOW }));
    assert.equal(JSON.stringify(whole), before);
  }
});

function withHead(request: EvidenceRequest, change: (head: string) => string): EvidenceRequest {
  if (!('response' in request)) return request;
  const end = request.response.indexOf('\r\n\r\n');
  if (end < 0) return request;
  const status = request.response.indexOf('\r\n');
  return {
    ...request,
    response:
      request.response.slice(0, status) + change(request.response.slice(status, end)) + request.response.slice(end),
  };
}

const upperNames = (head: string): string =>
  head.replace(/\r\n([^:\r\n]+):/g, (_all, name: string) => `\r\n${name.toUpperCase()}:`);

test('the case of header names does not change a verdict', () => {
  for (const evidence of [...captures.map(({ whole }) => whole), ...HOST_FORMS.map((form) => form.evidence)]) {
    for (const change of [
      upperNames,
      (head: string) => head.replace(/\r\n([^:\r\n]+):/g, (all) => all.toLowerCase()),
    ]) {
      const requests = evidence.requests?.map((request) => withHead(request, change));
      const changed = requests === undefined ? evidence : { ...evidence, requests };
      assert.deepEqual(judge(changed, { now: NOW }), judge(evidence, { now: NOW }));
    }
  }
});

/** Every evidence that lacks one thing of this one: a field, a request, a head, a part of the certificate. */
function* losses(evidence: Evidence): Generator<readonly [string, Evidence]> {
  for (const key of Object.keys(evidence)) {
    if (key === 'endpoint') continue;
    yield [key, Object.fromEntries(Object.entries(evidence).filter(([name]) => name !== key)) as unknown as Evidence];
  }
  for (const [at, request] of (evidence.requests ?? []).entries()) {
    const others = (evidence.requests ?? []).filter((_, place) => place !== at);
    yield [`request ${request.path}`, { ...evidence, requests: others }];
    yield [
      `all headers of ${request.path}`,
      {
        ...evidence,
        requests: others.toSpliced(
          at,
          0,
          withHead(request, () => ''),
        ),
      },
    ];
    if ('response' in request) {
      const names = [...request.response.matchAll(/\r\n([A-Za-z-]+):/g)].map((match) => match[1] ?? '');
      for (const name of names) {
        const cut = withHead(request, (head) => head.replace(new RegExp(`\r\n${name}:[^\r]*`), ''));
        yield [`${name} of ${request.path}`, { ...evidence, requests: others.toSpliced(at, 0, cut) }];
      }
    }
  }
  for (const key of Object.keys(evidence.certificate ?? {})) {
    const certificate = Object.fromEntries(Object.entries(evidence.certificate ?? {}).filter(([name]) => name !== key));
    yield [`certificate.${key}`, { ...evidence, certificate }];
  }
  const cas = evidence.acceptableClientCAs ?? [];
  for (const at of cas.keys())
    yield [`authority ${at}`, { ...evidence, acceptableClientCAs: cas.filter((_, place) => place !== at) }];
}

test('losing a field never raises the grade', () => {
  const honest = HOST_FORMS.filter((form) => form.honeypot !== 'high');
  const all = [
    ...captures.flatMap(({ name, whole, cut }) => [[name, whole] as const, [`${name} cut`, cut] as const]),
    ...honest.map((form) => [form.name, form.evidence] as const),
    ...readLabelledCertificates().map((row) => [row.label, row.evidence] as const),
  ];
  let seen = 0;
  const raised: string[] = [];
  for (const [name, evidence] of all) {
    const before = judge(evidence, { now: NOW });
    for (const [lost, less] of losses(evidence)) {
      seen++;
      const after = judge(less, { now: NOW });
      if (GRADES.indexOf(after.grade) < GRADES.indexOf(before.grade)) {
        raised.push(
          `${name}, without ${lost}: ${before.component} ${before.grade} -> ${after.component} ${after.grade}`,
        );
      }
    }
  }
  assert.ok(seen > 1000);
  assert.deepEqual(raised, []);
});

/** A small generator with a seed (mulberry32), so that a failure can be repeated. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** More with KUBECENSUS_FUZZ_ROUNDS. */
const ROUNDS = Number(process.env['KUBECENSUS_FUZZ_ROUNDS'] ?? 40);

test('captures with changed bytes give a verdict and no exception', () => {
  const next = random(20_261_124);
  const mutate = (text: string): string => {
    const at = Math.floor(next() * text.length);
    const kind = next();
    if (kind < 0.4) return text.slice(0, at) + String.fromCharCode(Math.floor(next() * 256)) + text.slice(at + 1);
    if (kind < 0.6) return text.slice(0, at);
    if (kind < 0.8) return text.slice(0, at) + text.slice(at + 1 + Math.floor(next() * 16));
    return text.slice(0, at) + text.slice(at, at + 64).repeat(3) + text.slice(at);
  };
  for (const { cut } of captures) {
    for (let round = 0; round < ROUNDS; round++) {
      const requests = (cut.requests ?? []).map((request) =>
        'response' in request ? { ...request, response: mutate(request.response) } : request,
      );
      const chain = cut.tls?.chain?.map(mutate);
      const changed = { ...cut, requests, ...(chain === undefined ? {} : { tls: { ...cut.tls, chain } }) };
      assertVerdict(judge(changed, { now: NOW }));
    }
  }
});
