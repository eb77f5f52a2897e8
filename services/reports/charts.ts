// Every picture of reports and pages comes from here: a chart as data becomes a deterministic SVG string.
import type { Chart } from './chart.ts';
import { barsPicture } from './charts/bars.ts';
import { type Picture, svgAttributes } from './charts/drawing.ts';
import { mapPicture } from './charts/map.ts';
import { matrixPicture } from './charts/matrix.ts';
import { overlapPicture } from './charts/overlap.ts';
import { CHART_RULES, paletteVariables } from './charts/palette.ts';
import { panelsPicture } from './charts/panels.ts';
import { sharesPicture } from './charts/shares.ts';
import { stackedPicture } from './charts/stacked.ts';
import { timelinePicture } from './charts/timeline.ts';
import { visible } from './plain-text.ts';
import type { Figure } from './section.ts';

/** The width of the text column, in pixels. */
export const WIDE = 720;
/** A phone of 390 pixels less its margins. */
export const NARROW = 350;

function pictureOf(chart: Chart, width: number): Picture {
  switch (chart.kind) {
    case 'bars':
      return barsPicture(chart, width);
    case 'overlap':
      return overlapPicture(chart, width);
    case 'stacked':
      return stackedPicture(chart, width);
    case 'timeline':
      return timelinePicture(chart, width);
    case 'shares':
      return sharesPicture(chart, width);
    case 'panels':
      return panelsPicture(chart, width);
    case 'matrix':
      return matrixPicture(chart, width);
    case 'map':
      return mapPicture(chart, width);
  }
}

/**
 * The picture for a page: an svg element without style of its own (the page needs palette.ts' rules and variables), drawn `width` pixels wide.
 * Draw it twice, WIDE and NARROW, and show one: letters must not shrink with the paper. Same figure and width, same bytes.
 */
export function inlineSvg(figure: Figure, width: typeof WIDE | typeof NARROW): string {
  const picture = pictureOf(figure.chart, width);
  return `<svg class="kc" role="img" ${svgAttributes(picture)}>${titles(figure)}${picture.body}</svg>`;
}

/** The picture as a file of its own: XML with its style, on its own paper, light or dark as the reader's system is. */
export function standaloneSvg(figure: Figure): string {
  const { width, height, body } = pictureOf(figure.chart, WIDE);
  const margin = 16;
  const sheet = { width: width + 2 * margin, height: height + 2 * margin, body };
  const style = `svg{${paletteVariables('light')}}@media (prefers-color-scheme:dark){svg{${paletteVariables('dark')}}}${CHART_RULES}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" class="kc" role="img" ${svgAttributes(sheet)}>${titles(figure)}<style>${style}</style><rect class="f-paper" width="100%" height="100%" fill="#fcfbf8"/><g transform="translate(${margin},${margin})">${body}</g></svg>\n`;
}

function titles(figure: Figure): string {
  return `<title>${xmlText(figure.title)}</title><desc>${xmlText(figure.description)}</desc>`;
}

function xmlText(text: string): string {
  return visible(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
