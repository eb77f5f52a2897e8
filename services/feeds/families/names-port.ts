// The port of names, which certificates do not have.
import type { SettingSpec } from '../settings.ts';

export const NAMES_PORT: SettingSpec = {
  kind: 'integer',
  fallback: null,
  means: "port of the names found (default: the survey's ports)",
};
