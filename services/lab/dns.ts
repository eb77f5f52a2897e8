// The lab's name server, UDP and TCP: it knows the lab's zone and answers nothing else.
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { createServer, type Server, type Socket } from 'node:net';
import dnsPacket from 'dns-packet';
import type { LabWorld } from './host.ts';

/** Short, so that a cache between the lab and a survey forgets soon. */
const TTL_SECONDS = 60;

/** An address that never-probe policy forbids. */
const PRIVATE_ADDRESS = '10.0.0.1';

/** Ports tried until one is free for UDP and for TCP. */
const BIND_ATTEMPTS = 10;

const AUTHORITATIVE = dnsPacket.AUTHORITATIVE_ANSWER;
const TRUNCATED = dnsPacket.TRUNCATED_RESPONSE;
const SERVFAIL = 2;
const NXDOMAIN = 3;
const REFUSED = 5;

/** What the server says about one name. */
type NameAnswer =
  | { readonly kind: 'addresses'; readonly addresses: readonly string[]; readonly truncated: boolean }
  | { readonly kind: 'code'; readonly rcode: number }
  | { readonly kind: 'silence' };

/** A running name server: its address as `dns.Resolver.setServers` takes it. */
export interface LabDns {
  readonly server: string;
  /** Questions answered or ignored so far. */
  questions(): number;
  close(): Promise<void>;
}

/** Answers by lower-case name, from the world alone. */
function answersOf(world: LabWorld): Map<string, NameAnswer> {
  const answers = new Map<string, NameAnswer>();
  for (const host of world.hosts) {
    for (const name of host.names) {
      const addresses = host.dns === 'mixed' ? [PRIVATE_ADDRESS, host.address] : [host.address];
      answers.set(name.toLowerCase(), { kind: 'addresses', addresses, truncated: host.dns === 'truncated' });
    }
  }
  for (const { name, answer } of world.deadNames) {
    if (answer === 'nxdomain') continue;
    if (answer === 'servfail') answers.set(name, { kind: 'code', rcode: SERVFAIL });
    else if (answer === 'timeout') answers.set(name, { kind: 'silence' });
    else
      answers.set(name, {
        kind: 'addresses',
        addresses: answer === 'private' ? [PRIVATE_ADDRESS] : [],
        truncated: false,
      });
  }
  return answers;
}

/** The response to one query, or null for silence. Malformed queries get silence. */
export function respond(
  query: Buffer,
  answers: ReadonlyMap<string, NameAnswer>,
  zone: string,
  transport: 'udp' | 'tcp',
): Buffer | null {
  let packet: dnsPacket.DecodedPacket;
  try {
    packet = dnsPacket.decode(query);
  } catch {
    return null;
  }
  const [question] = packet.questions ?? [];
  if (question === undefined || packet.type !== 'query') return null;
  const name = question.name.toLowerCase();
  const inZone = name === zone || name.endsWith(`.${zone}`);
  const answer: NameAnswer = answers.get(name) ?? { kind: 'code', rcode: inZone ? NXDOMAIN : REFUSED };
  if (answer.kind === 'silence') return null;
  const recursionDesired = (packet.flags ?? 0) & dnsPacket.RECURSION_DESIRED;
  const base = {
    type: 'response' as const,
    ...(packet.id === undefined ? {} : { id: packet.id }),
    questions: [question],
  };
  if (answer.kind === 'code')
    return dnsPacket.encode({ ...base, flags: AUTHORITATIVE | recursionDesired | answer.rcode });
  if (answer.truncated && transport === 'udp')
    return dnsPacket.encode({ ...base, flags: AUTHORITATIVE | recursionDesired | TRUNCATED });
  const records = question.type === 'A' ? answer.addresses : [];
  return dnsPacket.encode({
    ...base,
    flags: AUTHORITATIVE | recursionDesired,
    answers: records.map((data) => ({ type: 'A' as const, name: question.name, ttl: TTL_SECONDS, data })),
  });
}

/** Starts on 127.0.0.1 and a free port, the same for UDP and TCP. Rejects when no port is free for both. */
export async function startDns(world: LabWorld): Promise<LabDns> {
  const answers = answersOf(world);
  let questions = 0;
  const ask = (query: Buffer, transport: 'udp' | 'tcp') => {
    questions += 1;
    return respond(query, answers, world.zone, transport);
  };
  const sockets = new Set<Socket>();
  const { udp, tcp, port } = await bindBoth();
  udp.on('message', (query, peer) => {
    const reply = ask(query, 'udp');
    if (reply !== null) udp.send(reply, peer.port, peer.address);
  });
  tcp.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    serveStream(socket, (query) => ask(query, 'tcp'));
  });
  return {
    server: `127.0.0.1:${port}`,
    questions: () => questions,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await Promise.all([
        new Promise<void>((resolve) => udp.close(() => resolve())),
        new Promise<void>((resolve) => tcp.close(() => resolve())),
      ]);
    },
  };
}

async function bindBoth(): Promise<{ udp: UdpSocket; tcp: Server; port: number }> {
  let failure: unknown;
  for (let attempt = 0; attempt < BIND_ATTEMPTS; attempt += 1) {
    const tcp = createServer();
    await new Promise<void>((resolve, reject) => tcp.once('error', reject).listen(0, '127.0.0.1', () => resolve()));
    const bound = tcp.address();
    const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
    const udp = createSocket('udp4');
    try {
      await new Promise<void>((resolve, reject) => udp.once('error', reject).bind(port, '127.0.0.1', () => resolve()));
      return { udp, tcp, port };
    } catch (error) {
      failure = error;
      tcp.close();
      udp.close();
    }
  }
  throw new Error('no port is free for UDP and TCP', { cause: failure });
}

/** DNS over TCP: messages with a two-byte length before each (RFC 1035 4.2.2). */
function serveStream(socket: Socket, ask: (query: Buffer) => Buffer | null): void {
  let held = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    held = Buffer.concat([held, chunk]);
    while (held.length >= 2 && held.length >= 2 + held.readUInt16BE(0)) {
      const length = held.readUInt16BE(0);
      const reply = ask(held.subarray(2, 2 + length));
      held = held.subarray(2 + length);
      if (reply === null) continue;
      const head = Buffer.alloc(2);
      head.writeUInt16BE(reply.length);
      socket.write(Buffer.concat([head, reply]));
    }
  });
}
