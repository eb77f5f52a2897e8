// The files of an address that probes: the fields of both RFCs, one line each, and no field that a text could add.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { probingFiles } from '../../services/surveys/probing-files.ts';

const FACTS = {
  url: 'https://survey.example.org/about',
  email: 'optout@example.org',
  description: 'Counts\r\nContact: mailto:evil@example.net\n  things.',
  expires: new Date('2027-05-01T00:00:00.000Z'),
};

function fieldsOf(text: string): string[][] {
  assert.ok(text.endsWith('\r\n'));
  return text
    .slice(0, -2)
    .split('\r\n')
    .map((line) => line.split(/: (.*)/s).slice(0, 2));
}

test('probing.txt has its place, contacts, one expiry and a description of one line', () => {
  assert.deepEqual(fieldsOf(probingFiles(FACTS).get('probing.txt') ?? ''), [
    ['Canonical', 'https://survey.example.org/.well-known/probing.txt'],
    ['Contact', 'mailto:optout@example.org'],
    ['Contact', 'https://survey.example.org/about'],
    ['Expires', '2027-05-01T00:00:00Z'],
    ['Preferred-Languages', 'en'],
    ['Description', 'Counts Contact: mailto:evil@example.net things.'],
  ]);
});

test('security.txt names the same contact and no description, which RFC 9116 does not know', () => {
  const fields = fieldsOf(probingFiles(FACTS).get('security.txt') ?? '');
  assert.deepEqual(
    fields.map(([name]) => name),
    ['Canonical', 'Contact', 'Contact', 'Expires', 'Preferred-Languages', 'Policy'],
  );
});
