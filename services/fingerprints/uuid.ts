// UUIDs, as the API machinery writes them into headers.

export const UUID_LENGTH = 36;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** True for 8-4-4-4-12 hex digits in any case, whatever version and variant they say. */
export function isUuid(text: string): boolean {
  return text.length === UUID_LENGTH && UUID.test(text);
}

const HYPHENS = [8, 13, 18, 23] as const;
const HYPHEN = 0x2d;
const LAST_ASCII = 0x7f;
/** 1 for the codes of hex digits. */
const HEX_DIGITS = Uint8Array.from({ length: LAST_ASCII + 1 }, (_, code) =>
  /[0-9a-f]/i.test(String.fromCharCode(code)) ? 1 : 0,
);

/** isUuid for what stands at `start` of a longer text, without making a text of it. */
export function isUuidAt(text: string, start: number): boolean {
  for (const at of HYPHENS) if (text.charCodeAt(start + at) !== HYPHEN) return false;
  let digits = 0;
  let codes = 0;
  for (let at = start; at < start + UUID_LENGTH; at++) {
    const code = text.charCodeAt(at);
    codes |= code;
    digits += HEX_DIGITS[code & LAST_ASCII]!;
  }
  return codes <= LAST_ASCII && digits === UUID_LENGTH - HYPHENS.length;
}
