// How pages, and files of them, are sent to whoever looks.
import type { FastifyReply } from 'fastify';
import type { DataLinks } from '../../reports/html.ts';
import { sectionHtml } from '../../reports/html.ts';
import { type Html, html } from '../../reports/html-template.ts';
import type { Section } from '../../reports/section.ts';
import type { Access } from '../access.ts';
import { type Frame, pageHtml } from './layout.ts';
import { PAGES } from './pages.ts';
import type { Viewer } from './viewer.ts';

/** No script, nothing from elsewhere, forms to ourselves only. */
const POLICY =
  "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/** Pages without a key are the same for everybody for a minute. */
const PUBLIC_CACHE = 'public, max-age=60';

/** The paths of the navigation; a chosen survey goes along. */
function navigation(survey: string | undefined): Frame['pages'] {
  const suffix = survey === undefined ? '' : `?survey=${encodeURIComponent(survey)}`;
  const pages = PAGES.map((page, at) => ({ path: `${at === 0 ? '/' : `/${page.slug}`}${suffix}`, label: page.label }));
  return [...pages, { path: `/explore${suffix}`, label: 'Explore' }, { path: '/endpoint', label: 'Endpoint' }];
}

const REMARKS = {
  whole: 'Signed in: nothing is held back. Rows about hosts are not for publication.',
  published:
    'The public view: counts that stand for few networks, and what would give them away, are withheld. What is drawn in dashes is counted, and not split up.',
  nothing: 'This installation does not publish its numbers.',
} as const satisfies Record<Viewer['sees'], string>;

export interface Shown extends Pick<Frame, 'title' | 'lead' | 'current' | 'filters' | 'quoted' | 'body'> {
  /** The survey that was chosen in the address. */
  readonly survey?: string | undefined;
  /** Instead of what the view is said to hold back: empty on pages without numbers. */
  readonly remark?: string;
}

export function sendPage(reply: FastifyReply, { access, sees }: Viewer, shown: Shown): FastifyReply {
  const frame = {
    ...shown,
    pages: navigation(shown.survey),
    signedIn: access.kind === 'key',
    isPartView: sees === 'published' && shown.remark === undefined,
    remark: shown.remark ?? REMARKS[sees],
  };
  return sendAs(reply, { access, sees }, 'text/html; charset=utf-8', pageHtml(frame));
}

function cacheOf(status: number, access: Access): string {
  if (status !== 200) return 'no-store';
  return access.kind === 'public' ? PUBLIC_CACHE : 'private, no-cache';
}

/** Sends what a page, or a file of it, is made of. */
export function sendAs(reply: FastifyReply, { access }: Viewer, type: string, body: string): FastifyReply {
  return reply
    .headers({
      'content-security-policy': POLICY,
      'cache-control': cacheOf(reply.statusCode, access),
      vary: 'cookie, authorization, accept-encoding',
    })
    .type(type)
    .send(body);
}

/** The way in, instead of a page that needs a key. */
export function sendSignIn(reply: FastifyReply, viewer: Viewer, why: string): FastifyReply {
  return sendPage(reply.code(401), viewer, {
    title: 'Sign in',
    lead: why,
    current: '/session',
    filters: '',
    body: html`<form class="filters" method="post" action="/session"><label><span>API key</span><input name="key" type="password" autocomplete="off" required size="40"></label><button>Sign in</button></form><p>Keys are made with <code>kubecensus keys create</code>. The key is kept in a cookie of this site for twelve hours, and sent nowhere else.</p>`,
  });
}

/** Sections with links to their data under `path`; `query` (with its question mark, or empty) goes along. */
export function sectionsHtml(
  sections: readonly Section[],
  path: string,
  query: string,
  ofCell?: DataLinks['ofCell'],
): Html {
  const links: DataLinks = {
    ofTable: (id) => [
      { label: 'Data: CSV', href: `${path}/data/${id}.csv${query}` },
      { label: 'Data: JSON', href: `${path}/data/${id}.json${query}` },
    ],
    ofFigure: (id) => `${path}/figures/${id}.svg${query}`,
    ...(ofCell === undefined ? {} : { ofCell }),
  };
  return html`${sections.map((one) => sectionHtml(one, links))}`;
}
