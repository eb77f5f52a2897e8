// Pictures of reports as PNG, where the optional package is installed: right size, letters and colours in them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inflateSync } from 'node:zlib';
import { openRasterizer } from '../../services/platform/rasterizer.ts';
import { standaloneSvg } from '../../services/reports/charts.ts';
import { headline } from '../../services/reports/headline.ts';
import { figuresOf } from '../../services/reports/section.ts';
import { sampleData } from '../reports/sample-data.ts';

const rasterize = openRasterizer();

/** Width, and the distinct colours of the picture's pixels; rows are of filter type 0 to 4, which the PNG specification undoes byte by byte. */
function readPng(png: Uint8Array): { readonly width: number; readonly colours: ReadonlySet<string> } {
  const bytes = Buffer.from(png);
  assert.equal(bytes.subarray(1, 4).toString('latin1'), 'PNG');
  const width = bytes.readUInt32BE(16);
  const height = bytes.readUInt32BE(20);
  assert.deepEqual([bytes[24], bytes[25]], [8, 6], 'eight bits of red, green, blue and alpha');
  const data: Buffer[] = [];
  for (let at = 8; at < bytes.length; at += 12 + bytes.readUInt32BE(at))
    if (bytes.subarray(at + 4, at + 8).toString('latin1') === 'IDAT')
      data.push(bytes.subarray(at + 8, at + 8 + bytes.readUInt32BE(at)));
  const raw = inflateSync(Buffer.concat(data));
  const colours = new Set<string>();
  let above = Buffer.alloc(width * 4);
  for (let y = 0; y < height; y++) {
    const start = y * (width * 4 + 1);
    const row = Buffer.from(raw.subarray(start + 1, start + 1 + width * 4));
    for (let i = 0; i < row.length; i++) {
      const left = i < 4 ? 0 : row[i - 4]!;
      const corner = i < 4 ? 0 : above[i - 4]!;
      row[i] = (row[i]! + predicted(raw[start]!, left, above[i]!, corner)) & 0xff;
    }
    for (let x = 0; x < row.length; x += 4) colours.add(row.subarray(x, x + 3).toString('hex'));
    above = row;
  }
  return { width, colours };
}

function predicted(filter: number, left: number, up: number, corner: number): number {
  if (filter === 1) return left;
  if (filter === 2) return up;
  if (filter === 3) return (left + up) >> 1;
  if (filter !== 4) return 0;
  const [a, b, c] = [left, up, corner].map((value) => Math.abs(left + up - corner - value)) as [number, number, number];
  return a <= b && a <= c ? left : b <= c ? up : corner;
}

const skip = rasterize === null ? 'the optional package @resvg/resvg-js, or every font, is missing' : false;

test('a picture of a report is drawn in its own colours, with its letters', { skip }, async () => {
  const figure = figuresOf(headline(sampleData({ endpoints: 300, weight: 1, seed: 9 })))[0]!;
  const svg = standaloneSvg(figure);
  const whole = readPng(await rasterize!(svg, 1280));
  assert.equal(whole.width, 1280);
  for (const colour of ['fcfbf8', '3f7fb5', '173a5e', 'c77f12']) assert.ok(whole.colours.has(colour), colour);
  const mute = readPng(await rasterize!(svg.replaceAll(/<text[\s\S]*?<\/text>/g, ''), 1280));
  assert.ok(whole.colours.size > mute.colours.size, 'letters have shades of their own');
});
