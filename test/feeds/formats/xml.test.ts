// XML as a stream of tags and texts: entities, limits, and what is never read.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readXml } from '../../../services/feeds/formats/xml.ts';
import { collect, streamOf } from './items.ts';

const events = async (...pieces: readonly string[]) =>
  (await collect(readXml(streamOf(...pieces)))).flat().map((event) => {
    if (event.type === 'text') return event.text;
    if (event.type === 'close') return `/${event.name}`;
    return [event.name, ...[...event.attributes].map(([name, value]) => `${name}=${value}`)].join(' ');
  });

test('tags, attributes in either quotes, texts, CDATA; comments, instructions and a plain DOCTYPE are passed over', async () => {
  const text =
    '<?xml version="1.0"?><!DOCTYPE a><!-- <b> --><a x="1>2" y=\'"\'>t&amp;&#x41;&#66;&lt;<b z="&quot;&#xa;"/><![CDATA[<c>&amp;]]></a>';
  const expected = ['a x=1>2 y="', 't&AB<', 'b z="\n', '/b', '<c>&amp;', '/a'];
  assert.deepEqual(await events(text), expected);
  assert.deepEqual(await events(...text), expected, 'character by character');
});

test('F17: what nests too deep, is not well-formed, declares entities or never ends is refused', async () => {
  const cases = [
    '<a></b>',
    '<1a>',
    `${'<a>'.repeat(100)}`,
    '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
    `<a x="${'y'.repeat(3 * 1024 * 1024)}`,
    `<a>${'y'.repeat(3 * 1024 * 1024)}`,
  ];
  for (const text of cases) await assert.rejects(events(text), { code: 'KC_FEED_NOT_DATA' }, text.slice(0, 40));
});

test('an unknown entity stays as it is written', async () => {
  assert.deepEqual(await events('<a>&nope;&#0;&#x110000;</a>'), ['a', '&nope;&#0;&#x110000;', '/a']);
});
