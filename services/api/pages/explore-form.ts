// The form of the page on which anybody counts: what to count by, and under which conditions. The values offered are those of the survey.
import type { HeadlineData } from '../../reports/headline-data.ts';
import { type Html, html } from '../../reports/html-template.ts';
import { NOT_OBSERVED_WORD } from '../../rollups/count-request.ts';
import type { CountedSurvey } from '../../rollups/counted-survey.ts';
import { DIMENSION_NAMES, type Dimension, UNITS } from '../../rollups/rollup.ts';
import { surveySelect } from './layout.ts';
import type { Asked } from './question.ts';
import { valueName } from './value-name.ts';

/** Dimensions that have a select of their own; conditions on others go into the address. */
const OFFERED = ['component', 'country', 'distribution', 'minor', 'support'] as const satisfies readonly Dimension[];
const MOST_OFFERED = 200;

export function exploreForm(asked: Asked, data: HeadlineData, surveys: readonly CountedSurvey[]): Html {
  return html`<form class="filters" method="get" action="/explore">${surveySelect(surveys, data.survey.id)}${[0, 1].map(
    (at) => bySelect(at, asked.by[at] ?? ''),
  )}<label><span>Unit</span><select name="unit">${UNITS.map((unit) => option(unit, unit, unit === asked.unit))}</select></label>${OFFERED.map(
    (dim) => conditionSelect(dim, asked.where[dim]?.[0], data),
  )}<button>Count</button></form>`;
}

function bySelect(at: number, chosen: string): Html {
  return html`<label><span>${at === 0 ? 'By' : 'and by'}</span><select name="by">${option('', at === 0 ? 'nothing: one number' : 'nothing else', chosen === '')}${DIMENSION_NAMES.map(
    (dim) => option(dim, dim, dim === chosen),
  )}</select></label>`;
}

function conditionSelect(dim: Dimension, chosen: string | undefined, data: HeadlineData): Html {
  const cells = data.rollups.find((one) => one.unit === 'endpoint' && one.dims.join() === dim)?.cells ?? [];
  const values = [...cells]
    .sort((a, b) => b.count - a.count)
    .map((cell) => cell.values[dim] ?? null)
    .slice(0, MOST_OFFERED);
  return html`<label><span>${dim}</span><select name="${dim}">${option('', 'any', chosen === undefined)}${values.map(
    (value) => option(value ?? NOT_OBSERVED_WORD, valueName(dim, value), chosen === (value ?? '')),
  )}</select></label>`;
}

function option(value: string, words: string, isChosen: boolean): Html {
  return html`<option value="${value}"${isChosen ? html` selected` : ''}>${words}</option>`;
}
