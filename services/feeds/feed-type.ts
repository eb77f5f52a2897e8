// What a feed type is: the settings that a configuration gives it, and how a feed is made of them.
import type { Clock } from '../platform/clock.ts';
import type { Sleep } from './engine-answer.ts';
import type { Feed } from './feed.ts';
import type { GuestOpener } from './guest-database.ts';
import type { HttpClient } from './http.ts';
import type { SettingSpec, Settings } from './settings.ts';
import type { SocketOpener } from './web-socket.ts';

/** What every type gets to work with. */
export interface FeedTools {
  readonly http: HttpClient;
  /** Missing where feeds are only listed. */
  readonly openSocket?: SocketOpener;
  /** Missing where feeds are only listed. */
  readonly openGuest?: GuestOpener;
  readonly sleep: Sleep;
  /** A secret by the name of its environment variable, or null. */
  readonly secret: (variable: string) => string | null;
  readonly now: Clock;
  /** Whether requests say who sends them. Missing where nothing is asked but a server of one's own. */
  readonly hasContact?: boolean;
}

export interface FeedType {
  readonly title: string;
  /** Settings of the type; those without a fallback are required. */
  readonly settings: Readonly<Record<string, SettingSpec>>;
  readonly open: (name: string, settings: Settings, tools: FeedTools) => Feed;
}
