// The list of pages. A new one is one entry here, made of sections of the reports.
import { authenticationSection } from '../../reports/sections/authentication.ts';
import { componentsSection } from '../../reports/sections/components.ts';
import { contributionSection } from '../../reports/sections/contribution.ts';
import { distributionsSection } from '../../reports/sections/distributions.ts';
import { feedsSection } from '../../reports/sections/feeds.ts';
import { indicatorsSection } from '../../reports/sections/indicators.ts';
import { mapSection } from '../../reports/sections/map.ts';
import { methodSection, sourcesSection } from '../../reports/sections/method.ts';
import { outcomesSection } from '../../reports/sections/outcomes.ts';
import { overlapSection } from '../../reports/sections/overlap.ts';
import { placesSection, portsSection } from '../../reports/sections/places.ts';
import { qualitySection } from '../../reports/sections/quality.ts';
import { rangesSection } from '../../reports/sections/ranges.ts';
import { referenceSection } from '../../reports/sections/reference.ts';
import { seriesSection } from '../../reports/sections/series.ts';
import { tallySections } from '../../reports/sections/tallies.ts';
import { unseenSection } from '../../reports/sections/unseen.ts';
import { versionsSection } from '../../reports/sections/versions.ts';
import type { Page } from './page.ts';
import { surveysSection } from './surveys-section.ts';

export const PAGES: readonly Page[] = [
  {
    slug: 'headline',
    label: 'Headline',
    title: 'Kubernetes APIs that answer from the internet',
    lead: 'How many endpoints carry the Kubernetes names in their certificate, how many disclose their version, and how many do both.',
    sections: ({ survey }) => [indicatorsSection(survey), componentsSection(survey)],
  },
  {
    slug: 'series',
    label: 'Over time',
    title: 'Counts over time',
    lead: 'Our own surveys as points in time; what others state stands beside them and is never mixed with them.',
    sections: ({ survey, series, isWhole }) => [
      seriesSection(series, isWhole),
      referenceSection(survey),
      ...tallySections(survey),
    ],
  },
  {
    slug: 'places',
    label: 'Places',
    title: 'Where they answer',
    lead: 'Countries and networks of the addresses, on a map and in numbers.',
    about: ['country', 'asn'],
    sections: ({ survey }) => [mapSection(survey), placesSection(survey), sourcesSection(survey)],
  },
  {
    slug: 'components',
    label: 'Components',
    title: 'Which components answer',
    lead: 'Every component that was recognised, how sure that is, what it means that the internet reaches it, and what to do.',
    about: ['component'],
    sections: ({ survey }) => [componentsSection(survey), portsSection(survey)],
  },
  {
    slug: 'distributions',
    label: 'Distributions',
    title: 'Which distributions they are',
    lead: 'Providers and distributions that the evidence proves.',
    about: ['distribution'],
    sections: ({ survey }) => [distributionsSection(survey)],
  },
  {
    slug: 'versions',
    label: 'Versions',
    title: 'Which versions are disclosed',
    lead: "Minor versions on bands of upstream's support, version strings, and which upstream ranges contain them.",
    about: ['minor', 'support', 'version'],
    sections: ({ survey }) => [versionsSection(survey), rangesSection(survey)],
  },
  {
    slug: 'authentication',
    label: 'Authentication',
    title: 'What they answer without credentials',
    lead: 'How endpoints treat a stranger: 200 on /version is the default of Kubernetes and no weakness by itself.',
    about: ['authentication'],
    sections: ({ survey }) => [authenticationSection(survey)],
  },
  {
    slug: 'feeds',
    label: 'Feeds',
    title: 'What each feed sees',
    lead: 'Where the candidates came from, how far the feeds overlap, and what was cut short.',
    about: ['feed'],
    sections: async ({ survey, feeds }) => {
      const whole = await feeds();
      const told = feedsSection(survey);
      return whole === null ? [told] : [overlapSection(whole), contributionSection(whole), unseenSection(whole), told];
    },
  },
  {
    slug: 'surveys',
    label: 'Surveys',
    title: 'Surveys',
    lead: 'Every survey that was counted, how it was made, and what its numbers miss.',
    sections: ({ surveys }) => [surveysSection(surveys)],
  },
  {
    slug: 'method',
    label: 'Method',
    title: 'Method and data quality',
    lead: 'How this survey was made, what its numbers cannot say, and how good they are.',
    sections: ({ survey }) => [
      methodSection(survey),
      qualitySection(survey),
      outcomesSection(survey),
      sourcesSection(survey),
    ],
  },
];
