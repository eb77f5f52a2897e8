// A report as JSON: the model itself, lossless, for programs.
import type { Report } from './section.ts';

/** Raised when a field changes its meaning or goes away; new fields do not raise it. */
const SCHEMA = 1;

export function jsonOf(report: Report): string {
  return `${JSON.stringify({ schema: SCHEMA, ...report }, null, 2)}\n`;
}
