// UUIDs, as the API machinery writes them into headers.

export const UUID_LENGTH = 36;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** True for 8-4-4-4-12 hex digits in any case, whatever version and variant they say. */
export function isUuid(text: string): boolean {
  return text.length === UUID_LENGTH && UUID.test(text);
}

const HYPHEN = 0x2d;
/** 1 for the codes of hex digits. */
const HEX_DIGITS = Uint8Array.from({ length: 128 }, (_, code) => (/[0-9a-f]/i.test(String.fromCharCode(code)) ? 1 : 0));

/** isUuid for what stands at `start` of a longer text, without making a text of it. */
export function isUuidAt(text: string, start: number): boolean {
  for (let i = 0; i < UUID_LENGTH; i++) {
    const code = text.charCodeAt(start + i);
    if (i === 8 || i === 13 || i === 18 || i === 23 ? code !== HYPHEN : HEX_DIGITS[code] !== 1) return false;
  }
  return true;
}
