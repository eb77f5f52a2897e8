// The dashboard: every page of the list with its files, its style sheet, and the pages that have routes of their own.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import type { ApiContext, Resource } from '../context.ts';
import { Id } from '../schemas.ts';
import { DashboardReader } from './dashboard-data.store.ts';
import { addEndpointPage } from './endpoint.routes.ts';
import { addExplorePage } from './explore.routes.ts';
import { ICON, ICON_PATH, SHEET, SHEET_PATH, surveyFilter } from './layout.ts';
import type { Page } from './page.ts';
import { PAGES } from './pages.ts';
import { FILE, sendFile } from './section-files.ts';
import { sectionsHtml, sendPage, sendSignIn } from './sent-page.ts';
import { addSession } from './session.routes.ts';
import { viewerOf } from './viewer.store.ts';

const OfSurvey = Type.Object({ survey: Type.Optional(Id) });

const ASSETS = [
  { path: SHEET_PATH, type: 'text/css; charset=utf-8', body: SHEET },
  { path: ICON_PATH, type: 'image/svg+xml', body: ICON },
];
const ASSET_CACHE = 'public, max-age=31536000, immutable';

export const dashboard: Resource = (api, context) => {
  // A scope of its own: forms are read here and nowhere else.
  void api.register(async (scope) => {
    const pages = scope.withTypeProvider<TypeBoxTypeProvider>();
    const reader = new DashboardReader(context);
    for (const [at, page] of PAGES.entries()) addPage(pages, page, at === 0 ? '/' : `/${page.slug}`, context, reader);
    addExplorePage(pages, context, reader);
    addEndpointPage(pages, context);
    addSession(pages, context);
    for (const { path, type, body } of ASSETS)
      pages.get(path, { schema: { hide: true } }, (_request, reply) =>
        reply.header('cache-control', ASSET_CACHE).type(type).send(body),
      );
  });
};

type Pages = Parameters<Resource>[0];

function addPage(pages: Pages, page: Page, path: string, context: ApiContext, reader: DashboardReader): void {
  pages.get(path, { schema: { hide: true, querystring: OfSurvey } }, async (request, reply) => {
    const who = await viewerOf(request, context);
    if (who.sees === 'nothing')
      return sendSignIn(reply, who, 'This installation shows its numbers to those with a key.');
    const { survey } = request.query;
    const data = await reader.read(survey ?? null, who.sees === 'whole');
    const query = `?survey=${encodeURIComponent(data.survey.survey.id)}`;
    return sendPage(reply, who, {
      title: page.title,
      lead: page.lead,
      current: path,
      survey,
      filters: surveyFilter(path, data.surveys, data.survey.survey.id),
      body: await data.drawn(page.slug, async () => sectionsHtml(await page.sections(data), `/${page.slug}`, query)),
    });
  });
  pages.get(
    `/${page.slug}/:kind/:file`,
    { schema: { hide: true, params: FILE, querystring: OfSurvey } },
    async (request, reply) => {
      const who = await viewerOf(request, context);
      if (who.sees === 'nothing') return sendSignIn(reply, who, 'The numbers need a key.');
      const data = await reader.read(request.query.survey ?? null, who.sees === 'whole');
      return sendFile(reply, who, await page.sections(data), request.params);
    },
  );
}
