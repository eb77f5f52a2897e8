// A map: land as paper, one circle for each country, its area in proportion to its count. Coloured areas would show who is large, not who has many.
import * as Plot from '@observablehq/plot';
import { feature } from 'topojson-client';
import atlas from 'world-atlas/land-110m.json' with { type: 'json' };
import type { MapChart } from '../chart.ts';
import { compact, grouped } from '../numbers.ts';
import { visible } from '../plain-text.ts';
import { COUNTRY_PLACES } from './country-places.ts';
import { draw, type Picture, SMALL_LETTER } from './drawing.ts';
import { textWidth } from './letters.ts';
import { paint } from './palette.ts';
import { emptyPicture } from './pixels.ts';

/** Height of the map by its width: the equal-earth projection without Antarctica. */
const ASPECT = 0.46;
/** The largest circle's radius, by the width of the map. */
const LARGEST = 0.042;
/** No circle is smaller than a reader can see; the table has the numbers. */
const SMALLEST = 1.6;
const FOOT = 22;
/** Degrees of longitude and latitude that are shown: people live there. */
const SHOWN = {
  type: 'MultiPoint',
  coordinates: [
    [-168, -55],
    [180, -55],
    [-168, 78],
    [180, 78],
    [0, 78],
    [0, -55],
  ],
} as const;

/** The outline of all land at 1:110 million (Natural Earth, public domain). */
const topology = atlas as unknown as Parameters<typeof feature>[0];
const LAND = feature(topology, topology.objects['land']!) as unknown as Plot.Data;

interface Circle {
  /** Longitude and latitude in degrees. */
  readonly place: readonly [number, number];
  readonly radius: number;
  readonly title: string;
  readonly written: string;
}

export function mapPicture(chart: MapChart, width: number): Picture {
  const withheld = chart.withheld ?? 0;
  if (chart.places.length === 0 && chart.elsewhere === 0 && withheld === 0) return emptyPicture(width);
  const most = Math.max(1, ...chart.places.map((one) => one.value));
  const circles: Circle[] = [...chart.places]
    .sort((a, b) => b.value - a.value || (a.code < b.code ? -1 : 1))
    .flatMap((one) => {
      const place = placeOf(one.code);
      return place === undefined || one.value <= 0
        ? []
        : [
            {
              place,
              radius: Math.max(SMALLEST, width * LARGEST * Math.sqrt(one.value / most)),
              title: `${visible(one.label)}: ${grouped(one.value)} ${chart.unit}`,
              written: compact(one.value),
            },
          ];
    });
  const missing =
    chart.elsewhere + sum(chart.places.filter((one) => placeOf(one.code) === undefined).map((one) => one.value));
  const height = Math.round(width * ASPECT);
  const left = [
    ...(missing === 0 ? [] : [`${grouped(missing)} ${chart.unit}`]),
    ...(withheld === 0
      ? []
      : [`${grouped(withheld)}${missing === 0 ? ` ${chart.unit}` : ''} in countries that are withheld`]),
  ];
  const foot = left.length === 0 ? 0 : FOOT;
  return draw({
    sheet: { width, height: height + foot, marginLeft: 2, marginRight: 2, marginTop: 2, marginBottom: 2 + foot },
    x: {},
    y: {},
    projection: { type: 'equal-earth', domain: SHOWN, inset: 0, clip: 'frame' },
    marks: [
      Plot.geo(LAND, { fill: paint('rule') }),
      // Plot draws the largest first, so that no circle hides a smaller one.
      Plot.dot(circles, {
        x: longitude,
        y: latitude,
        r: { value: 'radius', scale: null },
        fill: paint('plain'),
        fillOpacity: 0.72,
        stroke: paint('paper'),
        strokeWidth: 0.8,
        title: 'title',
      } as Plot.DotOptions),
      // Numbers only where they have room; the table has them all.
      Plot.text(withRoom(circles, width), {
        x: longitude,
        y: latitude,
        text: 'written',
        fill: paint('paper'),
        fontSize: SMALL_LETTER,
        fontVariant: 'tabular-nums',
      }),
      ...(left.length === 0
        ? []
        : [
            Plot.text([`Not on the map: ${left.join(', ')}.`], {
              frameAnchor: 'bottom-left',
              textAnchor: 'start',
              dy: FOOT - 4,
              fill: paint('muted'),
              fontSize: SMALL_LETTER,
            }),
          ]),
    ],
  });
}

function placeOf(code: string): Circle['place'] | undefined {
  return Object.hasOwn(COUNTRY_PLACES, code) ? COUNTRY_PLACES[code] : undefined;
}

const longitude = (one: Circle): number => one.place[0];
const latitude = (one: Circle): number => one.place[1];

/** Circles, largest first, whose number has room inside and that no other circle covers. Distances as on a plain map are near enough. */
function withRoom(circles: readonly Circle[], width: number): Circle[] {
  const perDegree = width / 360;
  const distance = (a: Circle, b: Circle): number =>
    Math.hypot(a.place[0] - b.place[0], a.place[1] - b.place[1]) * perDegree;
  return circles.filter(
    (one) =>
      textWidth(one.written, SMALL_LETTER) < 2 * one.radius - 4 &&
      circles.every((other) => other === one || distance(one, other) > one.radius + other.radius),
  );
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
