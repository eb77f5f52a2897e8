// Writes services/reports/charts/country-places.ts: one place for each country, from the outlines that world-atlas packages.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import countries from 'i18n-iso-countries';
import { feature } from 'topojson-client';

type Topology = Parameters<typeof feature>[0];
type Place = readonly [number, number];
type Ring = readonly (readonly number[])[];
/** As GeoJSON has it: rings of a piece, the outer one first. */
type Outline =
  | { readonly type: 'Polygon'; readonly coordinates: readonly Ring[] }
  | { readonly type: 'MultiPolygon'; readonly coordinates: readonly (readonly Ring[])[] };
interface Outlines {
  readonly features: readonly { readonly id?: unknown; readonly geometry: Outline }[];
}

const require = createRequire(import.meta.url);
const OUT = new URL('../services/reports/charts/country-places.ts', import.meta.url);

/** 1:50 million outlines (Natural Earth, public domain): they have the small territories that many servers stand in (Singapore, Hong Kong). */
export function countryPlacesText(): string {
  const topology = JSON.parse(readFileSync(require.resolve('world-atlas/countries-50m.json'), 'utf8')) as Topology;
  const { features } = feature(topology, topology.objects['countries']!) as unknown as Outlines;
  const places = new Map<string, Middle>();
  for (const one of features) {
    const code = countries.numericToAlpha2(String(one.id ?? ''));
    if (code === undefined) continue;
    const here = middle(one.geometry);
    // Some territories have the number of the country that they belong to.
    if (here.extent > (places.get(code)?.extent ?? 0)) places.set(code, here);
  }
  const rows = [...places].sort(([a], [b]) => (a < b ? -1 : 1));
  return `// Where each country's circle stands on maps: the middle of its largest piece, as [longitude, latitude] in degrees. Written by scripts/country-places.ts.

export const COUNTRY_PLACES: Readonly<Record<string, readonly [number, number]>> = {
${rows
  .map(
    ([
      code,
      {
        place: [x, y],
      },
    ]) => `  ${code}: [${round(x)}, ${round(y)}],`,
  )
  .join('\n')}
};
`;
}

function round(degrees: number): number {
  return Math.round(degrees * 10) / 10;
}

interface Middle {
  readonly place: Place;
  /** Area of the piece on the globe, up to a factor. */
  readonly extent: number;
}

function middle(geometry: Outline): Middle {
  const pieces = geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates;
  return pieces
    .map((piece) => centroid(unwrapped(piece[0]!)))
    .reduce((best, one) => (one.extent > best.extent ? one : best));
}

/** Longitudes without the jump at the date line, which would turn a piece inside out. */
function unwrapped(ring: Ring): Place[] {
  const places: Place[] = [];
  for (const [x = 0, y = 0] of ring) {
    const before = places.at(-1)?.[0] ?? x;
    places.push([x + 360 * Math.round((before - x) / 360), y]);
  }
  return places;
}

/** The centroid of a ring on the plane of longitude and latitude. */
function centroid(ring: readonly Place[]): Middle {
  let [twice, x, y] = [0, 0, 0];
  for (const [at, [x1, y1]] of ring.entries()) {
    const [x2, y2] = ring[(at + 1) % ring.length]!;
    const cross = x1 * y2 - x2 * y1;
    twice += cross;
    x += (x1 + x2) * cross;
    y += (y1 + y2) * cross;
  }
  const [longitude, latitude] = [x / (3 * twice), y / (3 * twice)];
  return {
    place: [longitude > 180 ? longitude - 360 : longitude, latitude],
    extent: Math.abs(twice) * Math.cos((latitude * Math.PI) / 180),
  };
}

if (import.meta.main) writeFileSync(OUT, countryPlacesText());
