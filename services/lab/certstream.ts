// A certstream server on loopback: a minimal RFC 6455 server that sends what it is told, and hangs up, falls silent or refuses on demand.
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { listenOn } from './http-service.ts';

export interface CertstreamFaults {
  /** The next connections are refused with 503. */
  refuse: number;
  /** Connections are accepted and left without an answer to anything. */
  deaf: boolean;
}

export interface LabCertstream {
  /** ws: URL of the lite stream. */
  readonly url: string;
  readonly faults: CertstreamFaults;
  /** Connections that were accepted so far, with the User-Agent each sent. */
  readonly userAgents: readonly string[];
  /** Ping frames of clients. */
  readonly pings: number;
  readonly clients: number;
  /** Sends a text message to every client; false when one of them has a full buffer. */
  send(message: string): boolean;
  /** Ends all connections without a word. */
  hangUp(): void;
  close(): Promise<void>;
}

/** RFC 6455 1.3 */
const MAGIC = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const TEXT = 0x1;
const CLOSE = 0x8;
const PING = 0x9;
const PONG = 0xa;
const FIN = 0x80;
const MASKED = 0x80;

/** A certificate_update of the lite form. */
export function certificateUpdate(names: readonly string[], index: number, seen: Date): string {
  return JSON.stringify({
    message_type: 'certificate_update',
    data: {
      update_type: index % 2 === 0 ? 'X509LogEntry' : 'PrecertLogEntry',
      cert_index: index,
      cert_link: `https://log.lab.example/ct/v1/get-entries?start=${index}&end=${index}`,
      seen: seen.getTime() / 1000,
      source: { name: 'Lab Log 2026h2', url: 'log.lab.example', type: 'rfc6962', timestamp: seen.getTime() / 1000 },
      leaf_cert: {
        all_domains: names,
        subject: { C: null, CN: names[0] ?? null, L: null, O: null, OU: null, ST: null, aggregated: `/CN=${names[0]}` },
        issuer: {
          C: 'ZZ',
          CN: 'Lab Issuing CA 1',
          O: 'kubecensus lab',
          aggregated: '/C=ZZ/CN=Lab Issuing CA 1/O=kubecensus lab',
        },
        extensions: { subjectAltName: names.map((name) => `DNS:${name}`).join(', '), keyUsage: 'Digital Signature' },
        fingerprint: 'AA:'.repeat(19).concat('AA'),
        not_before: 1_790_000_000,
        not_after: 1_797_776_000,
        serial_number: index.toString(16).toUpperCase(),
        signature_algorithm: 'sha256, ecdsa',
        is_ca: false,
      },
    },
  });
}

export const HEARTBEAT = JSON.stringify({ message_type: 'heartbeat', timestamp: 1_790_000_000 });

export async function startCertstream(address: string): Promise<LabCertstream> {
  const faults: CertstreamFaults = { refuse: 0, deaf: false };
  const sockets = new Set<Duplex>();
  const userAgents: string[] = [];
  let pings = 0;

  const accept = (request: IncomingMessage, socket: Duplex): void => {
    const key = request.headers['sec-websocket-key'];
    if (faults.refuse > 0 || key === undefined) {
      if (faults.refuse > 0) faults.refuse--;
      socket.end('HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
      return;
    }
    const digest = createHash('sha1')
      .update(key + MAGIC)
      .digest('base64');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-accept: ${digest}\r\n\r\n`,
    );
    userAgents.push(request.headers['user-agent'] ?? '');
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    let rest: Buffer = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      if (faults.deaf) return;
      rest = readFrames(Buffer.concat([rest, chunk]), (opcode, payload) => {
        if (opcode === PING) {
          pings++;
          socket.write(frame(PONG, payload));
        }
        if (opcode === CLOSE) socket.end(frame(CLOSE, payload));
      });
    });
  };

  const server = createServer((_request, response) => response.writeHead(426).end());
  server.on('upgrade', accept);
  const listening = await listenOn(server, address);
  const hangUp = (): void => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  return {
    url: `ws://${listening.authority}/`,
    faults,
    userAgents,
    get pings() {
      return pings;
    },
    get clients() {
      return sockets.size;
    },
    send(message) {
      const bytes = frame(TEXT, Buffer.from(message));
      let free = true;
      for (const socket of sockets) free = socket.write(bytes) && free;
      return free;
    },
    hangUp,
    close: () => {
      hangUp();
      return listening.close();
    },
  };
}

/** One unmasked, whole frame: what servers send. */
function frame(opcode: number, payload: Buffer): Buffer {
  let head: Buffer;
  if (payload.length < 126) head = Buffer.from([FIN | opcode, payload.length]);
  else if (payload.length < 65_536) {
    head = Buffer.from([FIN | opcode, 126, 0, 0]);
    head.writeUInt16BE(payload.length, 2);
  } else {
    head = Buffer.alloc(10);
    head[0] = FIN | opcode;
    head[1] = 127;
    head.writeBigUInt64BE(BigInt(payload.length), 2);
  }
  return Buffer.concat([head, payload]);
}

/** Gives the whole frames of a client (masked, at most 64 kB here) and returns the octets behind them. */
function readFrames(bytes: Buffer, give: (opcode: number, payload: Buffer) => void): Buffer {
  let at = 0;
  for (;;) {
    if (at + 6 > bytes.length) return bytes.subarray(at);
    const short = bytes[at + 1]! & ~MASKED;
    const extended = short === 126 ? 2 : 0;
    const start = at + 2 + extended + 4;
    if (start > bytes.length) return bytes.subarray(at);
    const length = extended === 2 ? bytes.readUInt16BE(at + 2) : short;
    if (start + length > bytes.length) return bytes.subarray(at);
    const mask = bytes.subarray(start - 4, start);
    const payload = Buffer.from(bytes.subarray(start, start + length));
    for (let i = 0; i < payload.length; i++) payload[i]! ^= mask[i % 4]!;
    give(bytes[at]! & 0x0f, payload);
    at = start + length;
  }
}
