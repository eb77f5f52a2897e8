// A TLS 1.3 server in a process of its own that floods: messages that raise no event in a client, for as long as it reads them. The first argument names them.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { issueCertificate } from '../../../services/lab/server-certificates.ts';
import { message } from '../../probes/first-flight-bytes.ts';
import { HANDSHAKE, type SecureChannel, serveScript } from './scripted-tls.ts';

/** Sessions tickets of a body as long as stated, and KeyUpdates; and how many of each make some hundred kilobytes. */
const FLOODS: Readonly<Record<string, { readonly payload: Buffer; readonly atOnce: number }>> = {
  'long tickets': { payload: ticket(15_000), atOnce: 20 },
  'short tickets': { payload: ticket(100), atOnce: 1000 },
  'key updates': { payload: message(24, Buffer.of(0)), atOnce: 2000 },
};

function ticket(bytes: number): Buffer {
  const head = Buffer.from('01010101010101010101', 'hex');
  return message(
    4,
    Buffer.concat([head, Buffer.of(bytes >> 8, bytes & 0xff), Buffer.alloc(bytes, 2), Buffer.of(0, 0)]),
  );
}

const { payload, atOnce } = FLOODS[process.argv[2] ?? ''] ?? { payload: Buffer.alloc(0), atOnce: 0 };
const pair = await issueCertificate({ key: 'ec' });

function flood({ socket, seal }: SecureChannel): void {
  const fill = (): void => {
    if (socket.destroyed) return;
    const burst = Buffer.concat(Array.from({ length: atOnce }, () => seal(payload, HANDSHAKE)));
    if (socket.write(burst)) setImmediate(fill);
  };
  socket.on('drain', fill);
  socket.on('error', () => {});
  fill();
}

const server = await serveScript({
  key: createPrivateKey(pair.key),
  chain: [new X509Certificate(pair.cert).raw],
  afterwards: flood,
});
process.once('disconnect', () => process.exit());
process.send?.(server.port);
