// What stands below /.well-known/ on every address that probes: probing.txt (RFC 9511) and security.txt (RFC 9116).

export interface ProbingFacts {
  /** The page of the survey; https. */
  readonly url: string;
  readonly email: string;
  /** One line: what is asked and why. */
  readonly description: string;
  readonly expires: Date;
}

/** A year is the most that RFC 9116 advises; a file that nobody renews should not outlive the survey for long. */
export const LONGEST_DAYS = 365;

/** File name -> text, each field on a line of its own and ended by CRLF. */
export function probingFiles({ url, email, description, expires }: ProbingFacts): ReadonlyMap<string, string> {
  const until = expires.toISOString().replace(/\.\d{3}Z$/, 'Z');
  const shared = [`Contact: mailto:${email}`, `Contact: ${url}`, `Expires: ${until}`, 'Preferred-Languages: en'];
  const below = (name: string): string => new URL(`/.well-known/${name}`, url).href;
  return new Map([
    ['probing.txt', fields([`Canonical: ${below('probing.txt')}`, ...shared, `Description: ${oneLine(description)}`])],
    ['security.txt', fields([`Canonical: ${below('security.txt')}`, ...shared, `Policy: ${url}`])],
  ]);
}

function fields(lines: readonly string[]): string {
  return lines.map((line) => `${line}\r\n`).join('');
}

/** A field is one line, whatever it was given. */
function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}
