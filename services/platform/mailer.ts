// Mail through a relay by SMTP: encrypted unless said otherwise, one connection per message, nothing read from files or fetched from URLs.
/** How the connection is encrypted: STARTTLS that must succeed, TLS from the first byte, or not at all. */
export const SMTP_SECURITY = ['starttls', 'tls', 'none'] as const;
export type SmtpSecurity = (typeof SMTP_SECURITY)[number];

export interface MailerSettings {
  readonly host: string;
  readonly port: number;
  readonly security: SmtpSecurity;
  /** null: the relay asks for no password. */
  readonly login: { readonly user: string; readonly password: string } | null;
  /** Certificates to trust instead of the built-in ones, PEM. */
  readonly ca?: string;
}

/** A message in its parts; the shape that reports/delivery declares. */
export interface OutgoingMail {
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly messageId: string;
  readonly date: Date;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  readonly html: string;
  readonly attachments: readonly {
    readonly filename: string;
    readonly contentType: string;
    readonly content: Uint8Array;
    readonly cid?: string;
  }[];
}

/** A relay that is alive greets within seconds; large messages may take long, but never fall silent for a minute. */
const CONNECT_MS = 10_000;
const GREETING_MS = 15_000;
const SILENCE_MS = 60_000;

/**
 * Sends one message; resolves with the relay's answer once it has taken the message over. Rejects with an Error whose `responseCode` is the
 * relay's code where it gave one, also when it does not take the recipient. Never retried here.
 */
export function createMailer(settings: MailerSettings): (mail: OutgoingMail) => Promise<string> {
  return async (mail) => {
    // Loaded with the first message: no other command should wait for it.
    const { createTransport } = await import('nodemailer');
    const transport = createTransport({
      host: settings.host,
      port: settings.port,
      secure: settings.security === 'tls',
      requireTLS: settings.security === 'starttls',
      ignoreTLS: settings.security === 'none',
      ...(settings.login === null ? {} : { auth: { user: settings.login.user, pass: settings.login.password } }),
      ...(settings.ca === undefined ? {} : { tls: { ca: settings.ca } }),
      connectionTimeout: CONNECT_MS,
      greetingTimeout: GREETING_MS,
      socketTimeout: SILENCE_MS,
      disableFileAccess: true,
      disableUrlAccess: true,
    });
    try {
      const sent = await transport.sendMail({
        ...mail,
        headers: { ...mail.headers },
        attachments: mail.attachments.map(({ cid, content, ...rest }) => ({
          ...rest,
          content: Buffer.from(content),
          ...(cid === undefined ? {} : { cid, contentDisposition: 'inline' as const }),
        })),
      });
      return sent.response;
    } finally {
      transport.close();
    }
  };
}
