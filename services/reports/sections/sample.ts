// What a sampled or stopped survey says of the endpoints that it did not look at: estimates with their error, in tables of their own and never among counts.
import { MEASURE_NAMES, type SampleEstimate } from '../../rollups/sample-estimate.ts';
import { count, share, words } from '../columns.ts';
import type { HeadlineData } from '../headline-data.ts';
import type { Paragraph, Table } from '../section.ts';
import { MEASURES } from './measures.ts';

/** How the estimates were made; [] for a survey of everything. */
export function sampleParagraphs({ sampling }: HeadlineData): Paragraph[] {
  if (sampling == null) return [];
  const networks = [
    'Endpoints of one network come and go together, so the intervals were made by drawing whole networks anew, ',
    { count: sampling.replicates, unit: 'time' },
    ' over ',
    { count: sampling.networks, unit: 'network' },
    ', from the seed of the survey; the design effect says how many times that makes the variance larger.',
  ] as const;
  if (sampling.probability === null)
    return [
      [
        'The survey did not look at all its targets. Its counts are not scaled up; its shares stand below with the error that they have for the targets not looked at. ',
        ...networks,
      ],
    ];
  return [
    [
      'The counts are those of a sample of ',
      { share: sampling.probability, of: 'all candidates' },
      '. What they say of all stands below as an estimate (Horvitz and Thompson): each counted endpoint stands for as many as were not drawn. An endpoint that several candidates lead to is drawn more often, so that totals are rather too high there. ',
      ...networks,
    ],
  ];
}

/** Estimated totals and shares; [] for a survey of everything. */
export function sampleTables({ sampling }: HeadlineData): Table[] {
  if (sampling == null) return [];
  return [...(sampling.totals === null ? [] : [totals(sampling.totals)]), shares(sampling.shares)];
}

function totals(of: NonNullable<SampleEstimate['totals']>): Table {
  return {
    id: 'estimated-totals',
    title: 'Estimated totals: what the sample says of all candidates',
    columns: [
      words('indicator', 'Indicator'),
      count('estimated_endpoints', 'Estimated total', 'endpoint'),
      count('standard_error_endpoints', 'Standard error', 'endpoint'),
      count('low_endpoints', 'From (95 %)', 'endpoint'),
      count('high_endpoints', 'To (95 %)', 'endpoint'),
      words('design_effect', 'Design effect'),
    ],
    rows: MEASURE_NAMES.map((name) => {
      const { total, standardError, low, high, designEffect } = of[name];
      const whole = [total, standardError, low, high].map(Math.round);
      return [labelOf(name), ...whole, effect(designEffect)];
    }),
  };
}

function shares(of: SampleEstimate['shares']): Table {
  const among = 'endpoints looked at';
  return {
    id: 'estimated-shares',
    title: 'Shares with their error of sampling',
    columns: [
      words('indicator', 'Indicator'),
      share('share', 'Share', among),
      share('wilson_low', 'Wilson from (95 %)', among),
      share('wilson_high', 'Wilson to', among),
      share('low', 'By networks from (95 %)', among),
      share('high', 'By networks to', among),
      words('design_effect', 'Design effect'),
    ],
    rows: MEASURE_NAMES.map((name) => {
      const { share: value, wilson, low, high, designEffect } = of[name];
      return [labelOf(name), value, ...wilson, low, high, effect(designEffect)];
    }),
  };
}

const labelOf = (name: (typeof MEASURE_NAMES)[number]): string => MEASURES.find(({ key }) => key === name)!.label;

const effect = (value: number | null): string | null => (value === null ? null : value.toFixed(1));
