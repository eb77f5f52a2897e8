// A real SMTP relay on loopback that keeps what it takes, parsed by somebody else's library.
import 'reflect-metadata';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import * as x509 from '@peculiar/x509';
import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

export interface TakenMail {
  readonly from: string;
  readonly to: readonly string[];
  /** Whether the connection was encrypted. */
  readonly secure: boolean;
  readonly user: string | null;
  readonly raw: string;
  readonly mail: ParsedMail;
}

export interface Relay {
  readonly port: number;
  readonly taken: TakenMail[];
  close(): Promise<void>;
}

/** Options are smtp-server's; without any, a relay that asks for no password and offers no encryption. */
export async function smtpRelay(options: SMTPServerOptions = {}): Promise<Relay> {
  const taken: TakenMail[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: options.key === undefined ? ['STARTTLS'] : [],
    onData: async (stream, session, callback) => {
      const chunks: Buffer[] = [];
      for await (const chunk of stream) chunks.push(chunk as Buffer);
      const raw = Buffer.concat(chunks);
      const { mailFrom, rcptTo } = session.envelope;
      taken.push({
        from: mailFrom === false ? '' : mailFrom.address,
        to: rcptTo.map((one) => one.address),
        secure: session.secure,
        user: typeof session.user === 'string' ? session.user : null,
        raw: raw.toString('latin1'),
        // Pictures stay references, as they were sent.
        mail: await simpleParser(raw, { skipImageLinks: true }),
      });
      callback(null);
    },
    ...options,
  });
  // A client that turns away from an unknown certificate is what some tests are about.
  server.on('error', () => undefined);
  const listening = server.listen(0, '127.0.0.1');
  await once(listening, 'listening');
  return {
    port: (listening.address() as AddressInfo).port,
    taken,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** A key and a self-signed certificate for 127.0.0.1, PEM. */
export async function loopbackCertificate(now: Date): Promise<{ readonly key: string; readonly cert: string }> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=relay',
    notBefore: new Date(now.getTime() - 60_000),
    notAfter: new Date(now.getTime() + 3_600_000),
    signingAlgorithm: algorithm,
    keys,
    extensions: [new x509.SubjectAlternativeNameExtension([{ type: 'ip', value: '127.0.0.1' }])],
  });
  const pkcs8 = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey));
  return {
    key: `-----BEGIN PRIVATE KEY-----\n${pkcs8.toString('base64')}\n-----END PRIVATE KEY-----\n`,
    cert: certificate.toString('pem'),
  };
}
