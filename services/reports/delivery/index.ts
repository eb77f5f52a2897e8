// The list of ways a report is delivered: one line each.
import { MANIFEST, readContents, readReport } from '../report-files.ts';
import type { Report } from '../section.ts';
import type { AttemptEnd, Means, Parcel } from './delivery.ts';
import { DESTINATION_FORMS, type Destination, deliveryId, readDestination } from './destination.ts';
import { deliverToDirectory } from './directory.ts';
import { deliverToMailbox } from './mail.ts';
import { deliverToStorage } from './object-storage.ts';
import { deliverToWebhook } from './webhook.ts';

type Deliver<Kind extends Destination['kind']> = (
  parcel: Parcel,
  place: Extract<Destination, { kind: Kind }>,
  means: Means,
) => Promise<AttemptEnd>;

const DELIVERIES: { readonly [Kind in Destination['kind']]: Deliver<Kind> } = {
  dir: async ({ files }, { path }) => {
    const { directory, written } = await deliverToDirectory(files, path);
    return { result: 'delivered', detail: written ? directory : `${directory} was there already` };
  },
  mailto: deliverToMailbox,
  webhook: deliverToWebhook,
  s3: deliverToStorage,
};

/** One attempt: which report, where to, on behalf of which schedule, when. */
export interface Attempt {
  readonly destination: string;
  /** Where the report lies. */
  readonly directory: string;
  readonly schedule: string | null;
  readonly at: Date;
}

/** Makes one attempt. Never throws; repeating it is harmless, since every attempt carries the same id. */
export async function deliverTo(attempt: Attempt, means: Means): Promise<AttemptEnd> {
  const place = readDestination(attempt.destination);
  if (place === null)
    return {
      result: 'refused',
      detail: `There is no way to deliver to "${attempt.destination}"; there are: ${DESTINATION_FORMS.join(', ')}.`,
    };
  try {
    const parcel = await parcelOf(attempt);
    if (typeof parcel === 'string') return { result: 'failed', detail: parcel };
    // The list has one entry for every kind, each for its own place, which the types of a union cannot say here.
    return await (DELIVERIES[place.kind] as Deliver<Destination['kind']>)(parcel, place, means);
  } catch (cause) {
    return { result: 'failed', detail: cause instanceof Error ? cause.message : String(cause) };
  }
}

/** The report with its files, or in one line why it cannot be sent. */
async function parcelOf({ destination, directory, schedule, at }: Attempt): Promise<Parcel | string> {
  const files = await readReport(directory);
  if (files === null) return `${directory} holds no report.`;
  const read = await readContents(files);
  if ('damaged' in read) return `${read.damaged} of report ${files.id} is missing or was changed.`;
  const json = read.contents.get('report.json');
  if (json === undefined) return `Report ${files.id} was written without report.json.`;
  return {
    id: deliveryId(files.id, destination),
    files,
    contents: read.contents,
    report: JSON.parse(json.toString('utf8')) as Report,
    manifest: JSON.parse(read.contents.get(MANIFEST)!.toString('utf8')) as Record<string, unknown>,
    schedule,
    sentAt: at,
  };
}
