// Who asks, and whether that is enough for what is asked.
import { KubecensusError } from '../platform/errors.ts';
import { type ApiKey, mayUse, type Scope } from './keys/api-key.ts';

/** Who asks: a key in force, nobody known, or somebody whose key opens nothing. */
export type Access =
  | { readonly kind: 'key'; readonly key: ApiKey }
  | { readonly kind: 'public' }
  | { readonly kind: 'refused'; readonly why: string };

/** What a route asks for. `public`: also answered without a key, where the installation publishes aggregates. */
export interface Needs {
  readonly scope: Scope;
  readonly public?: true;
}

/** Throws KC_API_UNAUTHORIZED or KC_API_FORBIDDEN. A route that needs nothing is open to everybody, whatever they present. */
export function authorize(access: Access, needs: Needs | undefined, publicAggregates: boolean): void {
  if (needs === undefined) return;
  if (access.kind === 'refused')
    throw new KubecensusError('KC_API_UNAUTHORIZED', `${access.why} ${howToGet(needs.scope)}`);
  if (access.kind === 'public') {
    if (needs.public === true && publicAggregates) return;
    throw new KubecensusError('KC_API_UNAUTHORIZED', `This needs an API key. ${howToGet(needs.scope)}`);
  }
  if (!mayUse(access.key, needs.scope))
    throw new KubecensusError('KC_API_FORBIDDEN', `The key has not the scope ${needs.scope}. ${howToGet(needs.scope)}`);
}

/** How somebody comes to a key that opens what needs this scope, in one sentence. */
function howToGet(scope: Scope): string {
  const networks = scope === 'host:read' ? ' --network CIDR' : '';
  return `Send \`Authorization: Bearer KEY\` with a key that has the scope ${scope}; whoever runs this installation makes one with \`kubecensus keys create --name NAME --scope ${scope}${networks}\`.`;
}

/** What a key has to be made with to cover these networks, in one sentence. */
export const howToCover = (networks: string): string =>
  `Its networks are those that it was made with: \`kubecensus keys create --name NAME --scope aggregate:read host:read --network ${networks}\` makes one that covers it.`;

/** The key of a request that was authorized with one. */
export function keyOf(access: Access): ApiKey {
  if (access.kind === 'key') return access.key;
  throw new KubecensusError('KC_API_UNAUTHORIZED', `This needs an API key. ${howToGet('aggregate:read')}`);
}

/** The key in an Authorization header, '' where it holds none, null when there is no header. */
export function bearerOf(header: string | undefined): string | null {
  if (header === undefined) return null;
  return /^Bearer +(\S+) *$/i.exec(header)?.[1] ?? '';
}
