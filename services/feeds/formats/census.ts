// Days of the 2022-2024 census of Kubernetes versions (raesene/public-k8s-censys): one engine aggregate per file, as Ruby text or as CSV.
import { KubecensusError } from '../../platform/errors.ts';
import type { FeedItem, StatedCount } from '../feed.ts';
import { integerOf, listOf, member, recordOf, textOf } from '../json.ts';
import { readLines } from '../lines.ts';
import { readObservedAt } from '../observed-at.ts';
import { type FileFormat, type FormatOptions, shareOf } from './format.ts';
import { isBlank } from './json-lines.ts';
import { parseRubyInspect } from './ruby-inspect.ts';

/** Query and field of all files; the text form states them, the CSV form was made from the same answers. */
const QUERY = 'services.kubernetes.version_info.git_version="*"';
const FIELD = 'services.kubernetes.version_info.git_version';
/** Documents of that engine's index are hosts. */
const UNIT = 'hosts';

/** A day holds at most 1,000 versions in about 50 kB; a megabyte in one line, and ten thousand versions, are something else. */
const DAY_LINE_BYTES = 1024 * 1024;
const DAY_BUCKETS = 10_000;
const VERSION = 256;

const DAY = /^(\d{4}-\d{2}-\d{2})-/;
const NAME = /^\d{4}-\d{2}-\d{2}-k8s-(version-info|versions)\b/;
const RUBY_HEAD = /^\s*\{\s*"(code|status|result)"\s*=>/;
/** distribution,version,count: no header, nothing quoted. The distribution is the old script's guess and is not used. */
const CSV_ROW = /^[^,"]*,([^,"]+),(0|[1-9]\d{0,14})$/;

export const CENSUS: FileFormat = {
  name: 'census',
  title: 'Daily version counts 2022-2024 (raesene/public-k8s-censys)',
  kind: 'counts',
  detect(head) {
    if (RUBY_HEAD.test(head.lines[0] ?? ''))
      return { score: 1, why: 'it begins like a printed Ruby hash with an engine answer' };
    if (head.lines.length === 0) {
      const named = NAME.test(head.fileName);
      return { score: named ? 1 : 0, why: named ? 'it is empty and named like a day of the census' : 'it is empty' };
    }
    const score = shareOf(head.lines, (line) => CSV_ROW.test(line));
    return {
      score,
      why: `${Math.round(score * 100)} % of the first ${head.lines.length} lines are distribution,version,count`,
    };
  },
  async *parse(input, options) {
    const lines: string[] = [];
    for await (const batch of readLines(input, DAY_LINE_BYTES)) {
      for (const line of batch) {
        if (line.type === 'rejection') throw notACensus(`${line.at} is unreadable (${line.reason})`);
        if (!isBlank(line.text)) lines.push(line.text);
        if (lines.length > DAY_BUCKETS) throw notACensus(`it has more than ${DAY_BUCKETS} lines`);
      }
    }
    yield* itemsOf(lines, options);
  },
};

/** A count with a part missing is a wrong count: one bad row refuses the file. */
function itemsOf(lines: readonly string[], options: FormatOptions): FeedItem[] {
  const day = RUBY_HEAD.test(lines[0] ?? '') ? fromRuby(lines.join('\n')) : fromCsv(lines);
  if (day.buckets.length === 0) return [{ type: 'note', partial: 'feed_empty' }];
  return [{ type: 'count', unit: UNIT, observedAt: dayOf(options), at: 'file', ...day }];
}

type Day = Pick<StatedCount, 'query' | 'field' | 'total' | 'omitted' | 'deviation' | 'buckets'>;

function fromCsv(lines: readonly string[]): Day {
  const buckets = lines.map((line, i) => {
    const match = CSV_ROW.exec(line);
    if (match === null) throw notACensus(`row ${i + 1} is not distribution,version,count`);
    return { key: match[1] as string, count: Number(match[2]) };
  });
  const total = buckets.reduce((sum, bucket) => sum + bucket.count, 0);
  return { query: QUERY, field: FIELD, total, omitted: null, deviation: null, buckets };
}

function fromRuby(text: string): Day {
  const result = member(parseRubyInspect(text), 'result');
  if (recordOf(result) === null) throw notACensus('it is no whole Ruby hash with a result');
  const number = (name: string): number | null => integerOf(member(result, name), 0, Number.MAX_SAFE_INTEGER);
  const total = number('total');
  if (total === null || !Array.isArray(member(result, 'buckets'))) throw notACensus('it has no total or no buckets');
  const buckets = listOf(member(result, 'buckets')).map((bucket, i) => {
    const key = textOf(member(bucket, 'key'), VERSION);
    const count = integerOf(member(bucket, 'count'), 0, Number.MAX_SAFE_INTEGER);
    if (key === null || count === null) throw notACensus(`bucket ${i + 1} has no key or no count`);
    return { key, count };
  });
  return {
    query: textOf(member(result, 'query'), 1024) ?? QUERY,
    field: textOf(member(result, 'field'), 1024) ?? FIELD,
    total,
    omitted: number('total_omitted'),
    deviation: number('potential_deviation'),
    buckets,
  };
}

/** The user's time wins; else the day in the file's name, at 00:00 UTC: the source gives no hour. */
function dayOf(options: FormatOptions): string {
  const day = DAY.exec(options.fileName)?.[1];
  const time = readObservedAt(options.observedAt ?? (day === undefined ? null : `${day}T00:00:00Z`), options.now);
  if (time.ok && time.time !== null) return time.time;
  const why = time.ok ? 'has no day in its name' : `has an impossible day (${time.reason})`;
  throw new KubecensusError('KC_FEED_NO_DATE', `The census file ${options.fileName} ${why}.`);
}

function notACensus(why: string): KubecensusError {
  return new KubecensusError('KC_FEED_NOT_DATA', `The file is no whole day of the census: ${why}.`);
}
