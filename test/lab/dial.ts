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

/** How long silence is waited for, and after how many bytes it is enough. */
export interface Patience {
  readonly silenceMs?: number;
  readonly enough?: number;
}

/** Reads until the end, an error, a silence, or enough. */
function readAll(
  socket: Socket,
  { silenceMs = 5000, enough = Number.POSITIVE_INFINITY }: Patience,
): Promise<{ text: string; error: string | null }> {
  return new Promise((resolve) => {
    let text = '';
    let error: string | null = null;
    socket.setTimeout(silenceMs, () => socket.destroy());
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      if (text.length >= enough) socket.destroy();
    });
    socket.on('error', (failure: NodeJS.ErrnoException) => {
      error = failure.code ?? failure.message;
    });
    socket.on('close', () => resolve({ text, error }));
  });
}

/** Sends the bytes in the clear. */
export async function dialPlain(address: string, port: number, bytes: string): Promise<Dialled> {
  const socket = connect(port, address);
  socket.write(bytes, 'latin1');
  return { ...(await readAll(socket, {})), tls: null };
}

/** Sends the bytes over TLS without a client certificate. */
export async function dialTls(
  address: string,
  port: number,
  bytes: string,
  options: Patience & { readonly maxVersion?: 'TLSv1.2' | 'TLSv1.3' } = {},
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
    socket.write(bytes, 'latin1');
  });
  const read = await readAll(socket, options);
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
