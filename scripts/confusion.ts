// Prints how the labelled data is judged: a confusion table of components with grades, and one of distributions.

import { judge } from '../services/fingerprints/match.ts';
import { classifyVersion } from '../services/fingerprints/version.ts';
import { HOST_FORMS } from '../test/fingerprints/host-forms.ts';
import { NOW, readCaptures, readLabelledCertificates, readLabelledVersions } from '../test/fingerprints/labelled.ts';

/** One judged row of labelled data. */
interface Judged {
  readonly source: string;
  readonly expected: string;
  readonly got: string;
  readonly grade: string;
}

const NONE = '(none)';

/** The component that each capture's software was started as. */
function componentOfCapture(name: string): string {
  const known: readonly (readonly [RegExp, string])[] = [
    [/^etcd-metrics/, 'etcd-metrics'],
    [/^etcd-.*peer|^etcd-peer/, 'etcd-peer'],
    [/^etcd/, 'etcd-client'],
    [/^kube-apiserver/, 'kube-apiserver'],
    [/^aggregated-apiserver/, 'aggregated-apiserver'],
    [/^cloud-controller-manager/, 'cloud-controller-manager'],
    [/^kube-scheduler/, 'kube-scheduler'],
    [/^kubectl-proxy/, 'kubectl-proxy'],
    [/^kube-controller-manager/, 'kube-controller-manager'],
    [/^kube-proxy-health/, 'kube-proxy-healthz'],
    [/^kube-proxy-metrics/, 'kube-proxy-metrics'],
    [/^kubelet-healthz/, 'kubelet-healthz'],
    [/^kubelet-readonly/, 'kubelet-readonly'],
    [/^kubelet/, 'kubelet'],
  ];
  return known.find(([pattern]) => pattern.test(name))?.[1] ?? NONE;
}

function judgedComponents(): readonly Judged[] {
  const captures = readCaptures().flatMap(({ name, whole, cut }) =>
    [whole, cut].map((evidence) => ({ source: 'capture', expected: componentOfCapture(name), evidence })),
  );
  const certificates = readLabelledCertificates().map(({ component, evidence }) => ({
    source: 'certificate',
    expected: component ?? NONE,
    evidence,
  }));
  const forms = HOST_FORMS.map(({ component, evidence }) => ({
    source: 'form',
    expected: component ?? NONE,
    evidence,
  }));
  return [...captures, ...certificates, ...forms].map(({ source, expected, evidence }) => {
    const { component, grade } = judge(evidence, { now: NOW });
    return { source, expected, got: component ?? NONE, grade };
  });
}

function judgedDistributions(): readonly Judged[] {
  const certificates = readLabelledCertificates()
    .filter(({ distribution }) => distribution !== null)
    .map(({ distribution, evidence }) => ({
      source: 'certificate',
      expected: distribution ?? NONE,
      got: judge(evidence, { now: NOW }).distribution?.slug ?? NONE,
      grade: '',
    }));
  const versions = readLabelledVersions().map(({ gitVersion, label, context, byContext }) => {
    const { vendor: _vendor, ...own } = context;
    return {
      source: 'version',
      expected: label,
      got: classifyVersion(gitVersion, NOW, byContext ? own : context).slug,
      grade: '',
    };
  });
  return [...certificates, ...versions];
}

/** Markdown rows: expected, got, how many, and the grades they got. Misses stand first. */
function confusion(rows: readonly Judged[]): string {
  const cells = new Map<string, { row: Judged; count: number; grades: Map<string, number> }>();
  for (const row of rows) {
    const key = `${row.expected}\n${row.got}`;
    const cell = cells.get(key) ?? { row, count: 0, grades: new Map<string, number>() };
    cell.count++;
    cell.grades.set(row.grade, (cell.grades.get(row.grade) ?? 0) + 1);
    cells.set(key, cell);
  }
  const sorted = [...cells.values()].sort((a, b) => {
    const miss = Number(a.row.expected === a.row.got) - Number(b.row.expected === b.row.got);
    return miss || a.row.expected.localeCompare(b.row.expected) || a.row.got.localeCompare(b.row.got);
  });
  const lines = sorted.map(({ row, count, grades }) => {
    const detail = [...grades]
      .filter(([grade]) => grade !== '')
      .map(([grade, many]) => `${many} ${grade}`)
      .join(', ');
    return `| ${row.expected} | ${row.got} | ${row.expected === row.got ? '' : 'miss'} | ${count} | ${detail} |`;
  });
  const right = rows.filter((row) => row.expected === row.got).length;
  return [
    `${right} of ${rows.length} as labelled.`,
    '',
    '| label | judged as | | rows | grades |',
    '|---|---|---|---|---|',
    ...lines,
  ].join('\n');
}

export function componentConfusion(): string {
  return confusion(judgedComponents());
}

export function distributionConfusion(): string {
  return confusion(judgedDistributions());
}

if (import.meta.main) {
  process.stdout.write(`Components\n\n${componentConfusion()}\n\nDistributions\n\n${distributionConfusion()}\n`);
}
