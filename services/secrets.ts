// Secrets by the variables that hold them. No file of settings does, and they are never printed.
import { WEBHOOK_SECRETS } from './reports/delivery/destination.ts';

/** Secrets that no file of settings holds: each stands in this variable, or in the file that VARIABLE_FILE names. */
export const SECRETS = {
  databasePassword: 'DATABASE_PASSWORD',
  redisPassword: 'REDIS_PASSWORD',
  proberPassword: 'KUBECENSUS_PROBER_PASSWORD',
  schedulerPassword: 'KUBECENSUS_SCHEDULER_PASSWORD',
  apiPassword: 'KUBECENSUS_API_PASSWORD',
  traceHeaders: 'OTEL_EXPORTER_OTLP_HEADERS',
  smtpPassword: 'KUBECENSUS_SMTP_PASSWORD',
  webhook: WEBHOOK_SECRETS,
  s3Key: 'AWS_ACCESS_KEY_ID',
  s3Secret: 'AWS_SECRET_ACCESS_KEY',
  s3Session: 'AWS_SESSION_TOKEN',
} as const;

/** What each is, for docs/configuration.md. */
export const SECRET_MEANINGS: Readonly<Record<keyof typeof SECRETS, string>> = {
  databasePassword: 'Password for DATABASE_URL, where that names a host and holds none.',
  redisPassword: 'The same for REDIS_URL.',
  proberPassword:
    'Password that `kubecensus migrate --roles` gives the database role census_prober. Unset: that role cannot log in.',
  schedulerPassword: 'The same for census_scheduler.',
  apiPassword: 'The same for census_api.',
  traceHeaders: 'Fields of every request to tracing.endpoint, as name=value separated by commas.',
  smtpPassword: 'Password of smtp.user at the relay.',
  webhook:
    'Secrets that sign webhooks, as whsec_BASE64, newest first: every message is signed with each. A destination that ends in #NAME uses the variable with _NAME behind.',
  s3Key: 'Key of the object store.',
  s3Secret: 'Its secret.',
  s3Session: 'Token of temporary credentials, where there is one.',
};
