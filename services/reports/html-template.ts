// An HTML template tag that escapes whatever is put into it; only what the tag itself made, or `raw` vouches for, stays markup.
import { visible } from './plain-text.ts';

const MARKUP = Symbol('markup');

/** Finished markup. */
export interface Html {
  readonly [MARKUP]: string;
}
export type HtmlValue = Html | string | number | readonly HtmlValue[];

/** html`<p title="${text}">${text}</p>`: strings are escaped for text and quoted attributes, arrays joined, Html kept. */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return raw(strings.map((string, at) => string + (at < values.length ? markupOf(values[at]!) : '')).join(''));
}

/** Vouches for markup that comes from our own code (pictures, style sheets), never from data. */
export function raw(markup: string): Html {
  return { [MARKUP]: markup };
}

/** The markup as a string. */
export function markupOf(value: HtmlValue): string {
  if (typeof value === 'string' || typeof value === 'number') return escaped(String(value));
  return MARKUP in value ? value[MARKUP] : value.map(markupOf).join('');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return visible(text).replaceAll(/[&<>"']/g, (char) => ENTITIES[char]!);
}
