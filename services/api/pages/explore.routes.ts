// The page on which anybody counts; the API counts for it, so that both say the same.
import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import { countedSurvey } from '../../rollups/counted-survey.store.ts';
import { UNITS } from '../../rollups/rollup.ts';
import type { ApiContext, Resource } from '../context.ts';
import { conditionsOf } from '../counts.ts';
import { By, CONDITIONS, Id } from '../schemas.ts';
import type { DashboardReader } from './dashboard-data.store.ts';
import { type Counted, countedSection, titleOf } from './explore.ts';
import { exploreForm } from './explore-form.ts';
import { FILE, sendFile } from './section-files.ts';
import { sectionsHtml, sendPage, sendSignIn } from './sent-page.ts';
import { viewerOf } from './viewer.store.ts';
import type { Viewer } from './viewer.ts';

const Question = Type.Object({
  survey: Type.Optional(Id),
  by: Type.Optional(By),
  unit: Type.Optional(Type.Enum([...UNITS])),
  ...CONDITIONS,
});

/** What is counted when nothing is asked. */
const FIRST = ['country', 'minor'] as const;
const MOST_DIMENSIONS = 2;

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
      const counted = await count(who, request.query);
      return sendPage(reply, who, {
        title: 'Explore',
        lead: `${titleOf(counted)}. The same numbers by API: /v1/stats with the same words.`,
        current: '/explore',
        survey: request.query.survey,
        filters: exploreForm(counted, data.survey, data.surveys),
        body: await data.drawn(`explore${questionMark(request.url)}`, async () =>
          sectionsHtml([countedSection(counted)], '/explore', questionMark(request.url)),
        ),
      });
    },
  );
  pages.get(
    '/explore/:kind/:file',
    { schema: { hide: true, params: FILE, querystring: Question } },
    async (request, reply) => {
      const who = await viewerOf(request, context);
      if (who.sees === 'nothing') return sendSignIn(reply, who, 'Counting needs a key here.');
      return sendFile(reply, who, [countedSection(await count(who, request.query))], request.params);
    },
  );

  type Asked = { survey?: string; by?: Counted['by']; unit?: Counted['unit'] } & Parameters<typeof conditionsOf>[0];

  async function count(who: Viewer, { survey: named, by, unit = 'endpoint', ...filters }: Asked): Promise<Counted> {
    const where = conditionsOf(filters);
    const wanted = by ?? (Object.keys(where).length === 0 ? [...FIRST] : []);
    const asked = { by: wanted.slice(0, MOST_DIMENSIONS), where, unit };
    const survey = await countedSurvey(context.db, named ?? null);
    return { ...asked, ...(await context.publicView.countFor(who.access, survey, asked)) };
  }
}

function questionMark(url: string): string {
  const at = url.indexOf('?');
  return at < 0 ? '' : url.slice(at);
}

/** A form sends every field, also those left blank; blank means that nothing is asked, and is taken out of the address. */
async function withoutBlanks(url: string, reply: FastifyReply): Promise<FastifyReply | undefined> {
  const given = [...new URLSearchParams(questionMark(url))];
  const kept = given.filter(([, value]) => value !== '');
  if (kept.length === given.length) return undefined;
  // Nothing to count by is one number, and not what is counted when nothing is asked.
  const plain = given.some(([name]) => name === 'by') && !kept.some(([name]) => name === 'by');
  const query = new URLSearchParams(kept).toString();
  return reply.redirect(`/explore?${query}${plain ? `${query === '' ? '' : '&'}by=%2C` : ''}`, 303);
}
