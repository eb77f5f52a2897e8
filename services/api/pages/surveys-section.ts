// The surveys as a table: how each was made, and which flags its numbers carry.
import { code, time, words } from '../../reports/columns.ts';
import { type Section, section } from '../../reports/section.ts';
import { type CountedSurvey, SURVEY_FLAGS } from '../../rollups/counted-survey.ts';

export function surveysSection(surveys: readonly CountedSurvey[]): Section {
  const flags = [...new Set(surveys.flatMap((survey) => survey.flags))];
  return section('surveys', 'Counted surveys', {
    paragraphs: [
      [{ count: surveys.length, unit: 'survey' }, ', newest first. Choose one above to see its numbers on every page.'],
      ...(flags.length === 0 ? [] : [{ items: flags.map((flag) => [{ strong: flag }, `: ${SURVEY_FLAGS[flag]}.`]) }]),
    ],
    tables: [
      {
        id: 'surveys',
        title: 'Surveys',
        columns: [
          code('survey', 'Survey'),
          time('from', 'From'),
          time('to', 'To'),
          words('method', 'Method'),
          words('state', 'State'),
          words('vantage', 'Vantage'),
          words('evidence', 'Evidence'),
          words('flags', 'Flags'),
        ],
        rows: surveys.map((survey) => [
          survey.id,
          survey.window.from?.toISOString() ?? null,
          survey.window.to?.toISOString() ?? null,
          survey.method,
          survey.state,
          survey.vantage,
          survey.evidence.join(', '),
          survey.flags.join(', ') || null,
        ]),
      },
    ],
  });
}
