// The headline counts by name.
import type { IndicatorCounts } from '../../rollups/headline.ts';

/** The counts in the order in which every table and comparison lists them. */
export const MEASURES: readonly { readonly key: keyof IndicatorCounts; readonly label: string }[] = [
  { key: 'certificateName', label: 'Certificate names contain the Kubernetes names' },
  { key: 'versionEndpoint', label: 'Discloses its version on /version' },
  { key: 'both', label: 'Both' },
  { key: 'onlyCertificateName', label: 'Only the certificate names' },
  { key: 'onlyVersionEndpoint', label: 'Only the version' },
  { key: 'either', label: 'Either' },
];
