// An owner's endpoints one by one, and the advice that they add up to.
import { ADVICE, ADVICE_SLUGS } from '../../fingerprints/advice.ts';
import { COMPONENT_PROFILES } from '../../fingerprints/component-profile.ts';
import { code, count, time, words } from '../columns.ts';
import { authenticationName, distributionName, supportName } from '../names.ts';
import type { OwnedEndpoint, OwnerData } from '../owner-data.ts';
import { type Section, section, type Table } from '../section.ts';

const WHERE = [code('address', 'Address'), words('port', 'Port')];

function where({ address, port }: OwnedEndpoint): [string, string] {
  return [address, String(port)];
}

export function ownedSection(data: OwnerData): Section {
  const { endpoints, observed, owner } = data;
  const components = [...new Set(endpoints.map((one) => one.component))];
  return section('endpoints', 'What answers from the internet', {
    paragraphs: [
      [
        'Of ',
        { count: observed, unit: 'endpoint' },
        ` in ${owner.prefixes.join(', ')} that this survey looked at, `,
        { count: endpoints.length, unit: 'endpoint' },
        ' answered as a Kubernetes component. What no feed names was not looked at.',
      ],
    ],
    tables: [
      {
        id: 'endpoints',
        title: 'Your endpoints',
        columns: [
          ...WHERE,
          words('component', 'Component'),
          code('version', 'Version disclosed'),
          words('support', 'Upstream support'),
          time('first_seen', 'First seen'),
          time('observed_at', 'Observed'),
        ],
        rows: endpoints.map((one) => [
          ...where(one),
          one.component,
          one.version,
          one.support === null ? null : supportName(one.support),
          one.firstSeen,
          one.observedAt,
        ]),
      },
      ...(endpoints.length === 0 ? [] : recognised(endpoints, components)),
    ],
    notes: suspects(endpoints),
  });
}

/** How each endpoint was recognised, and what the components mean. */
function recognised(endpoints: readonly OwnedEndpoint[], components: readonly string[]): Table[] {
  return [
    {
      id: 'endpoint-details',
      title: 'How each was recognised',
      columns: [
        ...WHERE,
        words('grade', 'Recognised'),
        words('distribution', 'Distribution'),
        words('authentication', 'Without credentials it'),
        code('certificate_sha256', 'Certificate, SHA-256'),
      ],
      rows: endpoints.map((one) => [
        ...where(one),
        one.grade,
        one.distribution === null ? null : distributionName(one.distribution),
        one.authentication === null ? null : authenticationName(one.authentication),
        one.certificate,
      ]),
    },
    {
      id: 'exposures',
      title: 'What each component means when the internet reaches it',
      columns: [
        words('component', 'Component'),
        count('endpoints', 'Endpoints', 'endpoint'),
        words('meaning', 'Reached from the internet'),
      ],
      rows: COMPONENT_PROFILES.filter((one) => components.includes(one.name)).map((one) => [
        one.name,
        endpoints.filter((endpoint) => endpoint.component === one.name).length,
        one.exposure,
      ]),
    },
  ];
}

function suspects(endpoints: readonly OwnedEndpoint[]): Section['notes'] {
  const found = endpoints.filter((one) => one.honeypot === 'medium' || one.honeypot === 'high');
  if (found.length === 0) return [];
  return [
    {
      tone: 'note',
      title: 'Some may be decoys of your own.',
      text: [
        { count: found.length, unit: 'endpoint' },
        ` contradict themselves as honeypots do: ${found.map((one) => `${one.address} port ${one.port}`).join(', ')}.`,
      ],
    },
  ];
}

/** Every piece of advice once, with the endpoints that it concerns, in the order of urgency of the advice table. */
export function todoSection({ endpoints }: OwnerData): Section {
  const slugs = ADVICE_SLUGS.filter((slug) => endpoints.some((one) => one.advice.includes(slug)));
  return section('todo', 'What to do', {
    paragraphs:
      slugs.length === 0
        ? [['Nothing: no Kubernetes component answered.']]
        : [['An answer to a stranger is not yet a weakness, but none of these needs the whole internet.']],
    tables:
      slugs.length === 0
        ? []
        : [
            {
              id: 'todo',
              title: 'Advice and where it applies',
              columns: [
                words('advice', 'Advice'),
                count('endpoints', 'Endpoints', 'endpoint'),
                words('where', 'Where'),
              ],
              rows: slugs.map((slug) => {
                const concerned = endpoints.filter((one) => one.advice.includes(slug));
                return [ADVICE[slug].text, concerned.length, concerned.map((one) => endpointText(one)).join(' ')];
              }),
            },
          ],
  });
}

/** "192.0.2.1:6443", "[2001:db8::1]:6443". */
function endpointText({ address, port }: OwnedEndpoint): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

export function ownerMethodSection({ owner, survey }: OwnerData): Section {
  return section('method', 'How this was seen', {
    paragraphs: [
      [
        survey.method === 'passive'
          ? 'Nothing was sent to your hosts: evidence that feeds had gathered was judged.'
          : 'Each endpoint got one connection: a TLS handshake and at most two GET requests for public paths, without credentials. Nothing was tried, guessed or changed.',
        ` The ownership of ${owner.prefixes.join(', ')} was checked by: ${owner.verifiedBy} (${owner.verifiedAt.slice(0, 10)}).`,
      ],
    ],
  });
}
