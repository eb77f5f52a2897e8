// SSLMate's CT Search API on loopback: issuances of a domain, oldest first, a page at a time, for holders of the token.
import { createServer, type IncomingMessage } from 'node:http';
import type { LabReply } from './ct-log/faults.ts';
import { listenOn } from './http-service.ts';

export interface LabIssuance {
  readonly dnsNames: readonly string[];
  readonly notBefore: string;
}

export interface LabSslmate {
  readonly url: string;
  /** Request targets so far. */
  readonly requests: readonly string[];
  /** Replies given before any question is answered. */
  readonly replies: LabReply[];
  /** More may be appended while it runs. */
  readonly issuances: LabIssuance[];
  close(): Promise<void>;
}

export interface LabSslmateOptions {
  readonly address: string;
  readonly token: string;
  readonly issuances: readonly LabIssuance[];
  readonly pageSize: number;
}

/** The error object is `{code, message}`; words of messages are the lab's own. */
export async function startSslmate({ address, token, issuances, pageSize }: LabSslmateOptions): Promise<LabSslmate> {
  const requests: string[] = [];
  const replies: LabReply[] = [];
  const held = [...issuances];
  const answer = (request: IncomingMessage): LabReply => {
    if (request.headers.authorization !== `Bearer ${token}`)
      return json(401, { code: 'unauthorized', message: 'this key opens nothing' });
    const url = new URL(request.url ?? '', 'http://sslmate');
    const domain = url.searchParams.get('domain');
    if (url.pathname !== '/v1/issuances' || domain === null)
      return json(400, { code: 'bad_request', message: 'a domain is needed' });
    return json(200, pageOf(held, url.searchParams, domain, pageSize));
  };
  const server = createServer((request, response) => {
    requests.push(request.url ?? '');
    const reply = replies.shift() ?? answer(request);
    response.writeHead(reply.status, reply.headers).end(reply.body);
  });
  const { authority, close } = await listenOn(server, address);
  return { url: `http://${authority}`, requests, replies, issuances: held, close };
}

/** Ids are opaque texts; here they hide the place in the list. `dns_names` comes only when it is asked for. */
function pageOf(
  held: readonly LabIssuance[],
  parameters: URLSearchParams,
  domain: string,
  pageSize: number,
): unknown[] {
  const below = parameters.get('include_subdomains') === 'true';
  const after = parameters.get('after');
  const first = after === null ? 0 : Number.parseInt(after.slice(1), 36) + 1;
  const matches = (name: string): boolean => name === domain || (below && name.endsWith(`.${domain}`));
  return held
    .map((issuance, i) => ({ issuance, i }))
    .filter(({ issuance, i }) => i >= first && issuance.dnsNames.some(matches))
    .slice(0, pageSize)
    .map(({ issuance, i }) => ({
      id: `i${i.toString(36)}`,
      tbs_sha256: i.toString(16).padStart(64, '0'),
      ...(parameters.getAll('expand').includes('dns_names') ? { dns_names: issuance.dnsNames } : {}),
      pubkey_sha256: '0'.repeat(64),
      not_before: issuance.notBefore,
      not_after: '2027-01-30T00:00:00Z',
      revoked: false,
    }));
}

function json(status: number, body: unknown): LabReply {
  return { status, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
}
