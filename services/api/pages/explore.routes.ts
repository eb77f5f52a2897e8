// The page on which anybody counts; the API counts for it, so that both say the same.
import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import { type Html, html } from '../../reports/html-template.ts';
import { countedSurvey } from '../../rollups/counted-survey.store.ts';
import { DIMENSION_NAMES, ROLLUP_SETS, UNITS } from '../../rollups/rollup.ts';
import type { ApiContext, Resource } from '../context.ts';
import { conditionsOf } from '../counts.ts';
import { keptTable } from '../kept-table.ts';
import { CONDITIONS, Id } from '../schemas.ts';
import type { DashboardReader } from './dashboard-data.store.ts';
import { type Counted, countedSection, titleOf } from './explore.ts';
import { exploreForm } from './explore-form.ts';
import { quotedWith } from './layout.ts';
import type { Asked } from './question.ts';
import { FILE, sendFile } from './section-files.ts';
import { seeAlso } from './see-also.ts';
import { sectionsHtml, sendPage, sendSignIn } from './sent-page.ts';
import { viewerOf } from './viewer.store.ts';
import type { Viewer } from './viewer.ts';

/** What is counted when nothing is asked. */
const FIRST = ['country', 'minor'] as const;
/** A picture and a table of two sides. */
const MOST_DIMENSIONS = 2;

const Question = Type.Object({
  survey: Type.Optional(Id),
  by: Type.Optional(Type.Array(Type.Enum(DIMENSION_NAMES), { uniqueItems: true, maxItems: MOST_DIMENSIONS })),
  unit: Type.Optional(Type.Enum([...UNITS])),
  ...CONDITIONS,
});

export function addExplorePage(pages: Parameters<Resource>[0], context: ApiContext, reader: DashboardReader): void {
  pages.get(
    '/explore',
    {
      schema: { hide: true, querystring: Question },
      preValidation: async ({ url }, reply) => withoutBlanks(url, reply),
    },
    async (request, reply) => {
      const who = await viewerOf(request, context);
      if (who.sees === 'nothing') return sendSignIn(reply, who, 'Counting needs a key here.');
      const data = await reader.read(request.query.survey ?? null, who.sees === 'whole');
      const asked = askedOf(request.query);
      const frame = {
        title: 'Explore',
        current: '/explore',
        survey: request.query.survey,
        filters: exploreForm(asked, data.survey, data.surveys),
        ...quotedWith(data.surveys.find((one) => one.id === data.survey.survey.id)),
      };
      if (who.access.kind !== 'key' && keptTable(asked) === null)
        return sendPage(reply.code(403), who, {
          ...frame,
          lead: `${titleOf(asked)}: this is not published.`,
          body: notPublished(data.survey.survey.id, asked),
        });
      const counted = await count(who, request.query.survey, asked);
      return sendPage(reply, who, {
        ...frame,
        lead: `${titleOf(counted)}. The same numbers by API: /v1/stats with the same words.`,
        body: html`${seeAlso(data.survey.survey.id, counted)}${await data.drawn(
          `explore${questionMark(request.url)}`,
          async () => sectionsHtml([countedSection(counted, data.survey)], '/explore', questionMark(request.url)),
        )}`,
      });
    },
  );
  pages.get(
    '/explore/:kind/:file',
    { schema: { hide: true, params: FILE, querystring: Question } },
    async (request, reply) => {
      const who = await viewerOf(request, context);
      if (who.sees === 'nothing') return sendSignIn(reply, who, 'Counting needs a key here.');
      const data = await reader.read(request.query.survey ?? null, who.sees === 'whole');
      return sendFile(
        reply,
        who,
        [countedSection(await count(who, request.query.survey, askedOf(request.query)), data.survey)],
        request.params,
      );
    },
  );

  async function count(who: Viewer, named: string | undefined, asked: Asked): Promise<Counted> {
    const survey = await countedSurvey(context.db, named ?? null);
    return { ...asked, ...(await context.publicView.countFor(who.access, survey, asked)) };
  }
}

type Query = { survey?: string; by?: Asked['by']; unit?: Asked['unit'] } & Parameters<typeof conditionsOf>[0];

function askedOf({ survey: _survey, by, unit = 'endpoint', ...filters }: Query): Asked {
  const where = conditionsOf(filters);
  return { by: by ?? (Object.keys(where).length === 0 ? [...FIRST] : []), where, unit };
}

/** What may be asked instead. */
function notPublished(survey: string, asked: Asked): Html {
  const tables = (size: number): string =>
    ROLLUP_SETS.filter((set) => set.length === size)
      .map((set) => set.join(' and '))
      .join(', ');
  return html`<p>Without a key there are counts by these dimensions, where a condition counts as a dimension and has one value.</p><ul><li>One: ${tables(1)}.</li><li>Two: ${tables(2)}.</li></ul>${seeAlso(survey, asked)}`;
}

function questionMark(url: string): string {
  const at = url.indexOf('?');
  return at < 0 ? '' : url.slice(at);
}

/** A form sends every field, also those left blank or chosen twice: what says nothing is taken out of the address. */
async function withoutBlanks(url: string, reply: FastifyReply): Promise<FastifyReply | undefined> {
  const given = [...new URLSearchParams(questionMark(url))];
  const kept = given.filter(
    ([name, value], at) => value !== '' && given.findIndex(([other, same]) => other === name && same === value) === at,
  );
  if (kept.length === given.length) return undefined;
  // Nothing to count by is one number, and not what is counted when nothing is asked.
  const plain = given.some(([name]) => name === 'by') && !kept.some(([name]) => name === 'by');
  const query = new URLSearchParams(kept).toString();
  return reply.redirect(`/explore?${query}${plain ? `${query === '' ? '' : '&'}by=%2C` : ''}`, 303);
}
