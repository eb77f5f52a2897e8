// Secrets out of texts that are stored or shown: queries, file names, messages of engines.

/** Long enough to be a secret; shorter values would blank out ordinary words. */
const SECRET_CHARACTERS = 6;

const PATTERNS: readonly (readonly [RegExp, string])[] = [
  // user:password@ of a URL (RFC 3986, 3.2.1)
  [/(\/\/)[^\s/?#@]+@/g, '$1[redacted]@'],
  // parameters by which engines take keys
  [/([?&](?:api[-_]?key|access[-_]?token|auth[-_]?token|token|secret|password|key)=)[^\s&#"']+/gi, '$1[redacted]'],
  [/\b(bearer|basic)\s+[\w.~+/=-]{12,}/gi, '$1 [redacted]'],
];

/** The text without the given secrets (also URL-encoded), without credentials in URLs and without authorization values. */
export function redact(text: string, secrets: readonly string[] = []): string {
  const known = secrets
    .filter((secret) => secret.length >= SECRET_CHARACTERS)
    .flatMap((secret) => [secret, encodeURIComponent(secret)]);
  const bare = known.reduce((rest, secret) => rest.replaceAll(secret, '[redacted]'), text);
  return PATTERNS.reduce((rest, [pattern, replacement]) => rest.replace(pattern, replacement), bare);
}
