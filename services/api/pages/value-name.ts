// The words for a value of any dimension.
import type { HeadlineData } from '../../reports/headline-data.ts';
import {
  authenticationName,
  countryName,
  distributionName,
  NOT_OBSERVED,
  networkName,
  supportName,
} from '../../reports/names.ts';
import type { Dimension } from '../../rollups/rollup.ts';

/** `value`: '' or null where it was not observed. */
export function valueName(
  dim: Dimension,
  value: string | null,
  data: Pick<HeadlineData, 'networkNames'> = { networkNames: {} },
): string {
  if (value === null || value === '') return dim === 'component' ? 'nothing recognised' : NOT_OBSERVED;
  switch (dim) {
    case 'country':
      return countryName(value);
    case 'distribution':
      return distributionName(value);
    case 'support':
      return supportName(value);
    case 'authentication':
      return authenticationName(value);
    case 'asn':
      return networkName(data, value);
    default:
      return value;
  }
}
