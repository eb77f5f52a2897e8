// Delivers a report by e-mail: text and HTML, pictures inside, files beside them while they are small, a way out in every message.
import { visible } from '../plain-text.ts';
import { MANIFEST } from '../report-files.ts';
import { figuresOf } from '../section.ts';
import {
  type AttemptEnd,
  isPartialManifest,
  type MailAttachment,
  type MailMessage,
  type MailSettings,
  type Means,
  type Parcel,
  reportUrl,
} from './delivery.ts';
import { mailHtml, SHEET } from './mail-html.ts';
import { mailText } from './mail-text.ts';
import { contentTypeOf } from './object-storage.ts';

/** Files and pictures of a mail together, before they are encoded: relays commonly take 10 MB of message, and encoding adds a third. */
export const MAX_ATTACHED_BYTES = 5 * 1024 * 1024;
/** Letters of a subject that lists still show. */
const SUBJECT_LETTERS = 120;
/** Pictures are drawn at twice their size on the page, for dense screens. */
const PICTURE_WIDTH = 2 * SHEET;

/** Sends one message to one recipient. Never throws; every attempt has the same Message-ID. */
export async function deliverToMailbox(
  parcel: Parcel,
  { address }: { readonly address: string },
  means: Means,
): Promise<AttemptEnd> {
  if (means.mail === null) return { result: 'failed', detail: 'smtp.host and smtp.from are not set' };
  const pictures = await picturesOf(parcel, means.mail.pictureOf);
  const urls = {
    reportUrl: reportUrl(means, parcel.files.id),
    // Of a schedule that was removed nothing more is sent.
    unsubscribeUrl: parcel.schedule === null ? null : await means.mail.unsubscribeUrl(parcel.schedule, address),
  };
  const message = mailOf(parcel, address, { ...means.mail.settings, ...urls }, pictures);
  try {
    return { result: 'delivered', detail: await means.mail.send(message) };
  } catch (error) {
    const { message: detail, responseCode } = error as Error & { responseCode?: number };
    // 550 to 559 are about this recipient or this message; other permanent codes are about the session, which an operator mends.
    const isRefused = responseCode !== undefined && responseCode >= 550 && responseCode <= 559;
    return { result: isRefused ? 'refused' : 'failed', detail: visible(detail) };
  }
}

/** Figure id -> PNG, or null when not every picture can be made: then all go as SVG files, so that no mail is half illustrated. */
async function picturesOf(
  { report, contents }: Parcel,
  pictureOf: (svg: string, width: number) => Promise<Uint8Array | null>,
): Promise<ReadonlyMap<string, Uint8Array> | null> {
  const pictures = new Map<string, Uint8Array>();
  for (const { id } of figuresOf(report)) {
    const svg = contents.get(`figures/${id}.svg`);
    const png = svg === undefined ? null : await pictureOf(Buffer.from(svg).toString('utf8'), PICTURE_WIDTH);
    if (png === null) return null;
    pictures.set(id, png);
  }
  return pictures;
}

interface LinkedSettings extends MailSettings {
  readonly reportUrl: string | null;
  readonly unsubscribeUrl: string | null;
}

