// What a survey's manifest says of its conduct, in sentences: how much opted out, and how whoever was asked could look up who asked.
import type { HeadlineData } from '../headline-data.ts';
import type { Text } from '../section.ts';

interface Coverage {
  readonly ipv4Addresses: number;
  readonly ipv4Share: number;
  readonly ipv6Networks: number;
  readonly ipv6Share: number;
}

interface Recorded {
  readonly policy?: { readonly optOutCount?: number; readonly optOutCoverage?: Coverage };
  readonly attribution?: {
    readonly withoutProbingFile: string | null;
    readonly reverseNames: { readonly status: string };
  } | null;
}

/** How much of the address space opted out; never who. Nothing where the survey was made by a release that did not count it. */
export function optOutItem({ survey }: HeadlineData): Text[] {
  const { optOutCount, optOutCoverage } = (survey.manifest as Recorded).policy ?? {};
  if (optOutCount === undefined || optOutCoverage === undefined) return [];
  const { ipv4Addresses, ipv4Share, ipv6Networks, ipv6Share } = optOutCoverage;
  return [
    [
      'Opt-outs in force when it was drawn: ',
      { count: optOutCount, unit: 'opt-out' },
      '. Those of addresses and networks cover ',
      { count: ipv4Addresses, unit: 'IPv4 address' },
      ', ',
      { share: ipv4Share, of: 'those that may be probed' },
      ', and ',
      { count: ipv6Networks, unit: 'IPv6 /48 network' },
      ', ',
      { share: ipv6Share, of: 'all of them' },
      '. What lies there is missing from every count.',
    ],
  ];
}

/** How the survey could be told from an attack, for a survey of the internet that recorded it. */
export function attributionItem({ survey }: HeadlineData): Text[] {
  const { attribution } = survey.manifest as Recorded;
  if (!attribution) return [];
  const { withoutProbingFile, reverseNames } = attribution;
  const names =
    reverseNames.status === 'ok'
      ? 'the addresses that it came from have names that lead back to them.'
      : 'that the addresses it came from have names which lead back to them could not be shown.';
  return [
    withoutProbingFile === null
      ? [`A probe description file (RFC 9511) said who asks, and ${names}`]
      : [
          { strong: 'No probe description file (RFC 9511) said who asks.' },
          ` The survey was begun all the same, for this reason: ${withoutProbingFile}. Of its addresses: ${names}`,
        ],
  ];
}
