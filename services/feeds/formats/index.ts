// The file formats, and the choice among them: by name or by content, said aloud, and never a guess that swallows rubbish.
import { KubecensusError } from '../../platform/errors.ts';
import { CENSUS } from './census.ts';
import { CENSYS } from './censys.ts';
import { EVIDENCE } from './evidence.ts';
import { FINGERPRINTX } from './fingerprintx.ts';
import type { FileFormat, Head } from './format.ts';
import { HTTPX } from './httpx.ts';
import { LIST } from './list.ts';
import { MASSCAN } from './masscan.ts';
import { NAABU } from './naabu.ts';
import { NMAP } from './nmap.ts';
import { SHADOWSERVER } from './shadowserver.ts';
import { SHODAN } from './shodan.ts';
import { SONAR } from './sonar.ts';
import { TLSX } from './tlsx.ts';
import { UNCOVER } from './uncover.ts';
import { ZGRAB2 } from './zgrab2.ts';
import { ZMAP } from './zmap.ts';

/** Every format; a new one is a file and a line here. Order decides between equal scores. */
export const FORMATS: readonly FileFormat[] = [
  EVIDENCE,
  ZGRAB2,
  ZMAP,
  MASSCAN,
  NMAP,
  NAABU,
  HTTPX,
  TLSX,
  FINGERPRINTX,
  UNCOVER,
  SHODAN,
  CENSYS,
  SHADOWSERVER,
  SONAR,
  CENSUS,
  LIST,
];

/** Below this share of rows that look right, a format does not take a file by itself. */
const AUTO_SCORE = 0.25;
/** A file that mostly looks like another format's, and hardly like the one named, is not read as that: it would only fill the quarantine. */
const OTHER_SCORE = 0.5;

/** What files are that no format reads, and what to do instead. */
const REFUSED: readonly { readonly form: RegExp; readonly says: string }[] = [
  {
    form: /^\s*(?:<!--(?:(?!-->).)*-->\s*)*<(?:!doctype\s+html|html|head|body|title|script|meta)\b/is,
    says: 'is a web page, perhaps a login or error page, not data',
  },
  {
    form: /^(?:# Nmap .* -oG |# Masscan .* |Host: \S+ \(.*\)\s+(?:Timestamp: \d+\s+)?(?:Status|Ports): )/m,
    says: 'is grepable output, which leaves out certificates and times; scan with -oX (or masscan -oJ), or convert it, and import that',
  },
  {
    form: /^(?:# Nmap .* -oN |Nmap scan report for )/m,
    says: "is nmap's output for people; scan with -oX and import that",
  },
  {
    form: /^masscan\/1\.\d/,
    says: "is masscan's binary output; convert it with masscan --readscan FILE -oJ OUT and import that",
  },
  {
    form: /^(?=.*"?timestamp"?,)(?=.*"?ip"?,)(?=.*"?naics"?(?:,|$))(?!.*git_version).*$/m,
    says: 'is another Shadowserver report than scan_kubernetes: it says nothing about Kubernetes',
  },
];

export interface Choice {
  readonly format: FileFormat;
  /** One sentence for people. */
  readonly decision: string;
}

/**
 * Chooses the format of a file from its beginning. `name` is a format's name or 'auto'.
 * Throws KC_FEED_FORMAT for an unknown name and KC_FEED_NOT_DATA for web pages and outputs that nothing can be made of, for files that are no
 * text, for what no format recognises, and for a file that is clearly of another format than named.
 */
export function chooseFormat(head: Head, name: string): Choice {
  const named = FORMATS.find((format) => format.name === name);
  if (name !== 'auto' && named === undefined) {
    throw new KubecensusError(
      'KC_FEED_FORMAT',
      `There is no format ${name}; there are auto, ${FORMATS.map((format) => format.name).join(', ')}.`,
    );
  }
  refuse(head);
  const scored = FORMATS.map((format) => ({ format, ...format.detect(head) }));
  const best = scored.reduce((a, b) => (b.score > a.score ? b : a));
  if (named === undefined) return automatic(head, best);
  const own = scored.find(({ format }) => format === named) as Scored;
  if (own.score < AUTO_SCORE && best.score >= OTHER_SCORE) {
    throw new KubecensusError(
      'KC_FEED_NOT_DATA',
      `${head.fileName} was to be read as ${name}, but it is ${best.format.name}: ${best.why}.`,
    );
  }
  return { format: named, decision: `${head.fileName} is read as ${name}, as asked; ${own.why}` };
}

/** Throws for what is known to be of no use, whatever it is called. */
function refuse({ lines, fileName, unreadable = 0 }: Head): void {
  const text = lines.join('\n');
  const known = REFUSED.find(({ form }) => form.test(text));
  if (known !== undefined) throw new KubecensusError('KC_FEED_NOT_DATA', `${fileName} ${known.says}.`);
  if (unreadable > lines.length)
    throw new KubecensusError('KC_FEED_NOT_DATA', `${fileName} is no text: most of its first lines are binary.`);
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
