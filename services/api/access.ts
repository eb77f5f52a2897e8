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
  if (access.kind === 'refused') throw new KubecensusError('KC_API_UNAUTHORIZED', access.why);
  if (access.kind === 'public') {
    if (needs.public === true && publicAggregates) return;
    throw new KubecensusError('KC_API_UNAUTHORIZED', 'This needs an API key.');
  }
  if (!mayUse(access.key, needs.scope))
    throw new KubecensusError('KC_API_FORBIDDEN', `The key has not the scope ${needs.scope}.`);
}

/** The key of a request that was authorized with one. */
export function keyOf(access: Access): ApiKey {
  if (access.kind === 'key') return access.key;
  throw new KubecensusError('KC_API_UNAUTHORIZED', 'This needs an API key.');
}

/** The key in an Authorization header, '' where it holds none, null when there is no header. */
export function bearerOf(header: string | undefined): string | null {
  if (header === undefined) return null;
  return /^Bearer +(\S+) *$/i.exec(header)?.[1] ?? '';
}
