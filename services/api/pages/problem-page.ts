// What went wrong, as a page: for whoever reads it in a browser. Programs get the problem document.
import type { FastifyReply, FastifyRequest } from 'fastify';
import { html } from '../../reports/html-template.ts';
import type { Problem } from '../errors.ts';
import { sendPage } from './sent-page.ts';
import type { Viewer } from './viewer.ts';

/** Pages are everything but the versioned API; who takes anything, as curl does, is a program. */
export function wantsPage({ url, headers }: Pick<FastifyRequest, 'url' | 'headers'>): boolean {
  return !url.startsWith('/v1/') && /(^|[\s,])text\/html\s*($|[,;])/i.test(headers.accept ?? '');
}

/** The problem with its status, its code and what to do. */
export function sendProblemPage(reply: FastifyReply, viewer: Viewer, problem: Problem): FastifyReply {
  const { status, title, detail, todo, code } = problem;
  return sendPage(reply.code(status), viewer, {
    title: title.replace(/\.$/, ''),
    lead: detail === title ? '' : detail,
    current: '',
    filters: '',
    remark: '',
    body: html`<p>${todo}</p><p>The code of this is <code>${code}</code>. <a href="/">The headline</a> is where to begin again.</p>`,
  });
}
