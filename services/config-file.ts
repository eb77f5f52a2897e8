// The file of settings: JSON, in groups or flat, and the declared feeds in it. What is wrong is added to the mistakes.
import { readFileSync } from 'node:fs';

/** The settings of one declared feed: `type` names an entry of the list of feed types; the rest is that type's own. */
export type FeedSettings = Readonly<Record<string, unknown>> & { readonly type: string };

/** The settings of the file by their flat names. */
export function readConfigFile(file: string, mistakes: string[]): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed))
      return flatten(parsed as Record<string, unknown>);
    mistakes.push(`${file} should hold one JSON object`);
  } catch (error) {
    mistakes.push(`${file} cannot be read as JSON: ${(error as Error).message}`);
  }
  return {};
}

/** `{"dns": {"servers": []}}` and `{"dns.servers": []}` mean the same; `feeds` keeps its own shape. */
function flatten(object: Record<string, unknown>): Record<string, unknown> {
  const flat: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(object)) {
    const group = key !== 'feeds' && typeof value === 'object' && value !== null && !Array.isArray(value);
    if (!group) flat[key] = value;
    else for (const [inner, innerValue] of Object.entries(value)) flat[`${key}.${inner}`] = innerValue;
  }
  return flat;
}

/** The declared feeds by name. */
export function readFeeds(value: unknown, mistakes: string[]): Record<string, FeedSettings> {
  if (value === undefined) return {};
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    mistakes.push('feeds should be an object of feeds by name');
    return {};
  }
  const feeds: Record<string, FeedSettings> = {};
  for (const [name, settings] of Object.entries(value)) {
    if (
      typeof settings === 'object' &&
      settings !== null &&
      typeof (settings as { type?: unknown }).type === 'string'
    ) {
      feeds[name] = settings as FeedSettings;
    } else mistakes.push(`feeds.${name} should be an object with a type`);
  }
  return feeds;
}
