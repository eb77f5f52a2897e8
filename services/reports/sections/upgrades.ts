// What was upgraded between two surveys: pairs of versions at endpoints that print one in both, and what else differs.
import { compareVersions, parseGitVersion } from '../../fingerprints/git-version.ts';
import type { ChangeData, VersionPair } from '../change-data.ts';
import { code, count, part, share, words } from '../columns.ts';
import { type Section, section } from '../section.ts';

const SHOWN = 20;

const STEPS = {
  same: { label: 'the same version string', role: 'plain' },
  build: { label: 'another build of the same release', role: 'series-4' },
  patch: { label: 'a later patch of the same minor', role: 'supported' },
  minor: { label: 'a later minor', role: 'both' },
  back: { label: 'an earlier version', role: 'end-of-life' },
  unreadable: { label: 'versions that cannot be compared', role: 'unknown' },
} as const;
type Step = keyof typeof STEPS;

/** What a pair of version strings says happened. */
function stepOf({ from, to }: VersionPair): Step {
  if (from === to) return 'same';
  const [then, now] = [parseGitVersion(from), parseGitVersion(to)];
  if (then === null || now === null) return 'unreadable';
  const order = compareVersions(now, then);
  if (order < 0) return 'back';
  if (now.major !== then.major || now.minor !== then.minor) return 'minor';
  return now.patch === then.patch ? 'build' : 'patch';
}

export function upgradesSection(data: ChangeData): Section {
  const pairs = data.versionPairs.map((pair) => ({ ...pair, step: stepOf(pair) }));
  const total = pairs.reduce((sum, one) => sum + one.endpoints, 0);
  const steps = (Object.keys(STEPS) as Step[])
    .map((step) => ({
      ...STEPS[step],
      endpoints: pairs.filter((one) => one.step === step).reduce((sum, one) => sum + one.endpoints, 0),
    }))
    .filter((one) => one.endpoints > 0);
  const { differences } = data;
  return section('upgrades', 'What was upgraded', {
    paragraphs: [
      [
        { count: total, unit: 'endpoint' },
        ' printed a version in both surveys. One address may stand for another cluster than before, so an earlier version is more often a new machine than a downgrade.',
      ],
      {
        items: [
          [
            'Of the endpoints in both surveys, another certificate: ',
            { count: differences.certificate, unit: 'endpoint' },
            '.',
          ],
          ['Another component: ', { count: differences.component, unit: 'endpoint' }, '.'],
          ['Another distribution: ', { count: differences.distribution, unit: 'endpoint' }, '.'],
          ['Another way to authenticate: ', { count: differences.authentication, unit: 'endpoint' }, '.'],
        ],
      },
    ],
    figures: [
      {
        id: 'upgrades',
        title: 'Endpoints by what happened to their version',
        description: 'Endpoints that print a version in both surveys, by how the two compare.',
        chart: {
          kind: 'bars',
          unit: 'endpoints',
          total,
          bars: steps.map((one) => ({ label: one.label, value: one.endpoints, role: one.role })),
        },
        table: 'upgrades',
      },
    ],
    tables: [
      {
        id: 'upgrades',
        title: 'Endpoints by what happened to their version',
        columns: [
          words('step', 'Now'),
          count('endpoints', 'Endpoints', 'endpoint'),
          share('share_of_endpoints', 'Share', 'endpoints that print a version in both'),
        ],
        rows: steps.map((one) => [one.label, one.endpoints, part(one.endpoints, total)]),
      },
      {
        id: 'version-pairs',
        title: 'Pairs of versions that differ',
        columns: [code('from', 'Earlier'), code('to', 'Now'), count('endpoints', 'Endpoints', 'endpoint')],
        rows: pairs.filter((one) => one.step !== 'same').map((one) => [one.from, one.to, one.endpoints]),
        shown: SHOWN,
      },
    ],
  });
}
