// The file formats, and the choice among them: by name or by content, said aloud, and never a guess that swallows rubbish.
import { KubecensusError } from '../../platform/errors.ts';
import { CENSUS } from './census.ts';
import { EVIDENCE } from './evidence.ts';
import type { FileFormat, Head } from './format.ts';
import { LIST } from './list.ts';
import { ZGRAB2 } from './zgrab2.ts';

/** Every format; a new one is a file and a line here. Order decides between equal scores. */
export const FORMATS: readonly FileFormat[] = [EVIDENCE, ZGRAB2, CENSUS, LIST];

/** Below this share of rows that look right, a format does not take a file by itself. */
const AUTO_SCORE = 0.25;
/** A file that is surely another format's is not read as the one named: it would only fill the quarantine. */
const SURE_SCORE = 0.9;

const MARKUP = /^\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body|title|script|meta)\b/is;

export interface Choice {
  readonly format: FileFormat;
  /** One sentence for people. */
  readonly decision: string;
}

/**
 * Chooses the format of a file from its beginning. `name` is a format's name or 'auto'.
 * Throws KC_FEED_FORMAT for an unknown name and KC_FEED_NOT_DATA for web pages, for what no format recognises, and for a file that is surely of another format than named.
 */
export function chooseFormat(head: Head, name: string): Choice {
  const named = FORMATS.find((format) => format.name === name);
  if (name !== 'auto' && named === undefined) {
    throw new KubecensusError(
      'KC_FEED_FORMAT',
      `There is no format ${name}; there are auto, ${FORMATS.map((format) => format.name).join(', ')}.`,
    );
  }
  if (MARKUP.test(head.lines.join('\n'))) {
    throw new KubecensusError(
      'KC_FEED_NOT_DATA',
      `${head.fileName} is a web page, perhaps a login or error page, not data.`,
    );
  }
  const scored = FORMATS.map((format) => ({ format, ...format.detect(head) }));
  const best = scored.reduce((a, b) => (b.score > a.score ? b : a));
  if (named === undefined) return automatic(head, best);
  const own = scored.find(({ format }) => format === named) as Scored;
  if (own.score === 0 && best.score >= SURE_SCORE) {
    throw new KubecensusError(
      'KC_FEED_NOT_DATA',
      `${head.fileName} was to be read as ${name}, but it is ${best.format.name}: ${best.why}.`,
    );
  }
  return { format: named, decision: `${head.fileName} is read as ${name}, as asked; ${own.why}` };
}

type Scored = { readonly format: FileFormat; readonly score: number; readonly why: string };

function automatic(head: Head, best: Scored): Choice {
  if (head.lines.length === 0 && best.score === 0) return { format: LIST, decision: `${head.fileName} is empty` };
  if (best.score < AUTO_SCORE) {
    throw new KubecensusError(
      'KC_FEED_NOT_DATA',
      `No format recognises ${head.fileName}; nearest is ${best.format.name}: ${best.why}.`,
    );
  }
  return { format: best.format, decision: `${head.fileName} is read as ${best.format.name}: ${best.why}` };
}
