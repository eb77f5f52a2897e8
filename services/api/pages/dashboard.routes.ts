// The dashboard: every page of the list with its files, its style sheet, and the pages that have routes of their own.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { KubecensusError } from '../../platform/errors.ts';
import type { Section } from '../../reports/section.ts';
import type { ApiContext, Resource } from '../context.ts';
import { conditionsOf } from '../counts.ts';
import { CONDITIONS, Id } from '../schemas.ts';
import { type DashboardData, DashboardReader } from './dashboard-data.store.ts';
import { addEndpointPage } from './endpoint.routes.ts';
import { addExplorePage } from './explore.routes.ts';
import { filterOf, type Only, pageForm, withoutField } from './filter.ts';
import { filteredLead, filteredSections } from './filtered.ts';
import { ICON, ICON_PATH, quotedWith, SHEET, SHEET_PATH } from './layout.ts';
import type { Page } from './page.ts';
import { PAGES } from './pages.ts';
import { cellLinks, exploreHref, writtenValues } from './question.ts';
import { FILE, sendFile } from './section-files.ts';
import { sectionsHtml, sendPage, sendSignIn } from './sent-page.ts';
import { addSession } from './session.routes.ts';
import { viewerOf } from './viewer.store.ts';

const Asked = Type.Object({ survey: Type.Optional(Id), ...CONDITIONS });

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
  pages.get(
    path,
    {
      schema: { hide: true, querystring: Asked },
      preValidation: async ({ url }, reply) => {
        const plain = withoutField(url);
        return plain === null ? undefined : reply.redirect(plain, 303);
      },
    },
    async (request, reply) => {
      const who = await viewerOf(request, context);
      if (who.sees === 'nothing')
        return sendSignIn(reply, who, 'This installation shows its numbers to those with a key.');
      const { survey, ...conditions } = request.query;
      const where = conditionsOf(conditions);
      const only = filterOf(page, where);
      const data = await reader.read(survey ?? null, who.sees === 'whole');
      const { id } = data.survey.survey;
      // What this page cannot be filtered by is counted where anybody counts, and never left out silently.
      if (only === null && Object.keys(where).length > 0)
        return reply.redirect(exploreHref(id, { by: page.about?.slice(0, 1) ?? [], where, unit: 'endpoint' }), 303);
      return sendPage(reply, who, {
        title: page.title,
        lead: only === null ? page.lead : filteredLead(page, only, data),
        current: path,
        survey,
        filters: await data.drawn(`form of ${page.slug} ${JSON.stringify(only)}`, async () =>
          pageForm(path, page, data, only),
        ),
        ...quotedWith(data.surveys.find((one) => one.id === id)),
        body: await data.drawn(`${page.slug} ${JSON.stringify(only)}`, async () => {
          const query = `?${new URLSearchParams({ survey: id, ...(only === null ? {} : { [only.dim]: writtenValues([only.value]) }) })}`;
          return sectionsHtml(await sections(data, only), `/${page.slug}`, query, cellLinks(id, data.isWhole));
        }),
      });
    },
  );
  pages.get(
    `/${page.slug}/:kind/:file`,
    { schema: { hide: true, params: FILE, querystring: Asked } },
    async (request, reply) => {
      const who = await viewerOf(request, context);
      if (who.sees === 'nothing') return sendSignIn(reply, who, 'The numbers need a key.');
      const { survey, ...conditions } = request.query;
      const where = conditionsOf(conditions);
      const only = filterOf(page, where);
      if (only === null && Object.keys(where).length > 0)
        throw new KubecensusError('KC_API_REQUEST', 'This page has no such filter; /explore counts by anything.');
      return sendFile(
        reply,
        who,
        await sections(await reader.read(survey ?? null, who.sees === 'whole'), only),
        request.params,
      );
    },
  );

  const sections = async (data: DashboardData, only: Only | null): Promise<readonly Section[]> =>
    only === null ? page.sections(data) : filteredSections(data.survey, page.about ?? [], only);
}
