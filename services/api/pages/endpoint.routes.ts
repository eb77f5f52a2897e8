// The history of one endpoint, for keys that cover it.
import { Type } from 'typebox';
import { KubecensusError } from '../../platform/errors.ts';
import { parseAddress } from '../../platform/net/address.ts';
import { html } from '../../reports/html-template.ts';
import type { ApiContext, Resource } from '../context.ts';
import { endpointHistory } from '../endpoint.store.ts';
import { coversAddress, mayUse } from '../keys/api-key.ts';
import { endpointSection } from './endpoint-section.ts';
import { FILE, sendFile } from './section-files.ts';
import { sectionsHtml, sendPage, sendSignIn } from './sent-page.ts';
import { viewerOf } from './viewer.store.ts';
import type { Viewer } from './viewer.ts';

const Asked = Type.Object({
  address: Type.Optional(Type.String({ pattern: '^[0-9A-Fa-f:.]{0,45}$' })),
  port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65535 })),
});

const DEFAULT_PORT = 6443;
const MOST_ROWS = 500;

export function addEndpointPage(pages: Parameters<Resource>[0], context: ApiContext): void {
  pages.get('/endpoint', { schema: { hide: true, querystring: Asked } }, async (request, reply) => {
    const who = await viewerOf(request, context);
    if (!seesHosts(who)) return sendSignIn(reply, who, 'Single hosts are shown to keys that cover them.');
    const { address = '', port = DEFAULT_PORT } = request.query;
    const filters = html`<form class="filters" method="get" action="/endpoint"><label><span>Address</span><input name="address" value="${address}" required></label><label><span>Port</span><input name="port" value="${port}" inputmode="numeric" size="6" required></label><button>Show</button></form>`;
    return sendPage(reply, who, {
      title: 'One endpoint',
      lead: 'What every survey saw at one address and port, within the networks of your key.',
      current: '/endpoint',
      filters,
      body:
        address === ''
          ? html``
          : sectionsHtml(
              [await history(who, address, port)],
              '/endpoint',
              `?address=${encodeURIComponent(address)}&port=${port}`,
            ),
    });
  });
  pages.get(
    '/endpoint/:kind/:file',
    { schema: { hide: true, params: FILE, querystring: Asked } },
    async (request, reply) => {
      const who = await viewerOf(request, context);
      if (!seesHosts(who)) return sendSignIn(reply, who, 'Single hosts are shown to keys that cover them.');
      const { address = '', port = DEFAULT_PORT } = request.query;
      return sendFile(reply, who, [await history(who, address, port)], request.params);
    },
  );

  async function history(who: Viewer, text: string, port: number) {
    const address = parseAddress(text);
    if (address === null) throw new KubecensusError('KC_API_REQUEST', `${JSON.stringify(text)} is no address.`);
    if (who.access.kind !== 'key' || !coversAddress(who.access.key, address))
      throw new KubecensusError('KC_API_FORBIDDEN', `The key does not cover ${address.text}.`);
    return endpointSection(
      address.text,
      port,
      await endpointHistory(context.db, { address: address.text, port }, null, MOST_ROWS),
    );
  }
}

function seesHosts({ access }: Viewer): boolean {
  return access.kind === 'key' && mayUse(access.key, 'host:read');
}
