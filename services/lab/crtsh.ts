// crt.sh on loopback, as far as its JSON output goes: one identity search, its row cap, and its web server's bad days.
import { createServer } from 'node:http';
import type { LabReply } from './ct-log/faults.ts';
import { listenOn } from './http-service.ts';

export interface LabCrtshRow {
  /** Joined by newlines, as the service does: host names, e-mail addresses, organisation names. */
  readonly names: readonly string[];
  /** Without a zone, in UTC; null for what was found outside of logs. */
  readonly entryTimestamp: string | null;
  readonly notBefore?: string;
  readonly expired?: boolean;
}

export interface LabCrtsh {
  readonly url: string;
  /** Request targets so far. */
  readonly requests: readonly string[];
  /** Replies given before any search is answered. */
  readonly replies: LabReply[];
  close(): Promise<void>;
}

/** Starts the service with these certificates. `cap`: rows of one answer at most. */
export async function startCrtsh(address: string, rows: readonly LabCrtshRow[], cap = 10_000): Promise<LabCrtsh> {
  const requests: string[] = [];
  const replies: LabReply[] = [];
  const server = createServer((request, response) => {
    requests.push(request.url ?? '');
    const reply = replies.shift() ?? search(new URL(request.url ?? '', 'http://crtsh').searchParams, rows, cap);
    response.writeHead(reply.status, reply.headers).end(reply.body);
  });
  const { authority, close } = await listenOn(server, address);
  return { url: `http://${authority}`, requests, replies, close };
}

/** Identities like `%.domain`, ignoring case. Without output=json the service answers with a page. */
function search(parameters: URLSearchParams, rows: readonly LabCrtshRow[], cap: number): LabReply {
  const query = (parameters.get('q') ?? '').toLowerCase();
  if (parameters.get('output') !== 'json' || !query.startsWith('%.'))
    return { status: 200, body: '<html>crt.sh</html>', headers: { 'content-type': 'text/html' } };
  const suffix = query.slice(1);
  const found = rows
    .map((row, i) => ({ row, id: i + 1 }))
    .filter(({ row }) => row.names.some((name) => name.toLowerCase().endsWith(suffix)))
    .filter(({ row }) => parameters.get('exclude') !== 'expired' || row.expired !== true)
    .slice(0, cap);
  const body = found.map(({ row, id }) => ({
    issuer_ca_id: 7,
    issuer_name: 'C=ZZ, O=kubecensus lab, CN=Lab Issuing CA 1',
    common_name: row.names[0],
    name_value: row.names.join('\n'),
    id,
    entry_timestamp: row.entryTimestamp,
    not_before: row.notBefore ?? '2026-11-01T00:00:00',
    not_after: row.expired === true ? '2026-11-02T00:00:00' : '2027-01-30T00:00:00',
    serial_number: id.toString(16).padStart(32, '0'),
    result_count: 2,
  }));
  return { status: 200, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
}
