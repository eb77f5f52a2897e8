// Ending a subscription by the link of a mail: a page with one button for people, one POST for mail programs (RFC 8058). Looking ends nothing.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { LONGEST_TOKEN, readToken, UNSUBSCRIBE_PATH } from '../reports/delivery/unsubscribe.ts';
import { type Html, html, markupOf } from '../reports/html-template.ts';
import { stopDestination } from '../schedules/delivery.store.ts';
import { findSubscription } from '../schedules/subscription.store.ts';
import type { Resource } from './context.ts';
import { ICON_PATH, SHEET_PATH } from './pages/layout.ts';

/** No script, and the form to this address only. */
const POLICY =
  "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/** The two forms that mail programs may send (RFC 8058, 3.2); browsers send the second. */
const FORMS = ['multipart/form-data', 'application/x-www-form-urlencoded'];

const Token = Type.Object({ token: Type.String({ minLength: 1, maxLength: LONGEST_TOKEN }) });
/** What the header List-Unsubscribe-Post announces, and nothing that merely follows links would send. */
const OneClick = Type.Object({ 'List-Unsubscribe': Type.Literal('One-Click') });

export const unsubscribe: Resource = (api, { db, now, log, secret }) => {
  /** What the link is about, and what has to be said where it is about nothing. */
  const open = async (token: string) => {
    const asked = readToken(token, secret);
    if (asked === null) return { said: UNKNOWN } as const;
    const subscription = await findSubscription(db, asked.schedule, asked.isDestination);
    if (subscription === null || subscription.endedAt !== null) return { said: ended(asked.schedule) } as const;
    return { schedule: asked.schedule, subscription } as const;
  };

  // A scope of its own: these forms are read here and nowhere else.
  void api.register(async (scope) => {
    const pages = scope.withTypeProvider<TypeBoxTypeProvider>();
    pages.addContentTypeParser(FORMS, { parseAs: 'buffer' }, async (request: FastifyRequest, body: Buffer) =>
      readForm(body, request.headers['content-type'] ?? ''),
    );
    pages.get(`${UNSUBSCRIBE_PATH}:token`, { schema: { hide: true, params: Token } }, async (request, reply) => {
      const found = await open(request.params.token);
      return send(reply, 'said' in found ? found.said : offer(found.schedule));
    });
    pages.post(
      `${UNSUBSCRIBE_PATH}:token`,
      { schema: { hide: true, params: Token, body: OneClick } },
      async (request, reply) => {
        const found = await open(request.params.token);
        if ('said' in found) return send(reply, found.said);
        const { scheduleId, destination } = found.subscription;
        await stopDestination(db, { scheduleId, destination, reason: 'unsubscribed' }, now());
        log.info({ schedule: found.schedule, destination }, 'a recipient unsubscribed');
        return send(reply, ended(found.schedule));
      },
    );
  });
};

/** Node's own reading of forms: it knows both kinds. What is none has no fields. */
async function readForm(body: Buffer, type: string): Promise<Record<string, unknown>> {
  const form = await new Response(new Uint8Array(body), { headers: { 'content-type': type } })
    .formData()
    .catch(() => null);
  return form === null ? {} : Object.fromEntries(form);
}

interface Said {
  readonly status: 200 | 404;
  readonly title: string;
  readonly body: Html;
}

const UNKNOWN: Said = {
  status: 404,
  title: 'This link is not one of ours',
  body: html`<p>It may have been cut off: open it from the mail again, or write to the address that the mail names.</p>`,
};

const offer = (schedule: string): Said => ({
  status: 200,
  title: 'Get no more of these reports?',
  body: html`<p>The schedule <strong>${schedule}</strong> sends reports to the address that got this link.</p>
<form class="filters" method="post"><input type="hidden" name="List-Unsubscribe" value="One-Click"><button>Unsubscribe</button></form>`,
});

const ended = (schedule: string): Said => ({
  status: 200,
  title: 'You get no more of these reports',
  body: html`<p>The schedule <strong>${schedule}</strong> sends nothing to the address that got this link. Whoever runs this census can begin it again for you.</p>`,
});

/** Addresses are relative: the API may stand below a path of its site. */
function send(reply: FastifyReply, { status, title, body }: Said): FastifyReply {
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${title} – kubecensus</title>
<link rel="icon" href="..${ICON_PATH}" type="image/svg+xml">
<link rel="stylesheet" href="..${SHEET_PATH}">
</head>
<body>
<main class="page frame"><div class="head"><h1>${title}</h1></div>
${body}
</main>
</body>
</html>
`;
  return reply
    .code(status)
    .headers({ 'content-security-policy': POLICY, 'cache-control': 'no-store' })
    .type('text/html; charset=utf-8')
    .send(markupOf(page));
}
