// Surveys of the lab with a first pass, and with a second connection for authorities, against the survey that asks everybody.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { GRADES, type Grade } from '../../services/fingerprints/verdict.ts';
import type { LabService } from '../../services/lab/host.ts';
import { observedEndpoints } from '../../services/observations/observation.store.ts';
import type { ObservedEndpoint } from '../../services/observations/observation.ts';
import { startParts } from '../../services/roles.ts';
import { beginSurvey, surveyDefaults } from '../../services/survey-request.ts';
import { PORTS } from '../../services/surveys/ports.ts';
import type { SurveyPlan } from '../../services/surveys/survey.ts';
import { countedSurvey, type LabCensus, startLabCensus } from '../support/lab-census.ts';

interface Surveyed {
  /** By "address:port". */
  readonly endpoints: ReadonlyMap<string, ObservedEndpoint>;
  /** Connections that this survey made, by "address:port". */
  readonly dials: Readonly<Record<string, number>>;
}

async function surveyed(
  { lab, parts }: LabCensus,
  id: string,
  manner: Pick<SurveyPlan, 'firstPass' | 'clientCas'>,
): Promise<Surveyed> {
  const before = await lab.dials();
  const plan = { ...surveyDefaults(parts.config), id, feeds: [], ports: PORTS.map(({ port }) => port), ...manner };
  await beginSurvey(plan, parts);
  const stop = await startParts(['worker', 'scheduler'], parts);
  const survey = await countedSurvey(parts, id).finally(stop);
  assert.equal(survey.state, 'complete');
  assert.equal((survey.manifest['plan'] as SurveyPlan).firstPass, manner.firstPass ?? 'none');
  const after = await lab.dials();
  const dials = Object.entries(after).map(([key, count]) => [key, count - (before[key] ?? 0)] as const);
  const rows = (await observedEndpoints(parts.db, id)).filter(({ address }) => address !== null);
  return {
    endpoints: new Map(rows.map((row) => [`${row.address}:${row.port}`, row])),
    dials: Object.fromEntries(dials),
  };
}

function services({ lab }: LabCensus): Map<string, LabService & { readonly recipe: string }> {
  return new Map(
    lab.world.hosts.flatMap((host) =>
      host.services.map((service) => [`${host.address}:${service.port}`, { ...service, recipe: host.recipe }] as const),
    ),
  );
}

/** Kinds of hosts that are nothing of Kubernetes by certificate and authorities, whatever they answer. */
const QUIET: ReadonlySet<string> = new Set(['nginx', 'web', 'ingress-nginx', 'python-stub', 'bacalhau', 'hostile']);

/** Some of the lab's web servers have a name like k8s.example.org in their certificate, and that speaks. */
function saysNothing(service: LabService): boolean {
  if (!QUIET.has(service.kind) || service.certificate === null) return false;
  return !service.certificate.dnsNames.some((name) => /^(?:k8s|kubernetes|kube-api)\./.test(name));
}

const counted = ({
  component,
  gitVersion,
  distribution,
  certificateName,
  versionEndpoint,
  outcome,
}: ObservedEndpoint) => ({
  component,
  gitVersion,
  distribution,
  certificateName,
  versionEndpoint,
  outcome,
});

test('a first pass finds what the full survey finds and asks nobody else; a second connection takes nothing away', async (t: TestContext) => {
  const census = await startLabCensus(t, { hosts: 200, seed: 'first-pass' });
  await census.pullFeeds();
  const full = await surveyed(census, 's-full', {});
  const first = await surveyed(census, 's-first', { firstPass: 'certificate' });
  assert.deepEqual([...first.endpoints.keys()].sort(), [...full.endpoints.keys()].sort());

  const known = services(census);
  let found = 0;
  let spared = 0;
  for (const [key, row] of full.endpoints) {
    const service = known.get(key);
    const seen = first.endpoints.get(key);
    assert.ok(seen);
    if (service !== undefined && saysNothing(service)) {
      spared++;
      // One connection is the first flight: nobody was there to be sent a request.
      assert.equal(first.dials[key], 1, `${key} ${service.recipe}`);
      assert.equal(seen.outcome, 'not_kubernetes', key);
      assert.ok(seen.component === null || seen.component === 'other', key);
      assert.equal(seen.certificateName, false, `${key}: the certificate is kept`);
      assert.equal(seen.versionEndpoint, null, `${key}: nothing is known of /version`);
      continue;
    }
    assert.deepEqual(counted(seen), counted(row), `${key} ${service?.recipe}`);
    if (row.component !== null && row.component !== 'other') found++;
  }
  t.diagnostic(`${found} endpoints of Kubernetes, ${spared} hosts without a sign`);
  assert.ok(found >= 60 && spared >= 5, `${found} found, ${spared} spared`);

  const more = await surveyed(census, 's-authorities', { clientCas: true });
  const twice: string[] = [];
  for (const [key, row] of full.endpoints) {
    const seen = more.endpoints.get(key);
    assert.ok(seen);
    assert.deepEqual(counted(seen), counted(row), key);
    assert.ok(GRADES.indexOf(seen.grade as Grade) <= GRADES.indexOf(row.grade as Grade), `${key}: ${seen.grade}`);
    const service = known.get(key);
    if (service?.kind !== 'kube-apiserver' || service.transport !== 'tls') continue;
    assert.equal(full.dials[key], 1, key);
    assert.equal(more.dials[key], row.versionEndpoint === true ? 1 : 2, `${key} ${service.recipe}`);
    if (more.dials[key] === 2) twice.push(service.recipe);
  }
  assert.ok(twice.length >= 5, twice.join());
});
