// In which order an endpoint is asked, and when nothing more is: the turns are counted.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Evidence } from '../../services/feeds/evidence.ts';
import { interview, NOT_ASKED_FLAG, withFirstFlight } from '../../services/observations/interview.ts';
import { OUTCOME_NAMES, type Outcome } from '../../services/probes/outcome.ts';
import type { ProbeResult, Target } from '../../services/probes/probe.ts';
import { captureOf } from '../probes/first-flight-bytes.ts';

const endpoint = { address: '192.0.2.1', port: 6443 };
const target: Target = { ...endpoint, serverName: null, transport: 'tls', paths: ['/version'] };
const certificate = 'first-pass: certificate';
const chain = captureOf('kube-apiserver-6443').tls?.chain ?? [];
const kubernetes: Evidence = {
  endpoint,
  transport: 'tls',
  tls: { version: 'TLSv1.2', chain },
  acceptableClientCAs: ['CN=kubernetes'],
  requests: [],
};
const web: Evidence = {
  endpoint,
  transport: 'tls',
  tls: { version: 'TLSv1.2', chain: [] },
  certificate: { subject: 'CN=www.example.org' },
  acceptableClientCAs: [],
  requests: [],
};
const hidden: Evidence = {
  ...kubernetes,
  tls: { version: 'TLSv1.3', chain },
  acceptableClientCAs: null,
  requests: [{ path: '/version', status: 401 }],
};

const result = (evidence: Evidence, outcome: Outcome | null = null): ProbeResult => ({
  outcome,
  phase: outcome === null ? 'done' : 'tls',
  alert: null,
  detail: null,
  ms: { connect: 1, tls: 1, http: null, total: 2 },
  bytesIn: 100,
  evidence,
});

/** Runs an interview and says which turns were taken. */
async function run(
  manner: Parameters<typeof interview>[1],
  given: { probe?: ProbeResult | null; flight?: ProbeResult | null; mayGoOn?: boolean; target?: Partial<Target> },
) {
  const taken: string[] = [];
  const asking = await interview({ ...target, ...given.target }, manner, {
    probe: async () => {
      taken.push('probe');
      return given.probe === undefined ? result(hidden) : given.probe;
    },
    firstFlight: async () => {
      taken.push('flight');
      return given.flight === undefined ? result(kubernetes) : given.flight;
    },
    mayGoOn: () => given.mayGoOn ?? true,
  });
  return { asking, taken: taken.join(' ') };
}

test('without options there is one probe', async () => {
  const { asking, taken } = await run({}, {});
  assert.equal(taken, 'probe');
  assert.deepEqual(asking?.flags, []);
});

test(`${certificate}: hosts that say nothing are not asked, and their certificate is kept`, async () => {
  const { asking, taken } = await run({ firstPass: 'certificate' }, { flight: result(web) });
  assert.equal(taken, 'flight');
  assert.deepEqual(asking, { result: result(web), flags: [NOT_ASKED_FLAG] });
});

test(`${certificate}: hosts that speak are asked, and both is kept`, async () => {
  const { asking, taken } = await run({ firstPass: 'certificate', clientCas: true }, {});
  assert.equal(taken, 'flight probe');
  assert.deepEqual(asking?.result.evidence, {
    ...hidden,
    acceptableClientCAs: ['CN=kubernetes'],
    tls12: { version: 'TLSv1.2', chain },
  });
  assert.equal(asking?.result.bytesIn, 200);
});

test(`${certificate}: plain ports are asked at once`, async () => {
  assert.equal((await run({ firstPass: 'certificate' }, { target: { transport: 'plain' } })).taken, 'probe');
});

test(`${certificate}: what could not be read is asked, unless nobody is there`, async () => {
  const nobody = [
    'tcp_refused',
    'tcp_timeout',
    'tcp_unreachable',
    'tls_timeout',
    'blocked_policy',
    'invalid_target',
    'error_ours',
    'tls_not_tls',
  ];
  const empty: Evidence = { endpoint, transport: 'tls', acceptableClientCAs: null, requests: [] };
  for (const outcome of OUTCOME_NAMES) {
    const { taken } = await run({ firstPass: 'certificate' }, { flight: result(empty, outcome) });
    assert.equal(taken, nobody.includes(outcome) ? 'flight' : 'flight probe', outcome);
  }
  const plain = { target: { plainFallback: true }, flight: result(empty, 'tls_not_tls') };
  assert.equal((await run({ firstPass: 'certificate' }, plain)).taken, 'flight probe');
});

test('an owner who opted out by key is not asked again; a policy that changed in between ends it', async () => {
  assert.equal((await run({ firstPass: 'certificate' }, { mayGoOn: false })).taken, 'flight');
  assert.equal((await run({ clientCas: true }, { mayGoOn: false })).taken, 'probe');
  assert.deepEqual(await run({ firstPass: 'certificate' }, { probe: null }), { asking: null, taken: 'flight probe' });
  assert.deepEqual(await run({ firstPass: 'certificate' }, { flight: null }), { asking: null, taken: 'flight' });
  assert.deepEqual(await run({ clientCas: true }, { flight: null }), { asking: null, taken: 'probe flight' });
});

test('authorities: a second connection only where something is hidden', async () => {
  assert.equal((await run({ clientCas: true }, {})).taken, 'probe flight');
  assert.equal(
    (await run({ clientCas: true }, { probe: result({ endpoint, transport: 'tls' }, 'tls_reset') })).taken,
    'probe',
  );
  assert.equal((await run({ clientCas: false }, {})).taken, 'probe');
  const refused = await run({ clientCas: true }, { probe: result({ endpoint, transport: 'tls' }, 'tls_alert') });
  assert.equal(refused.taken, 'probe flight', 'mutual TLS under TLS 1.2');
  assert.deepEqual(
    [refused.asking?.result.outcome, refused.asking?.result.evidence.tls],
    ['tls_alert', kubernetes.tls],
  );
});

test('merged evidence: the full probe has the word, the flight fills what is missing', () => {
  const failed: Evidence = { endpoint, transport: 'tls', acceptableClientCAs: null, requests: [] };
  assert.deepEqual(withFirstFlight(failed, kubernetes).tls, kubernetes.tls);
  assert.deepEqual(withFirstFlight(hidden, kubernetes).tls, hidden.tls);
  assert.equal(withFirstFlight(hidden, failed), hidden, 'an unread flight adds nothing');
  const plain: Evidence = { endpoint, transport: 'plain' };
  assert.equal(withFirstFlight(plain, kubernetes), plain);
});
