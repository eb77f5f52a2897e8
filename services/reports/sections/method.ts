// How it was counted and what the numbers cannot say, in short points; then the data of others that the report rests on. DB-IP's licence asks for its link wherever results are shown.
import type { HeadlineData } from '../headline-data.ts';
import { type Section, section, type Text } from '../section.ts';
import { writtenTime } from '../written-value.ts';
import { attributionItem } from './conduct.ts';

export function methodSection(data: HeadlineData): Section {
  const { survey } = data;
  const asked: Text =
    survey.method === 'passive'
      ? [
          'No packet was sent: evidence that feeds had gathered was judged, in the state of the day on which they gathered it.',
        ]
      : [
          'Each endpoint got one connection: a TLS handshake and at most two GET requests for public paths (',
          { code: '/version' },
          ', ',
          { code: '/healthz' },
          '), without credentials, with an honest User-Agent, at no more than ',
          { count: survey.rate, unit: 'connection' },
          ' per second in all.',
        ];
  return section('method', 'Method and limits', {
    paragraphs: [
      {
        items: [
          [
            'The unit is the endpoint: an address and a port. A host is an address; a certificate is the digest of a leaf. None of them is a cluster: one cluster may have many of each, and a load balancer may front many clusters.',
          ],
          asked,
          ...attributionItem(data),
          ['Targets came from feeds, not from a scan of the whole address space: what no feed names is not counted.'],
          [
            'Most API servers have certificates of a private authority, which certificate logs never see; feeds that scan find those.',
          ],
          [
            'Both indicators are judged apart and kept apart. One that was not observed is neither yes nor no and counts in neither.',
          ],
          [
            '"Discloses its version" says that the version can be read without credentials, which is the default. It does not say that the endpoint is open, misused or weak.',
          ],
          ['Support is by upstream’s calendar on the day of observation.'],
          [
            'Policy fails closed: special-purpose ranges, opt-outs and what lies out of scope are not probed, and are counted as left out.',
          ],
          survey.sample === null
            ? [
                survey.state === 'stopped'
                  ? 'No sample was drawn, but the survey was stopped: shares among the targets looked at have an error for all others.'
                  : 'Every target was looked at: there is no sampling error, and no interval is given where nothing was sampled.',
              ]
            : [
                'This survey is a sample: each target was drawn with a probability of ',
                { share: survey.sample, of: 'all targets' },
                '. Counts are those of the sample and are not scaled up; what is estimated of all stands in tables of its own.',
              ],
          [
            'The order is seeded (',
            { code: survey.seed },
            ') and the manifest beside this report has the scope, the policy and the versions of all tables, so that the survey can be repeated.',
          ],
        ],
      },
    ],
    tables: [
      {
        id: 'survey',
        title: 'This survey',
        columns: [
          { key: 'setting', label: 'Setting', type: 'text' },
          { key: 'value', label: 'Value', type: 'text' },
        ],
        rows: [
          ['Survey', survey.id],
          ['Method', survey.method],
          ['State', survey.state],
          ['Drawn', writtenTime(survey.createdAt)],
          ['Began', survey.startedAt === null ? null : writtenTime(survey.startedAt)],
          ['Ended', survey.finishedAt === null ? null : writtenTime(survey.finishedAt)],
          ['Vantage', survey.vantage],
          ['Ports', survey.ports.join(', ')],
          ['Feeds', survey.feeds.length === 0 ? 'all' : survey.feeds.join(', ')],
          ['Scope', survey.scope.length === 0 ? 'no limit' : survey.scope.join(', ')],
          ['Seed', survey.seed],
          ['Code', data.codeVersion],
        ],
      },
    ],
  });
}

export function sourcesSection(data: HeadlineData): Section {
  return section('sources', 'Sources and attribution', {
    paragraphs: [
      {
        items: [
          [
            "Meanings of components and the advice: a security vendor's article on Kubernetes API security, 2023-12-07.",
          ],
          [
            'Release and support dates: the Kubernetes project, ',
            { text: 'kubernetes.io/releases', href: 'https://kubernetes.io/releases/' },
            '.',
          ],
          ...(data.geo.some((source) => source.attribution?.includes('DB-IP'))
            ? [[{ text: 'IP Geolocation by DB-IP', href: 'https://db-ip.com/' }, '.']]
            : []),
          ['The McCune series: ', { text: 'raesene.github.io', href: 'https://raesene.github.io/' }, '.'],
        ],
      },
    ],
    tables: [
      {
        id: 'geo-sources',
        title: 'Data on countries and networks',
        columns: [
          { key: 'gives', label: 'Gives', type: 'text' },
          { key: 'name', label: 'Database', type: 'text' },
          { key: 'version', label: 'Version', type: 'code' },
          { key: 'attribution', label: 'By', type: 'text' },
          { key: 'licence', label: 'Licence', type: 'text' },
          { key: 'caveat', label: 'To know', type: 'text' },
        ],
        rows: data.geo.map((source) => [
          source.gives === 'asn' ? 'network' : 'country',
          source.name,
          source.version,
          source.attribution,
          source.licence,
          source.caveat,
        ]),
      },
    ],
  });
}
