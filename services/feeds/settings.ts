// The settings of one declared feed, checked against those of its type before anything is made of them.
import { KubecensusError } from '../platform/errors.ts';

export interface SettingSpec {
  readonly kind: 'text' | 'integer' | 'boolean';
  readonly fallback: string | number | boolean | null;
  readonly means: string;
  readonly required?: true;
}

const KINDS = { text: 'a text', integer: 'a whole number above 0', boolean: 'true or false' } as const;

/** Checked settings. */
export class Settings {
  readonly #feed: string;
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(feed: string, values: Readonly<Record<string, unknown>>) {
    this.#feed = feed;
    this.#values = values;
  }

  text(key: string): string {
    return String(this.#values[key]);
  }

  optionalText(key: string): string | null {
    const value = this.#values[key];
    return value === null ? null : String(value);
  }

  flag(key: string): boolean {
    return this.#values[key] === true;
  }

  integer(key: string): number {
    return Number(this.#values[key]);
  }

  optionalInteger(key: string): number | null {
    const value = this.#values[key];
    return value === null ? null : Number(value);
  }

  /** The secret in the environment variable that the setting names. */
  secret(key: string, { secret }: { readonly secret: (variable: string) => string | null }): string {
    const variable = this.text(key);
    const value = secret(variable);
    if (value === null || value === '')
      throw new KubecensusError(
        'KC_FEED_CREDENTIALS',
        `The feed ${this.#feed} needs its secret in the environment variable ${variable}.`,
      );
    return value;
  }
}

/** What any feed may be told beside the settings of its type. */
const COMMON: Readonly<Record<string, SettingSpec>> = {
  publish: {
    kind: 'boolean',
    fallback: true,
    means: 'false: what the feed says is for its holder only (TLP:AMBER, TLP:RED), and no survey draws on it',
  },
};

/** Whether what a declared feed says may be part of what is published. */
export const mayPublish = (declared: Readonly<Record<string, unknown>>): boolean => declared['publish'] !== false;

/** The settings with their fallbacks. Throws KC_CONFIG listing every wrong one. */
export function checkSettings(
  name: string,
  declared: Readonly<Record<string, unknown>> & { readonly type: string },
  own: Readonly<Record<string, SettingSpec>>,
): Settings {
  const specs = { ...COMMON, ...own };
  const mistakes = Object.keys(declared).flatMap((key) =>
    key === 'type' || Object.hasOwn(specs, key) ? [] : [`${key} is no setting of ${declared.type}`],
  );
  const values: Record<string, unknown> = {};
  for (const [key, spec] of Object.entries(specs)) {
    const value = declared[key] ?? spec.fallback;
    const fits =
      value === null
        ? spec.required !== true
        : spec.kind === 'integer'
          ? Number.isSafeInteger(value) && Number(value) > 0
          : typeof value === (spec.kind === 'boolean' ? 'boolean' : 'string');
    if (!fits) mistakes.push(`${key} should be ${KINDS[spec.kind]}: ${spec.means}`);
    values[key] = value;
  }
  if (mistakes.length > 0) throw new KubecensusError('KC_CONFIG', `feeds.${name}: ${mistakes.join('; ')}.`);
  return new Settings(name, values);
}

/** The parts of a list in one text. */
export function commaSeparated(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
