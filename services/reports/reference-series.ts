// Earlier counts by others that stand beside ours: each with its day, unit and source. They are never added to, averaged with or divided by our numbers.

export interface ReferencePoint {
  readonly who: string;
  /** As the source dates it: YYYY-MM or YYYY-MM-DD. */
  readonly when: string;
  readonly value: number;
  /** What was counted, plural, in the source's word. */
  readonly unit: string;
  /** By what it was recognised. */
  readonly by: string;
  readonly source: string;
  /** About: the source rounds. */
  readonly rounded: boolean;
}

/** Compiled 2026-11-23. The Shadowserver figures are taken from press articles of that week, the others from the sources named. */
export const REFERENCE_SERIES: readonly ReferencePoint[] = [
  {
    who: 'R. McCune, Censys',
    when: '2021-06',
    value: 776_795,
    unit: 'hosts',
    by: 'certificate name',
    source: 'raesene.github.io, 2021-06-05',
    rounded: false,
  },
  {
    who: 'R. McCune, Censys',
    when: '2021-06',
    value: 90_000,
    unit: 'hosts',
    by: 'version shown',
    source: 'raesene.github.io, 2021-06-05',
    rounded: true,
  },
  {
    who: 'Shadowserver',
    when: '2022-05-16',
    value: 454_729,
    unit: 'IPv4 addresses',
    by: 'Kubernetes API found on port 443 or 6443',
    source: 'Shadowserver, quoted in the press, 2022-05',
    rounded: false,
  },
  {
    who: 'Shadowserver',
    when: '2022-05-16',
    value: 381_645,
    unit: 'IPv4 addresses',
    by: 'answered 200 on port 443 or 6443',
    source: 'Shadowserver, quoted in the press, 2022-05',
    rounded: false,
  },
  {
    who: 'R. McCune, Censys',
    when: '2022-08',
    value: 842_350,
    unit: 'hosts',
    by: 'version shown',
    source: 'raesene.github.io, 2024-02-17',
    rounded: false,
  },
  {
    who: 'Vendor article, Censys',
    when: '2023-12',
    value: 1_500_000,
    unit: 'hosts',
    by: 'certificate name',
    source: "a security vendor's article on Kubernetes API security, 2023-12-07",
    rounded: true,
  },
  {
    who: 'Vendor article, Censys',
    when: '2023-12',
    value: 1_300_000,
    unit: 'hosts',
    by: 'version shown',
    source: "a security vendor's article on Kubernetes API security, 2023-12-07",
    rounded: true,
  },
  {
    who: 'R. McCune, Censys',
    when: '2024-02',
    value: 1_626_249,
    unit: 'hosts',
    by: 'version shown',
    source: 'raesene.github.io, 2024-02-17',
    rounded: false,
  },
];

/** Days on which a series changed its method, so that the step there is none of the world's. */
export const SERIES_BREAKS: readonly { readonly date: string; readonly label: string }[] = [
  { date: '2022-08-01', label: '2022-08: Censys changed its method; counts before and after do not compare' },
];

/** The day at which a reference point is drawn: its own, or the middle of its month. */
export function drawnDay(point: ReferencePoint): string {
  return point.when.length === 7 ? `${point.when}-15` : point.when;
}
