// Every error that a user can meet: a stable code, what happened, what to do. docs/errors.md is tested against this table.

/** What to do about each error. The key is the stable code; it is never renamed. Exit code 2 means wrong usage or configuration, else 1. */
export const ERRORS = {
  KC_USAGE: {
    exit: 2,
    what: 'The command line is wrong.',
    todo: 'Run the command with --help and correct the named option.',
  },
  KC_CONFIG: {
    exit: 2,
    what: 'The configuration is wrong.',
    todo: 'Correct every setting that the message lists; all are listed at once.',
  },
  KC_NO_CONTACT: {
    exit: 2,
    what: 'A survey, or the reading of a certificate log, would leave this machine without saying who asks.',
    todo: 'Set contact.url and contact.email in the configuration (KUBECENSUS_CONTACT_URL, KUBECENSUS_CONTACT_EMAIL).',
  },
  KC_NO_PROBING_FILE: {
    exit: 2,
    what: 'A survey of the internet would leave this machine while nobody who sees it could look up who asks (RFC 9511).',
    todo: 'Serve what `kubecensus probing` writes below /.well-known/ on the site of contact.url, or on every address of ownAddresses; `kubecensus doctor --network` checks it. To begin without, say why: --without-probing-file REASON, which the manifest and the reports repeat.',
  },
  KC_NO_SCOPE: {
    exit: 2,
    what: 'A survey has no scope.',
    todo: 'Name the networks that may be probed with --scope CIDR or the setting scope.',
  },
  KC_DATABASE_UNREACHABLE: {
    exit: 1,
    what: 'The database does not answer.',
    todo: 'Check DATABASE_URL, that the server runs, and that it lets this user in.',
  },
  KC_DATABASE_VERSION: {
    exit: 2,
    what: 'The database server has a version that kubecensus does not know.',
    todo: 'Use PostgreSQL 15 to 18, or unset DATABASE_URL to use the embedded one.',
  },
  KC_DATABASE_COMMIT_UNKNOWN: {
    exit: 1,
    what: 'The connection broke while a transaction was being committed, so nobody knows whether it was.',
    todo: 'Run the command again: what was committed is recognised and not done twice.',
  },
  KC_MIGRATION: {
    exit: 1,
    what: 'The schema could not be brought up to date.',
    todo: 'Read the cause; nothing of the failed run was kept. A schema that serves this release no more needs the newer one.',
  },
  KC_ROLES: {
    exit: 2,
    what: 'The roles of the database cannot be made.',
    todo: 'Run `kubecensus migrate --roles` with a login that owns the database and may create roles, and with passwords of printable ASCII.',
  },
  KC_EMBEDDED_UNAVAILABLE: {
    exit: 2,
    what: 'There is no embedded PostgreSQL for this machine.',
    todo: 'Reinstall with optional dependencies and install scripts allowed, or set DATABASE_URL to a server of your own.',
  },
  KC_EMBEDDED_ACCESS: {
    exit: 2,
    what: 'The embedded database may not use its files.',
    todo: 'Run as the user who owns the data directory, or choose another one with --data-dir.',
  },
  KC_EMBEDDED_START: {
    exit: 1,
    what: 'The embedded database does not start.',
    todo: 'Read the end of postgres/server.log in the data directory.',
  },
  KC_QUEUE_UNREACHABLE: {
    exit: 1,
    what: 'The queue does not answer.',
    todo: 'Check REDIS_URL (or DATABASE_URL when REDIS_URL is unset) and that the server runs.',
  },
  KC_QUEUE_STUCK: {
    exit: 1,
    what: 'A worker does not get on with the queue though there is work.',
    todo: 'It connects anew by itself. If that does not help, restart the process: what is due stands in the database, and nothing is lost.',
  },
  KC_QUEUE_VERSION: {
    exit: 2,
    what: 'The queue server is too old.',
    todo: 'Use Redis 6.2 or newer, or Valkey; or unset REDIS_URL to keep the queue in PostgreSQL.',
  },
  KC_QUEUE_JOB: {
    exit: 1,
    what: 'A job cannot be put in the queue.',
    todo: 'Report the message: job ids are made by kubecensus itself.',
  },
  KC_CRON: {
    exit: 2,
    what: 'A schedule expression is wrong.',
    todo: 'Write five fields: minute, hour, day of month, month, day of week (a sixth in front means seconds), for example "0 6 * * 1": Mondays at 06:00 UTC.',
  },
  KC_FEED_FILE: {
    exit: 2,
    what: 'A file cannot be read.',
    todo: 'Check the path, that it is a file, and that this user may read it.',
  },
  KC_FEED_FORMAT: {
    exit: 2,
    what: 'There is no file format of that name.',
    todo: 'Use --format auto or one of the names that the message lists.',
  },
  KC_FEED_NO_DATE: {
    exit: 2,
    what: 'A file of counts does not say for which day it counts.',
    todo: 'Give the day with --observed-at, or name the file YYYY-MM-DD-… as its source does.',
  },
  KC_FEED_NOT_DATA: {
    exit: 1,
    what: 'The input is not data of any known format.',
    todo: 'Look at the beginning of the input: it may be a login or error page. If it is data, name its format with --format.',
  },
  KC_FEED_ENCODING: {
    exit: 1,
    what: 'The input is not UTF-8 text.',
    todo: 'Convert it, for example with iconv -t UTF-8, and import it again.',
  },
  KC_FEED_DAMAGED: {
    exit: 1,
    what: 'The input is damaged or incomplete.',
    todo: 'Fetch the file again; nothing of it was stored.',
  },
  KC_FEED_TOO_LARGE: {
    exit: 1,
    what: 'The compressed input grows beyond what a feed may hold.',
    todo: 'Check where the file comes from; decompress it yourself and import the parts that you trust.',
  },
  KC_FEED_CREDENTIALS: {
    exit: 2,
    what: 'The engine refuses the credentials.',
    todo: 'Check the token, its organisation and that its role may use the API.',
  },
  KC_FEED_CREDITS: {
    exit: 1,
    what: 'The engine account has no credits left.',
    todo: 'Wait for the next period or buy credits, then run the feed again.',
  },
  KC_FEED_SPEND: {
    exit: 2,
    what: 'A run may cost more credits than may be spent unasked.',
    todo: "Run it again with --spend N or --yes, or set the feed's maxCredits or confirmCredits.",
  },
  KC_FEED_QUERY: {
    exit: 2,
    what: 'The engine does not accept the query.',
    todo: "Correct the feed's query or field; the message says what the engine dislikes.",
  },
  KC_FEED_UNAVAILABLE: {
    exit: 1,
    what: 'The source does not answer.',
    todo: 'Run the feed again later; it goes on where it stopped.',
  },
  KC_FEED_ANSWER: {
    exit: 1,
    what: 'The source answers in a form that this version does not know.',
    todo: 'Check the base URL; if it is right, report the message.',
  },
  KC_FEED_BUSY: {
    exit: 1,
    what: 'Another run of the feed goes on.',
    todo: 'Wait for its end; `kubecensus feeds list` shows it. A run whose process died does not count: its feed is free at once.',
  },
  KC_FEED_LEASE: {
    exit: 1,
    what: 'The run lost its hold on the feed, because its connection to the database broke.',
    todo: 'Run the feed again: it goes on at what was committed, and nothing is counted twice.',
  },
  KC_FEED_NOT_HELD: {
    exit: 2,
    what: 'There is nothing to decide about the run.',
    todo: 'Run `kubecensus feeds list` for the runs that are held.',
  },
  KC_SCOPE: {
    exit: 2,
    what: 'The scope cannot be read.',
    todo: 'Write networks as 192.0.2.0/24 or 2001:db8::/32, with no bits set beyond the length.',
  },
  KC_OPT_OUT: {
    exit: 2,
    what: 'An opt-out cannot be read, or there is none of that kind.',
    todo: 'Give an address, a prefix, an AS number, a DNS suffix, or the SHA-256 of a public key in hex. `kubecensus opt-out list` shows what is in force, and with --pending what waits.',
  },
  KC_OPT_OUT_UNVERIFIED: {
    exit: 1,
    what: 'The request to opt out could not be verified.',
    todo: 'Ask for the TXT record that the message names and try again later, or say with --verified-by how you checked who asked; nothing was applied.',
  },
  KC_COMPLAINT: {
    exit: 2,
    what: 'There is no such complaint, or it is in another state.',
    todo: 'Run `kubecensus complaint list --all` for the complaints there are.',
  },
  KC_POLICY: {
    exit: 2,
    what: 'The never-probe policy cannot be built, so nothing is dialled.',
    todo: 'Correct what the message names; the policy is never weakened to go on.',
  },
  KC_RESOLVER: {
    exit: 2,
    what: 'A DNS server is not written as an address.',
    todo: 'Write each server as 192.0.2.53, 192.0.2.53:5353 or [2001:db8::53]:5353.',
  },
  KC_GEO: {
    exit: 2,
    what: 'A country or AS database cannot be read.',
    todo: 'Check the path; the file must be in MaxMind DB format. Without a path the packaged data is used.',
  },
  KC_NO_SURVEY: {
    exit: 2,
    what: 'There is no survey of that id.',
    todo: 'List the surveys with `kubecensus surveys` and name one of them.',
  },
  KC_OBSERVATIONS_DROPPED: {
    exit: 2,
    what: 'The observations of this survey are older than retention allows, and have been dropped; its counts stay.',
    todo: 'Ask for counts that are kept (stats by one dimension, the headline report) or name a newer survey; retention.observationDays says how long they are kept.',
  },
  KC_EXPORT_OUT: {
    exit: 2,
    what: 'The export cannot be written where it was asked for.',
    todo: 'Name a file with --out in a directory that exists and that this user may write to.',
  },
  KC_OWNER: {
    exit: 2,
    what: 'A report on single hosts was asked for without a verified owner, or an owner is not described rightly.',
    todo: 'Check who owns the network, then record it: kubecensus owners add NAME PREFIX… --verified "how". See kubecensus owners list.',
  },
  KC_REPORT_OUT: {
    exit: 2,
    what: 'The report would overwrite something that is not a report.',
    todo: 'Name a directory that does not exist, is empty, or holds an earlier report.',
  },
  KC_REPORT_DAMAGED: {
    exit: 1,
    what: 'A stored report does not match its manifest.',
    todo: 'Make the report again; it was not delivered.',
  },
  KC_CT_SIGNATURE: {
    exit: 1,
    what: "A certificate log's checkpoint is not signed by the log's key.",
    todo: 'Compare origin and public key with the log list; if both are right, somebody else answers for the log.',
  },
  KC_CT_LIST_SIGNATURE: {
    exit: 1,
    what: 'A log list is not signed by the key that the feed names.',
    todo: 'Fetch list and signature again, together; if they still do not fit, compare the key file with what the publisher states.',
  },
  KC_CT_SPLIT_VIEW: {
    exit: 1,
    what: 'A certificate log shows a tree that its signed checkpoint, or an earlier one, does not cover.',
    todo: 'Keep both checkpoints and report them to the log operator; nothing of the unverified part was used.',
  },
  KC_CT_TREE_SHRANK: {
    exit: 1,
    what: 'A certificate log shows a smaller tree than before.',
    todo: 'Run the feed again later: a replica may lag. If it stays so, the log took entries back; report it to the operator.',
  },
  KC_CT_MALFORMED: {
    exit: 1,
    what: 'A certificate log serves data that is not of the static-ct-api form.',
    todo: 'Check that the monitoring URL is that of a static-ct-api log; else report it to the log operator.',
  },
  KC_FEED_WITHHELD: {
    exit: 2,
    what: 'The survey would publish what a feed says for its holder only.',
    todo: 'Name other feeds with --feed, or take publish: false out of its declaration when its terms allow publication.',
  },
  KC_FEED_UNKNOWN: {
    exit: 2,
    what: 'There is no feed of that name.',
    todo: 'Run `kubecensus feeds list` for the declared feeds, or declare it under feeds in the configuration file.',
  },
  KC_SCHEDULE: {
    exit: 2,
    what: 'The schedule cannot be added, run or removed as asked.',
    todo: 'Run `kubecensus schedule list`, then correct the name, the cron expression or the destination.',
  },
  KC_DELIVERY: {
    exit: 1,
    what: 'A report could not be delivered.',
    todo: 'Mend what the message names; the delivery is tried again by itself.',
  },
  KC_DIMENSION: {
    exit: 2,
    what: 'Counts were asked by something that is no dimension.',
    todo: 'Use the dimensions that `kubecensus stats --help` lists.',
  },
  KC_KEY: {
    exit: 2,
    what: 'An API key cannot be made, found or used as asked.',
    todo: 'Run `kubecensus keys list` for the keys there are, and `kubecensus keys create --help` for what one may be given.',
  },
  KC_API_LISTEN: {
    exit: 2,
    what: 'The API cannot listen where it was told to.',
    todo: 'Choose another address or port with api.listen (KUBECENSUS_API_LISTEN), or stop the program that holds it.',
  },
  KC_API_UNAUTHORIZED: {
    exit: 2,
    what: 'The request needs an API key, or its key is unknown, expired or revoked.',
    todo: 'Send `Authorization: Bearer KEY` with a key of `kubecensus keys create`.',
  },
  KC_API_FORBIDDEN: {
    exit: 2,
    what: 'The API key does not cover what was asked for.',
    todo: 'Use a key whose scopes and networks cover it.',
  },
  KC_API_NOT_FOUND: {
    exit: 2,
    what: 'There is nothing at this path.',
    todo: 'Read /v1/openapi.json for the paths there are, and check the ids in this one.',
  },
  KC_API_METHOD: {
    exit: 2,
    what: 'The path does not know this method.',
    todo: 'Use one of the methods that the header Allow lists.',
  },
  KC_API_REQUEST: {
    exit: 2,
    what: 'The request is not what the path takes.',
    todo: 'Correct what the message names; /v1/openapi.json says what is taken.',
  },
  KC_API_CURSOR: {
    exit: 2,
    what: 'The cursor is not one of ours, or the question is not the one that it was given for.',
    todo: 'Ask for the first page again, and change nothing but the cursor from page to page.',
  },
  KC_API_RATE: {
    exit: 1,
    what: 'Too many requests.',
    todo: 'Wait as many seconds as the header Retry-After says.',
  },
  KC_API_IDEMPOTENCY: {
    exit: 2,
    what: 'The Idempotency-Key was used for another request.',
    todo: 'Use a fresh key for every request, and the same one only to repeat it.',
  },
  KC_METRICS_LISTEN: {
    exit: 1,
    what: 'The listener for metrics cannot open its port.',
    todo: 'Give another address and port as metrics.listen, or stop what uses this one.',
  },
  KC_LAB: {
    exit: 1,
    what: 'The lab could not start on the loopback network.',
    todo: 'The lab listens on many addresses of 127.16.0.0/12, which Linux has by itself; stop other labs, or run it in a container.',
  },
  KC_INTERNAL: { exit: 1, what: 'Something failed that should not have.', todo: 'Report the message with its cause.' },
} as const satisfies Record<string, { exit: 1 | 2; what: string; todo: string }>;

export type ErrorCode = keyof typeof ERRORS;

/** A failure with a stable code. `message` says what happened here; the table says what to do about it. */
export class KubecensusError extends Error {
  readonly code: ErrorCode;
  constructor(code: ErrorCode, detail: string, options?: ErrorOptions) {
    super(detail === '' ? ERRORS[code].what : detail, options);
    this.name = 'KubecensusError';
    this.code = code;
  }
  get exitCode(): 1 | 2 {
    return ERRORS[this.code].exit;
  }
  get todo(): string {
    return ERRORS[this.code].todo;
  }
}
