// A real DNS server on loopback, UDP and TCP on one port, that answers from a function and remembers what it was asked.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import * as packet from 'dns-packet';

export interface Question {
  readonly name: string;
  readonly type: string;
}

/** Records (over UDP perhaps late), a response code, or 'silence': no answer at all. */
export type Reply =
  | { readonly answers: readonly packet.Answer[]; readonly afterMs?: number }
  | { readonly rcode: keyof typeof RCODES }
  | 'silence';

export interface DnsServer {
  /** "127.0.0.1:port". */
  readonly address: string;
  /** Questions in the order of arrival, those repeated over TCP included. */
  readonly asked: readonly (Question & { readonly over: 'udp' | 'tcp' })[];
  close(): Promise<void>;
}

const RCODES = { FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 } as const;
/** What every resolver takes over UDP; longer answers are truncated to nothing and asked again over TCP. */
const UDP_BYTES = 1232;

export async function startDnsServer(reply: (question: Question, count: number) => Reply): Promise<DnsServer> {
  const asked: (Question & { over: 'udp' | 'tcp' })[] = [];
  const answer = (bytes: Buffer, over: 'udp' | 'tcp'): { bytes: Buffer; afterMs: number } | null => {
    const query = packet.decode(bytes);
    const { name, type } = query.questions![0]!;
    const question = { name: name.toLowerCase(), type: String(type) };
    const count = asked.filter(
      (seen) => seen.name === question.name && seen.type === question.type && seen.over === over,
    ).length;
    asked.push({ ...question, over });
    const said = reply(question, count);
    if (said === 'silence') return null;
    const flags = packet.AUTHORITATIVE_ANSWER | ('rcode' in said ? RCODES[said.rcode] : 0);
    const response = { type: 'response' as const, id: query.id!, questions: query.questions! };
    const afterMs = 'answers' in said ? (said.afterMs ?? 0) : 0;
    const encoded = packet.encode({ ...response, flags, answers: 'answers' in said ? [...said.answers] : [] });
    if (over === 'tcp' || encoded.length <= UDP_BYTES) return { bytes: encoded, afterMs };
    return { bytes: packet.encode({ ...response, flags: flags | packet.TRUNCATED_RESPONSE, answers: [] }), afterMs };
  };

  const sockets = new Set<Socket>();
  const tcp = createServer((socket) => {
    sockets.add(socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy()));
    let pending: Buffer = Buffer.alloc(0);
    socket.on('data', (data: Buffer) => {
      pending = Buffer.concat([pending, data]);
      while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE(0)) {
        const response = answer(pending.subarray(2, 2 + pending.readUInt16BE(0)), 'tcp');
        pending = pending.subarray(2 + pending.readUInt16BE(0));
        if (response === null) continue;
        const length = Buffer.alloc(2);
        length.writeUInt16BE(response.bytes.length);
        socket.write(Buffer.concat([length, response.bytes]));
      }
    });
  });
  tcp.listen(0, '127.0.0.1');
  await once(tcp, 'listening');
  const { port } = tcp.address() as AddressInfo;
  const timers = new Set<NodeJS.Timeout>();
  const udp = createSocket('udp4', (bytes, from) => {
    const response = answer(bytes, 'udp');
    if (response === null) return;
    const send = (): void => {
      timers.delete(timer);
      udp.send(response.bytes, from.port, from.address);
    };
    const timer = setTimeout(send, response.afterMs);
    timers.add(timer);
  });
  udp.bind(port, '127.0.0.1');
  await once(udp, 'listening');
  return {
    address: `127.0.0.1:${port}`,
    asked,
    close: async () => {
      for (const timer of timers) clearTimeout(timer);
      udp.close();
      for (const socket of sockets) socket.destroy();
      tcp.close();
      await once(tcp, 'close');
    },
  };
}

/** Records of one name: IPv6 text makes AAAA, other text A. */
export function addresses(name: string, texts: readonly string[], ttl = 60): Reply {
  return { answers: texts.map((data) => ({ type: data.includes(':') ? 'AAAA' : 'A', name, ttl, data })) };
}
