// Who looks at a page, and what that shows.
import type { Access } from '../access.ts';

/** What may be shown to whoever looks: everything, what is published, or the way in. */
export interface Viewer {
  readonly access: Access;
  readonly sees: 'whole' | 'published' | 'nothing';
}
