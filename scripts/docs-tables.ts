// Writes the tables of the pages in docs/ from the code that they describe. A test holds them equal.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { SETTINGS } from '../services/config.ts';
import type { Dataset } from '../services/exports/column.ts';
import { DATASETS, type DatasetName } from '../services/exports/columns.ts';
import { FORMAT_SPECS, type FormatSpec } from '../services/exports/export-format.ts';
import { commentOf, SQL_VIEWS } from '../services/exports/sql-views.ts';
import { FORMATS } from '../services/feeds/formats/index.ts';
import { FEED_TYPES } from '../services/feeds/index.ts';
import { COMPONENT_PROFILES } from '../services/fingerprints/component-profile.ts';
import { PRIVATE_FIELDS } from '../services/fingerprints/private-fields.ts';
import { ERRORS } from '../services/platform/errors.ts';
import { METRICS, PREFIX } from '../services/platform/metrics.ts';
import { OUTCOMES } from '../services/probes/outcome.ts';
import { REFERENCE_SERIES } from '../services/reports/reference-series.ts';
import { DIMENSIONS } from '../services/rollups/rollup.ts';
import { SECRET_MEANINGS, SECRETS } from '../services/secrets.ts';
import { PORTS } from '../services/surveys/ports.ts';
import { stages } from './scale-model.ts';

const DOCS = new URL('../docs/', import.meta.url);

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}

const code = (text: string): string => `\`${text}\``;
/** A default as it would be written in the environment. */
const shownDefault = (value: unknown): string =>
  value === null || value === '' || (Array.isArray(value) && value.length === 0) ? 'none' : code(String(value));
const datasets: readonly [string, Dataset][] = Object.entries(DATASETS);
const NUMBER = new Intl.NumberFormat('en-US');

