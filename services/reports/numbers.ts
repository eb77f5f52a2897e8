// How numbers are written in reports: grouped digits, percentages, units in the right number.

const GROUPED = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const ONE_DIGIT = new Intl.NumberFormat('en-US', { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const COMPACT = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 });
/** Narrow no-break space, between a number and the percent sign. */
const THIN = '\u202f';

/** 1510203 -> "1,510,203". */
export function grouped(value: number): string {
  return GROUPED.format(value);
}

/** 0.4312 -> "43.1 %". What is not nothing and not all never reads as 0 or 100. */
export function percent(share: number): string {
  if (share > 0 && share < 0.0005) return `<${THIN}0.1${THIN}%`;
  if (share < 1 && share > 0.9995) return `>${THIN}99.9${THIN}%`;
  return `${ONE_DIGIT.format(share * 100)}${THIN}%`;
}

/** `part` of `whole` as a percentage, or an en dash when there is no whole. */
export function percentOf(part: number, whole: number): string {
  return whole > 0 ? percent(part / whole) : '–';
}

/** Axis numbers: 1500000 -> "1.5 M", 250000 -> "250 k". */
export function compact(value: number): string {
  if (Math.abs(value) >= 1e6) return `${COMPACT.format(value / 1e6)}${THIN}M`;
  if (Math.abs(value) >= 1e4) return `${COMPACT.format(value / 1e3)}${THIN}k`;
  return GROUPED.format(value);
}

const IRREGULAR: Readonly<Record<string, string>> = {
  'IPv4 address': 'IPv4 addresses',
  address: 'addresses',
  entry: 'entries',
  query: 'queries',
  country: 'countries',
  'in the unit beside': 'in the unit beside',
};

/** The unit for a count: "endpoint", 1 -> "endpoint"; 2 -> "endpoints". Units that are plural already stay. */
export function unitFor(unit: string, count: number): string {
  if (count === 1) return unit;
  return IRREGULAR[unit] ?? (unit.endsWith('s') ? unit : `${unit}s`);
}

/** "1,204 endpoints". */
export function counted(value: number, unit: string): string {
  return `${grouped(value)} ${unitFor(unit, value)}`;
}
