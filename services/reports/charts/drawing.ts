// From Observable Plot to an SVG string: deterministic, titled, escaped, coloured by class so that pictures follow light and dark.
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { type Ink, PALETTE } from './palette.ts';

/** A DOM to draw in. Plot only creates elements with it; nothing is ever attached, so one serves all pictures. */
const { document } = parseHTML('<!doctype html><html><head></head><body></body></html>');

/** Letters of pictures, in pixels of the picture. */
export const LETTER = 13;
export const SMALL_LETTER = 12;
const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans", sans-serif';

export interface Sheet {
  readonly width: number;
  readonly height: number;
  readonly marginLeft: number;
  readonly marginRight: number;
  readonly marginTop: number;
  readonly marginBottom: number;
}

export interface Drawing {
  readonly sheet: Sheet;
  readonly x: Plot.ScaleOptions;
  readonly y: Plot.ScaleOptions;
  /** For maps: marks are placed by longitude and latitude, and neither scale is used. */
  readonly projection?: Plot.ProjectionOptions;
  readonly marks: readonly Plot.Markish[];
}

/** The little of the DOM that is used here; the project has no DOM types. */
interface DrawnElement {
  readonly innerHTML: string;
  querySelector(selector: string): DrawnElement | null;
  querySelectorAll(selector: string): Iterable<DrawnElement>;
  getAttribute(name: string): string | null;
  setAttribute(name: string, value: string): void;
  removeAttribute(name: string): void;
  remove(): void;
}

/** The elements inside the svg, and its size: a picture that still needs its title. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly body: string;
}

/** Draws with Plot and returns the markup inside the svg element. Colours given as `paint(ink)` become classes with a plain fallback. */
export function draw(drawing: Drawing): Picture {
  const svg = Plot.plot({
    ...drawing.sheet,
    document,
    className: 'kc',
    x: { axis: null, ...drawing.x },
    y: { axis: null, ...drawing.y },
    ...(drawing.projection === undefined ? {} : { projection: drawing.projection }),
    color: { type: 'identity' },
    marks: [...drawing.marks],
  } as Plot.PlotOptions) as unknown as DrawnElement;
  svg.querySelector('style')?.remove();
  for (const element of svg.querySelectorAll('*')) {
    element.removeAttribute('aria-label');
    element.removeAttribute('aria-hidden');
    classify(element, 'fill', 'f');
    classify(element, 'stroke', 's');
  }
  return { width: drawing.sheet.width, height: drawing.sheet.height, body: svg.innerHTML };
}

/** fill="var(--kc-both)" -> fill="#173a5e" class="f-both": drawn rightly where style sheets are not understood. */
function classify(element: DrawnElement, attribute: 'fill' | 'stroke', prefix: string): void {
  const ink = /^var\(--kc-([a-z0-9-]+)\)$/.exec(element.getAttribute(attribute) ?? '')?.[1];
  if (ink === undefined || !(ink in PALETTE)) return;
  element.setAttribute(attribute, PALETTE[ink as Ink].light);
  element.setAttribute('class', `${element.getAttribute('class') ?? ''} ${prefix}-${ink}`.trim());
}

/** Attributes of the svg element that every picture has. */
export function svgAttributes(picture: Picture): string {
  return `viewBox="0 0 ${picture.width} ${picture.height}" width="${picture.width}" height="${picture.height}" font-family='${FONT}' font-size="${LETTER}" fill="currentColor" text-anchor="middle"`;
}