/** The tables of each page, by the name of their place in it. */
export const TABLES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'configuration.md': {
    settings: table(
      ['setting', 'environment variable', 'default', 'is'],
      Object.entries(SETTINGS).map(([key, setting]) => [
        code(key),
        code(setting.env) + ('secret' in setting ? ` or ${code(`${setting.env}_FILE`)}` : ''),
        shownDefault(setting.fallback),
        setting.means,
      ]),
    ),
    secrets: table(
      ['environment variable', 'is'],
      (Object.keys(SECRETS) as (keyof typeof SECRETS)[]).map((key) => [
        `${code(SECRETS[key])} or ${code(`${SECRETS[key]}_FILE`)}`,
        SECRET_MEANINGS[key],
      ]),
    ),
    ...Object.fromEntries(
      Object.entries(FEED_TYPES).map(([type, { settings }]) => [
        `feed-${type}`,
        table(
          ['setting', 'kind', 'default', 'is'],
          Object.entries(settings).map(([key, { kind, fallback, required, means }]) => [
            code(key),
            kind === 'integer' ? 'whole number' : kind,
            required === true ? 'required' : shownDefault(fallback),
            means,
          ]),
        ),
      ]),
    ),
  },
  'sql.md': Object.fromEntries(
    SQL_VIEWS.map((view) => [
      view.name,
      table(
        ['column', 'type', 'is'],
        view.columns.map((column) => [code(column.name), column.type, commentOf(column)]),
      ),
    ]),
  ),
  'exports.md': {
    datasets: table(
      ['dataset', 'rows', 'a row is one of', 'of one survey', '`--since` gives'],
      datasets.map(([name, { description, unit, perSurvey, since }]) => [
        code(name),
        description,
        unit,
        perSurvey ? 'yes' : 'no',
        'sql' in since ? since.means : `nothing: ${since.refused}`,
      ]),
    ),
    formats: table(
      ['format', 'media type', 'datasets'],
      Object.entries(FORMAT_SPECS as Readonly<Record<string, FormatSpec>>).map(([name, { mediaType, of }]) => {
        const has = datasets
          .filter(([dataset]) => of(dataset as DatasetName) !== null)
          .map(([dataset]) => code(dataset));
        return [code(name), mediaType, has.length === datasets.length ? 'all' : has.join(', ')];
      }),
    ),
    ...Object.fromEntries(
      datasets.map(([name, { columns }]) => [
        name,
        table(
          ['column', 'type', 'is', 'unit', 'private'],
          columns.map((column) => [
            code(column.name),
            column.type,
            column.description,
            column.unit ?? '',
            column.private === undefined ? '' : PRIVATE_FIELDS[column.private],
          ]),
        ),
      ]),
    ),
  },
  'scale.md': {
    stages: table(
      ['stage', 'done by', 'must carry', 'measured', 'takes'],
      stages().map(({ stage, where, load, measured, takes }) => [stage, where, load, measured, takes]),
    ),
  },
  'metrics.md': {
    metrics: table(
      ['metric', 'type', 'labels', 'of', 'is'],
      Object.entries(METRICS).map(([name, definition]) => [
        code(PREFIX + name),
        definition.type,
        definition.labels.map(code).join(', '),
        'state' in definition ? 'the installation' : 'the process',
        definition.help,
      ]),
    ),
  },
  'errors.md': {
    errors: table(
      ['code', 'exit', 'what happened', 'what to do'],
      Object.entries(ERRORS).map(([name, { exit, what, todo }]) => [code(name), String(exit), what, todo]),
    ),
  },
  'method.md': {
    components: table(
      [
        'component',
        'port',
        'bound by default to',
        'transport and authentication by default',
        'seen from the internet',
        'in the article',
      ],
      COMPONENT_PROFILES.map((one) => [
        one.name,
        one.usualPort,
        one.bindsTo,
        one.authenticates,
        one.exposure,
        one.inArticle ? 'yes' : 'no',
      ]),
    ),
    ports: table(
      ['port', 'spoken', 'asked', 'usually'],
      PORTS.map(({ port, transport, paths, usual, plainFallback }) => [
        String(port),
        transport === 'plain' ? 'plain HTTP' : plainFallback ? 'TLS, else plain HTTP' : 'TLS',
        paths.map((path) => code(`GET ${path}`)).join(', '),
        usual,
      ]),
    ),
    outcomes: table(
      ['outcome', 'class', 'means'],
      Object.entries(OUTCOMES).map(([name, outcome]) => [code(name), outcome.class, outcome.says]),
    ),
    dimensions: table(
      ['dimension', 'is'],
      Object.entries(DIMENSIONS).map(([name, says]) => [code(name), says]),
    ),
    'feed-types': table(
      ['type', 'is', 'settings (those in bold are required)'],
      Object.entries(FEED_TYPES).map(([name, { title, settings }]) => [
        code(name),
        title,
        Object.entries(settings)
          .map(([key, { required }]) => (required === true ? `**${code(key)}**` : code(key)))
          .join(', '),
      ]),
    ),
    formats: table(
      ['format', 'is', 'becomes'],
      FORMATS.map(({ name, title, kind }) => [code(name), title, kind === 'counts' ? 'tallies' : 'candidates']),
    ),
    reference: table(
      ['when', 'who', 'number', 'unit', 'counted by', 'source'],
      REFERENCE_SERIES.map(({ when, who, value, unit, by, source, rounded }) => [
        when,
        who,
        `${rounded ? 'about ' : ''}${NUMBER.format(value)}`,
        unit,
        by,
        source,
      ]),
    ),
  },
};

export const pagePath = (page: string): string => fileURLToPath(new URL(page, DOCS));

/** The page with every table in its place: between `<!-- table NAME -->` and `<!-- end -->`. Throws when a table has no place. */
export function withTables(page: string, text: string): string {
  let filled = text;
  for (const [name, content] of Object.entries(TABLES[page] ?? {})) {
    const start = `<!-- table ${name} -->`;
    const from = filled.indexOf(start);
    const to = filled.indexOf('<!-- end -->', from);
    if (from < 0 || to < 0) throw new Error(`docs/${page} has no place for the table ${name}`);
    filled = `${filled.slice(0, from + start.length)}\n\n${content}\n\n${filled.slice(to)}`;
  }
  return filled;
}

if (import.meta.main) {
  for (const page of Object.keys(TABLES)) {
    const path = pagePath(page);
    writeFileSync(path, withTables(page, readFileSync(path, 'utf8')));
  }
}
