// The API server: hooks, limits, the OpenAPI document and the list of resources. Built here; whoever starts it makes it listen.
import { constants } from 'node:zlib';
import compress from '@fastify/compress';
import rateLimit, { normalizeIP } from '@fastify/rate-limit';
import swagger from '@fastify/swagger';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import fastify, { type FastifyReply, type FastifyRequest } from 'fastify';
import { isConnectionLoss } from '../platform/db/connection-loss.ts';
import { KubecensusError } from '../platform/errors.ts';
import { release } from '../platform/release.ts';
import { accessOfKey } from './access.store.ts';
import { type Access, authorize, bearerOf } from './access.ts';
import { validateContent } from './answer.ts';
import type { Api, ApiContext, Resource } from './context.ts';
import { PROBLEM_TYPE, problemOf } from './errors.ts';
import { refuseOtherMethods } from './methods.ts';
import { documentOf } from './openapi.ts';
import { sendProblemPage, wantsPage } from './pages/problem-page.ts';
import { viewerOf } from './pages/viewer.store.ts';
import type { Viewer } from './pages/viewer.ts';
import { compileValidator } from './request-values.ts';
import { RESOURCES } from './resources.ts';
import { Problem } from './schemas.ts';

/** Bodies are one opt-out or one export: far below this. */
const BODY_BYTES = 64 * 1024;
/** The router takes longer parameters of paths than any schema does, so that it is the schema that refuses them. */
const PARAMETER_LENGTH = 8192;
/** A client that has not sent its whole request by then is cut off. */
const REQUEST_MS = 30_000;
/** Answers smaller than a packet gain nothing by compression. */
const COMPRESS_FROM_BYTES = 1024;
const BROTLI_QUALITY = 4;
const GZIP_LEVEL = 3;
const MINUTE_MS = 60_000;
/** When to ask again where the limit itself does not say: a busy or a restarting server. */
const RETRY_SECONDS: Readonly<Record<number, number>> = { 429: 30, 503: 5 };
/** Clients whose count is kept at once; the least recently seen is forgotten first. */
const COUNTED_CLIENTS = 20_000;

/** Sent with every answer: it is data, and no page may make anything else of it. Pages set a policy of their own. */
const SAFE_HEADERS = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
} as const;

/** Builds the server with its resources; it does not listen. Close it with `close()`. */
export async function createServer(context: ApiContext, resources: readonly Resource[] = RESOURCES): Promise<Api> {
  const { settings } = context;
  const api: Api = fastify({
    logger: false,
    bodyLimit: BODY_BYTES,
    requestTimeout: REQUEST_MS,
    routerOptions: { maxParamLength: PARAMETER_LENGTH },
    trustProxy: settings.trustedProxies.length > 0 ? [...settings.trustedProxies] : false,
    frameworkErrors: (error, _request, reply) => {
      const found = problemOf(error, isConnectionLoss);
      void (reply as FastifyReply).code(found.status).type(PROBLEM_TYPE).send(JSON.stringify(found));
    },
  }).withTypeProvider<TypeBoxTypeProvider>();
  api.setValidatorCompiler(compileValidator as Parameters<Api['setValidatorCompiler']>[0]);
  api.addSchema(Problem);
  addHooks(api, context);
  await api.register(rateLimit, {
    timeWindow: MINUTE_MS,
    cache: COUNTED_CLIENTS,
    enableDraftSpec: true,
    keyGenerator: clientOf,
    max: ({ access }: FastifyRequest) =>
      access.kind === 'key' ? settings.requestsPerMinute : settings.publicRequestsPerMinute,
    errorResponseBuilder: (_request, { after }) =>
      new KubecensusError('KC_API_RATE', `Too many requests; wait ${after}.`),
  });
  await api.register(compress, {
    threshold: COMPRESS_FROM_BYTES,
    encodings: ['br', 'gzip'],
    globalDecompression: false,
    // For a page with a map Node's own choice of brotli, 11, takes a tenth of a second, and that of gzip, 6, twice what 3 takes; these are a few percent larger.
    brotliOptions: { params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY } },
    zlibOptions: { level: GZIP_LEVEL },
  });
  await api.register(swagger, documentOf(settings.publicUrl, release.version));
  const refuseRest = refuseOtherMethods(api);
  for (const addResource of resources) addResource(api, context);
  refuseRest();
  api.setNotFoundHandler({ preHandler: api.rateLimit() }, (request) => {
    throw new KubecensusError('KC_API_NOT_FOUND', `There is nothing at ${request.url.split('?')[0]}.`);
  });
  return api;
}

/** Who asks is known first, so that limits are by key; what that allows is decided before a body is read. */
function addHooks(api: Api, context: ApiContext): void {
  api.decorateRequest('access');
  api.addHook('onRequest', async (request, reply) => {
    request.access = await accessOf(request, context);
    void reply.headers(SAFE_HEADERS);
  });
  api.addHook('preParsing', async (request) => {
    authorize(request.access, request.routeOptions.config.needs, context.settings.publicAggregates);
  });
  let isClosing = false;
  api.addHook('preClose', async () => {
    isClosing = true;
  });
  api.addHook('onSend', async (request, reply, payload) => {
    // A client would keep its connection, and a stop would wait for it.
    if (isClosing) void reply.header('connection', 'close');
    const [limit, remaining, reset] = ['limit', 'remaining', 'reset'].map((name) =>
      reply.getHeader(`ratelimit-${name}`),
    );
    if (limit !== undefined)
      void reply.headers({
        'ratelimit-policy': `"minute";q=${limit};w=60`,
        ratelimit: `"minute";r=${remaining};t=${reset}`,
      });
    return validateContent(request, reply, payload);
  });
  api.setErrorHandler(async (error, request, reply) => {
    const found = problemOf(error, isConnectionLoss);
    if (found.status >= 500)
      context.log.error({ err: error, method: request.method, path: request.routeOptions.url }, 'a request failed');
    if (found.status === 401) void reply.header('www-authenticate', 'Bearer');
    if (!reply.hasHeader('retry-after') && RETRY_SECONDS[found.status] !== undefined)
      void reply.header('retry-after', RETRY_SECONDS[found.status]);
    if (wantsPage(request)) return sendProblemPage(reply, await knownViewer(request, context), found);
    return reply.code(found.status).type(PROBLEM_TYPE).send(found);
  });
}

/** Who looks at a page that says what went wrong: it may be the database, which knows them, that is away. */
async function knownViewer(request: FastifyRequest, context: ApiContext): Promise<Viewer> {
  return viewerOf(request, context).catch(() => ({ access: request.access ?? { kind: 'public' }, sees: 'nothing' }));
}

async function accessOf(request: FastifyRequest, context: ApiContext): Promise<Access> {
  const bearer = bearerOf(request.headers.authorization);
  if (bearer !== null) return accessOfKey(bearer, context);
  return context.guest === undefined ? { kind: 'public' } : { kind: 'key', key: context.guest };
}

/** A key, or an address: IPv6 clients have a /64 each. */
const clientOf = ({ access, ip }: FastifyRequest): string =>
  access.kind === 'key' ? `key ${access.key.id}` : `address ${normalizeIP(ip)}`;