/** The message. Pure: the same parcel gives the same message. Pictures: null where none can be made. */
export function mailOf(
  parcel: Parcel,
  address: string,
  settings: LinkedSettings,
  pictures: ReadonlyMap<string, Uint8Array> | null,
): MailMessage {
  const { report, files } = parcel;
  const attached = fitting(attachmentsOf(parcel), pictureParts(parcel, pictures));
  const shown = new Map(
    attached.flatMap((one) => (one.cid === undefined ? [] : [[one.filename.slice(0, -4), one.cid]])),
  );
  const isPartial = isPartialManifest(parcel.manifest);
  const remarks = [
    ...(isPartial
      ? ['The survey behind this report is partial: it was stopped, or a feed was cut short. Its counts are too low.']
      : []),
    ...(attached.some((one) => one.cid === undefined)
      ? []
      : [`The files are larger than a mail should carry. ${whereFiles(settings.reportUrl, files.id)}`]),
  ];
  const footer = [
    `Report ${files.id}${parcel.schedule === null ? '' : ` of the schedule ${parcel.schedule}`}. It is sent to ${address}.`,
    ...(settings.reportUrl === null ? [] : [`All files: ${settings.reportUrl}`]),
    `To get no more of these, ${settings.unsubscribeUrl === null ? '' : `open ${settings.unsubscribeUrl} or `}write to ${settings.unsubscribeMail}.`,
  ];
  const text = [...remarks.map((remark) => `! ${remark}\n\n`), mailText(report), `\n-- \n${footer.join('\n')}\n`].join(
    '',
  );
  return {
    from: settings.from,
    to: address,
    subject: `${isPartial ? '[partial] ' : ''}${visible(report.title)}, ${report.generatedAt.slice(0, 10)}`.slice(
      0,
      SUBJECT_LETTERS,
    ),
    messageId: `<${parcel.id}@${domainOf(settings.from)}>`,
    date: parcel.sentAt,
    headers: {
      ...unsubscribeHeaders(parcel.schedule ?? files.name, settings),
      // RFC 3834: vacation programs do not answer.
      'Auto-Submitted': 'auto-generated',
      'X-Kubecensus-Report': files.id,
    },
    text,
    html: mailHtml({ report, pictures: shown, remarks, footer }),
    attachments: attached,
  };
}

const whereFiles = (url: string | null, id: string): string =>
  url === null ? `Ask who runs this census for report ${id}.` : `They are at ${url}`;

/** The page, the data and the manifest, under names that still say what they are when they were saved. */
function attachmentsOf({ files, contents }: Parcel): MailAttachment[] {
  const stem = `${files.name}-${files.id}`;
  const named = [
    ['index.html', `${stem}.html`],
    ['report.json', `${stem}.json`],
    [MANIFEST, `${stem}.manifest.json`],
  ] as const;
  return named.flatMap(([path, filename]) => {
    const content = contents.get(path);
    return content === undefined ? [] : [{ filename, contentType: contentTypeOf(path), content }];
  });
}

/** PNG for the HTML part to show, else the SVG files, which mail programs do not show inside a text. */
function pictureParts(
  { id, report, contents }: Parcel,
  pictures: ReadonlyMap<string, Uint8Array> | null,
): MailAttachment[] {
  return figuresOf(report).flatMap((figure): MailAttachment[] => {
    const png = pictures?.get(figure.id);
    if (png !== undefined)
      return [
        { filename: `${figure.id}.png`, contentType: 'image/png', content: png, cid: `${figure.id}.${id}@kubecensus` },
      ];
    const svg = contents.get(`figures/${figure.id}.svg`);
    return svg === undefined ? [] : [{ filename: `${figure.id}.svg`, contentType: 'image/svg+xml', content: svg }];
  });
}

/** Files and pictures while they fit together, else pictures alone, else nothing. */
function fitting(files: readonly MailAttachment[], pictures: readonly MailAttachment[]): MailAttachment[] {
  const fits = (all: readonly MailAttachment[]): boolean =>
    all.reduce((sum, one) => sum + one.content.byteLength, 0) <= MAX_ATTACHED_BYTES;
  if (fits([...files, ...pictures])) return [...files, ...pictures];
  const inline = pictures.filter((one) => one.cid !== undefined);
  return fits(inline) ? inline : [];
}

/** RFC 2369 and, where there is an address for it that speaks TLS, as it demands, RFC 8058. */
function unsubscribeHeaders(schedule: string, settings: LinkedSettings): Record<string, string> {
  const subject = encodeURIComponent(`unsubscribe ${schedule}`);
  const byMail = `<mailto:${settings.unsubscribeMail}?subject=${subject}>`;
  const { unsubscribeUrl: url } = settings;
  if (url === null) return { 'List-Unsubscribe': byMail };
  return {
    'List-Unsubscribe': `<${url}>, ${byMail}`,
    ...(url.startsWith('https:') ? { 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' } : {}),
  };
}

/** "Census <census@example.org>" -> "example.org". */
const domainOf = (from: string): string => /@([^\s<>@]+?)>?$/.exec(from)?.[1] ?? 'localhost';
