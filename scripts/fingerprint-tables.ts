// Writes the tables of docs/fingerprints.md from the code that they describe. A test holds the two equal.
import { readFileSync, writeFileSync } from 'node:fs';
import { ADVICE, ADVICE_SLUGS } from '../services/fingerprints/advice.ts';
import { ADVICE_BY_FINDING } from '../services/fingerprints/advice-on.ts';
import type { ComponentRule } from '../services/fingerprints/component.ts';
import { COMPONENT_LIST } from '../services/fingerprints/components/list.ts';
import { CONSISTENCY_CHECKS } from '../services/fingerprints/consistency.ts';
import { distributionName } from '../services/fingerprints/data/distributions.ts';
import { DISTRIBUTIONS } from '../services/fingerprints/distributions/list.ts';
import { FLAGS } from '../services/fingerprints/flags.ts';
import { RUNGS } from '../services/fingerprints/rungs/list.ts';
import { VERSION_SHAPES } from '../services/fingerprints/version-shapes.ts';
import { componentConfusion, distributionConfusion } from './confusion.ts';

export const DOCUMENT = new URL('../docs/fingerprints.md', import.meta.url);

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}

function condition({ all, any, none, port }: ComponentRule): string {
  return [
    ...(all ?? []),
    ...(any === undefined ? [] : [any.length === 1 ? (any[0] ?? '') : `one of (${any.join(', ')})`]),
    ...(none ?? []).map((name) => `not ${name}`),
    ...(port === true ? ['its port'] : []),
  ].join(' and ');
}

/** The tables by the name of their place in the document. */
export function fingerprintTables(): ReadonlyMap<string, string> {
  return new Map([
    [
      'rungs',
      table(
        ['rung', 'worth', 'a yes means', 'known from'],
        RUNGS.map(({ name, strength, says, source }) => [name, strength, says, source]),
      ),
    ],
    [
      'components',
      table(
        ['component', 'ports', 'listens by default on', 'by default', 'what its exposure means', 'what to do'],
        COMPONENT_LIST.map(({ name, ports, bindsTo, authenticates, exposure, advice }) => [
          name,
          ports.join(', '),
          bindsTo,
          authenticates,
          exposure,
          advice.map((slug) => ADVICE[slug].title).join('; '),
        ]),
      ),
    ],
    [
      'advice',
      table(
        ['slug', 'advice', 'in full', 'given to'],
        ADVICE_SLUGS.map((slug) => [
          slug,
          ADVICE[slug].title,
          ADVICE[slug].text,
          [
            ...COMPONENT_LIST.filter(({ advice }) => advice.includes(slug)).map(({ name }) => name),
            ...ADVICE_BY_FINDING.filter((one) => one.slug === slug).map(({ when }) => `kube-apiserver ${when}`),
          ].join(', '),
        ]),
      ),
    ],
    [
      'rules',
      table(
        ['component', 'grade', 'when', 'why'],
        COMPONENT_LIST.flatMap(({ name, rules }) => rules.map((rule) => [name, rule.grade, condition(rule), rule.why])),
      ),
    ],
    [
      'exclusions',
      table(
        ['component', 'never when'],
        COMPONENT_LIST.map(({ name, excludedBy }) => [name, excludedBy.join(', ')]),
      ),
    ],
    [
      'shapes',
      table(
        ['distribution', 'form of the gitVersion', 'known from'],
        VERSION_SHAPES.map(({ slug, shape, source }) => [
          `${slug} (${distributionName(slug)})`,
          `\`${shape}\``,
          source,
        ]),
      ),
    ],
    [
      'distributions',
      table(
        ['distribution', 'seen and known'],
        DISTRIBUTIONS.map(({ slug, known }) => [`${slug} (${distributionName(slug)})`, known]),
      ),
    ],
    [
      'checks',
      table(
        ['reason', 'weight', 'what was found'],
        CONSISTENCY_CHECKS.map(({ reason, weight, says }) => [reason, String(weight), says]),
      ),
    ],
    [
      'flags',
      table(
        ['flag', 'means'],
        FLAGS.map(({ name, says }) => [name, says]),
      ),
    ],
    ['confusion-components', componentConfusion()],
    ['confusion-distributions', distributionConfusion()],
  ]);
}

/** Puts every table into its place: between `<!-- table NAME -->` and `<!-- end -->`. */
export function withTables(text: string): string {
  let filled = text;
  for (const [name, content] of fingerprintTables()) {
    const start = `<!-- table ${name} -->`;
    const from = filled.indexOf(start);
    const to = filled.indexOf('<!-- end -->', from);
    if (from < 0 || to < 0) throw new Error(`docs/fingerprints.md has no place for the table ${name}`);
    filled = `${filled.slice(0, from + start.length)}\n\n${content}\n\n${filled.slice(to)}`;
  }
  return filled;
}

if (import.meta.main) writeFileSync(DOCUMENT, withTables(readFileSync(DOCUMENT, 'utf8')));
