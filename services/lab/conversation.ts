// One connection of the lab: from the first byte to the last answer.
import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { BEHAVIOURS } from './behaviours/behaviours.ts';
import { PLAIN_TO_TLS } from './behaviours/go-http.ts';
import { HOSTILE } from './behaviours/hostile.ts';
import type { Certificates } from './certificates.ts';
import type { LabService } from './host.ts';
import { play } from './play.ts';
import { requestReader } from './request-reader.ts';

/** First byte of a TLS handshake record. */
const HANDSHAKE = 0x16;

/** HTTP/1.1 in the form that ALPN carries. The lab has no HTTP/2, so it never offers it. */
const ALPN_HTTP1 = ['http/1.1'];

/** etcd offers HTTP/2 only, and Go then lets HTTP/1.1 clients pass without a protocol: so these choose none. */
const WITHOUT_ALPN = new Set<LabService['kind']>(['etcd-client', 'etcd-peer']);

/** Everything a connection needs to know about its host. */
export interface Scene {
  readonly service: LabService;
  readonly certificates: Certificates;
  readonly startedAt: Date;
}

/** Takes a fresh TCP connection and serves it to its end. Never throws; errors of the peer end the connection silently. */
export function converse(socket: Socket, scene: Scene): void {
  socket.on('error', () => socket.destroy());
  const { service } = scene;
  const script = HOSTILE[service.script];
  if (script?.layer === 'tcp') {
    play(socket, script.steps);
    return;
  }
  if (service.transport === 'plain') {
    socket.once('data', (first: Buffer) => {
      if (first[0] !== HANDSHAKE) answer(socket, scene, first);
      // Go's server reads a ClientHello as a broken request line.
      else
        socket.end(
          'HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n400 Bad Request',
        );
    });
    return;
  }
  socket.once('data', (first: Buffer) => {
    socket.pause();
    if (first[0] === HANDSHAKE) {
      socket.unshift(first);
      secure(socket, scene);
    } else if (WITHOUT_ALPN.has(service.kind)) socket.end();
    else socket.end(PLAIN_TO_TLS);
  });
}

function secure(socket: Socket, scene: Scene): void {
  const { service, certificates } = scene;
  if (service.certificate === null) {
    socket.destroy();
    return;
  }
  const tls = new TLSSocket(socket, {
    isServer: true,
    secureContext: certificates.context(service.certificate, service.acceptableCAs),
    requestCert: service.clientCertificate !== 'none',
    rejectUnauthorized: service.clientCertificate === 'required',
    ...(WITHOUT_ALPN.has(service.kind) ? {} : { ALPNProtocols: ALPN_HTTP1 }),
  });
  tls.on('error', () => tls.destroy());
  socket.on('close', () => tls.destroy());
  const script = HOSTILE[service.script];
  tls.once('data', (first: Buffer) => {
    if (script === undefined) answer(tls, scene, first);
    else play(tls, script.steps);
  });
}

/** Answers requests in their order until one of them is the last. */
function answer(socket: Socket, scene: Scene, first: Buffer): void {
  const { service } = scene;
  if (service.kind === 'hostile') return;
  const behaviour = BEHAVIOURS[service.kind];
  const reader = requestReader();
  const onData = (chunk: Buffer) => {
    reader.push(chunk);
    for (let request = reader.next(); request !== null; request = reader.next()) {
      if (request === 'bad') {
        socket.end(
          'HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n400 Bad Request',
        );
        return;
      }
      const { bytes, close } = behaviour(request, {
        service,
        now: new Date(),
        startedAt: scene.startedAt,
        uuid: randomUUID,
      });
      if (close) {
        socket.end(bytes, 'latin1');
        return;
      }
      socket.write(bytes, 'latin1');
    }
  };
  socket.on('data', onData);
  onData(first);
}
