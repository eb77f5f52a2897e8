// Dials the lab's listeners with node:net and node:tls alone, so that what is compared is the bytes.
import { connect, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { connect as connectTls, type TLSSocket } from 'node:tls';

export interface Dialled {
  readonly text: string;
  readonly error: string | null;
  readonly tls: {
    readonly protocol: string | null;
    readonly alpn: string | false | null;
    readonly subject: string;
  } | null;
}

/** Reads until the end, an error, or `limitMs` of silence. */
function readAll(socket: Socket, limitMs: number): Promise<{ text: string; error: string | null }> {
  return new Promise((resolve) => {
    let text = '';
    let error: string | null = null;
    socket.setTimeout(limitMs, () => socket.destroy());
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
    });
    socket.on('error', (failure: NodeJS.ErrnoException) => {
      error = failure.code ?? failure.message;
    });
    socket.on('close', () => resolve({ text, error }));
  });
}

/** Sends the bytes in the clear. */
export async function dialPlain(address: string, port: number, bytes: string, limitMs = 2000): Promise<Dialled> {
  const socket = connect(port, address);
  socket.write(bytes, 'latin1');
  return { ...(await readAll(socket, limitMs)), tls: null };
}

/** Sends the bytes over TLS without a client certificate. */
export async function dialTls(
  address: string,
  port: number,
  bytes: string,
  options: { maxVersion?: 'TLSv1.2' | 'TLSv1.3'; limitMs?: number } = {},
): Promise<Dialled> {
  const socket: TLSSocket = connectTls({
    host: address,
    port,
    rejectUnauthorized: false,
    ALPNProtocols: ['http/1.1'],
    maxVersion: options.maxVersion ?? 'TLSv1.3',
  });
  let tls: Dialled['tls'] = null;
  socket.once('secureConnect', () => {
    const subject = String(socket.getPeerCertificate().subject.CN ?? '');
    tls = { protocol: socket.getProtocol(), alpn: socket.alpnProtocol, subject };
  });
  socket.write(bytes, 'latin1');
  const read = await readAll(socket, options.limitMs ?? 2000);
  return { ...read, tls };
}

/** What a TLS 1.2 server sends before encryption: certificate and CertificateRequest are readable in it. */
export function firstFlight(address: string, port: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const raw = connect(port, address);
    const chunks: Buffer[] = [];
    const tap = new Duplex({
      read: () => undefined,
      write: (chunk: Buffer, _encoding, done) => {
        raw.write(chunk, () => done());
      },
    });
    raw.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      tap.push(chunk);
    });
    raw.on('error', reject);
    const socket = connectTls({ socket: tap, rejectUnauthorized: false, maxVersion: 'TLSv1.2' });
    socket.on('error', reject);
    socket.once('secureConnect', () => {
      socket.destroy();
      raw.destroy();
      resolve(Buffer.concat(chunks));
    });
  });
}

export const GET = (path: string, more = 'Connection: close\r\n') =>
  `GET ${path} HTTP/1.1\r\nHost: lab\r\nUser-Agent: kubecensus\r\n${more}\r\n`;
