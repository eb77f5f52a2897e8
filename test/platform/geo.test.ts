// Country and AS lookups: the packaged data, its caveat, and databases of the user's own in every provider's shape.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { readAsnRanges } from '../../services/platform/asn-ranges.ts';
import { openGeo } from '../../services/platform/geo.ts';
import { parseAddress } from '../../services/platform/net/address.ts';
import { mmdb } from '../support/mmdb.ts';

let directory: string;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kubecensus-geo-'));
});
after(() => rm(directory, { recursive: true }));
const file = async (name: string, content: string | Buffer): Promise<string> => {
  const path = join(directory, name);
  await writeFile(path, content);
  return path;
};

describe('the packaged data', () => {
  it('knows well-known networks, in every spelling', async () => {
    const geo = await openGeo();
    assert.deepEqual(geo.lookup('8.8.8.8'), { country: 'US', asn: 15_169, organisation: 'Google LLC' });
    assert.deepEqual(geo.lookup('::ffff:808:808'), geo.lookup('8.8.8.8'));
    assert.equal(geo.lookup('2606:4700:4700::1111').asn, 13_335);
    assert.equal(geo.lookup('2606:4700:4700:0:0:0:0:1111').organisation, 'Cloudflare, Inc.');
  });
  it('knows nothing of private addresses and of what is no address', async () => {
    const geo = await openGeo();
    for (const text of ['10.0.0.1', '127.0.0.1', '255.255.255.255', '0.0.0.0', 'ff02::1', 'example.org', '8.8.8', '']) {
      assert.deepEqual(geo.lookup(text), { country: null, asn: null, organisation: null }, text);
    }
  });
  it('names its sources, their licence and their caveat', async () => {
    const { sources } = await openGeo();
    assert.deepEqual(
      sources.map((source) => source.gives),
      ['country', 'asn'],
    );
    for (const source of sources) {
      assert.match(source.name, /^@ip-location-db\//);
      assert.match(source.version, /^\d+\.\d+\.\d+$/);
      assert.equal(source.licence, 'CC BY 4.0');
      assert.match(source.caveat ?? '', /known errors/);
    }
    assert.match(sources[1]!.attribution ?? '', /RouteViews.*DB-IP/);
  });
});

describe("the user's own databases", () => {
  const built = new Date('2026-11-01T00:00:00Z');
  const asnCsv = { asnMmdb: '' };
  before(async () => {
    asnCsv.asnMmdb = await file(
      'asn.mmdb',
      mmdb({
        type: 'Own-ASN',
        ipVersion: 6,
        built,
        networks: {
          '11.0.0.0/8': { autonomous_system_number: 64_500, autonomous_system_organization: 'Ex "ample"' },
          '2a00::/16': { asn: 'AS4294967295', as_name: 'Last' },
          '12.0.0.0/8': { asn: 0 },
        },
      }),
    );
  });

  it('are read in the shapes of MaxMind, DB-IP, IPinfo and ip-location-db', async () => {
    const countryMmdb = await file(
      'country.mmdb',
      mmdb({
        type: 'Own-Country',
        ipVersion: 6,
        built,
        networks: {
          '11.0.0.0/8': {
            country: { iso_code: 'DE', names: { en: 'Germany' } },
            registered_country: { iso_code: 'US' },
          },
          '12.0.0.0/16': { country_code: 'fr' },
          '13.0.0.0/9': { country: 'Italy', country_code: 'IT' },
          '14.0.0.1/32': { country: 'JP' },
          '15.0.0.0/8': { country: { names: { en: 'Nowhere' } } },
          '2a00::/16': { country: { iso_code: 'SE' } },
        },
      }),
    );
    const geo = await openGeo({ countryMmdb, ...asnCsv });
    const countries = [
      '11.255.255.255',
      '12.0.1.1',
      '12.1.0.0',
      '13.127.0.1',
      '14.0.0.1',
      '14.0.0.2',
      '15.0.0.1',
      '2a00::1',
      '::ffff:12.0.0.1',
      '2a01::1',
    ];
    assert.deepEqual(
      countries.map((text) => geo.lookup(text).country),
      ['DE', 'FR', null, 'IT', 'JP', null, null, 'SE', 'FR', null],
    );
    assert.deepEqual(geo.lookup('11.0.0.1'), { country: 'DE', asn: 64_500, organisation: 'Ex "ample"' });
    assert.deepEqual([geo.lookup('2a00::1').asn, geo.lookup('2a00::1').organisation], [4_294_967_295, 'Last']);
    assert.equal(geo.lookup('12.0.0.1').asn, null);
    const own = { version: '2026-11-01', licence: null, attribution: null, caveat: null };
    assert.deepEqual(geo.sources, [
      { gives: 'country', name: 'Own-Country', ...own },
      { gives: 'asn', name: 'Own-ASN', ...own },
    ]);
  });

  it('an IPv4 database knows nothing of IPv6', async () => {
    const countryMmdb = await file(
      'four.mmdb',
      mmdb({
        type: 'Four',
        ipVersion: 4,
        built,
        networks: { '0.0.0.0/1': { country_code: 'DE' }, '128.0.0.0/1': { country_code: 'FR' } },
      }),
    );
    const geo = await openGeo({ countryMmdb, ...asnCsv });
    assert.deepEqual(
      ['1.1.1.1', '200.0.0.1', '2a00::1'].map((text) => geo.lookup(text).country),
      ['DE', 'FR', null],
    );
  });

  it('that are missing or something else are KC_GEO', async () => {
    await assert.rejects(openGeo({ countryMmdb: join(directory, 'none.mmdb'), ...asnCsv }), {
      code: 'KC_GEO',
      message: /none\.mmdb/,
    });
    await assert.rejects(openGeo({ countryMmdb: await file('text.mmdb', 'not a database'), ...asnCsv }), {
      code: 'KC_GEO',
    });
  });
});

describe('readAsnRanges', () => {
  const six =
    '42540488161975842760550356425300246528,42540488241204005274814694018844196863,6939,"Hurricane ""Electric"" LLC"\n';
  const read = async (four: string, other = six) =>
    readAsnRanges(await file('four.csv', four), await file('six.csv', other));

  it('finds both ends of a range, nothing in the gaps, and quoted names', async () => {
    const ranges = await read(
      '16777216,16777471,13335,"Cloudflare, Inc."\r\n16778240,16779263,4294967295,Plain\n4294967295,4294967295,7,Last',
    );
    assert.equal(ranges.size, 4);
    const find = (text: string) => ranges.find(parseAddress(text)!);
    for (const text of ['1.0.0.0', '1.0.0.255'])
      assert.deepEqual(find(text), { asn: 13_335, organisation: 'Cloudflare, Inc.' });
    for (const text of ['1.0.4.0', '1.0.7.255'])
      assert.deepEqual(find(text), { asn: 4_294_967_295, organisation: 'Plain' });
    for (const text of ['0.0.0.0', '0.255.255.255', '1.0.1.0', '1.0.3.255', '1.0.8.0', '255.255.255.254'])
      assert.equal(find(text), null, text);
    assert.equal(find('255.255.255.255')?.asn, 7);
    for (const text of ['2001::', '2001:0:ffff:ffff:ffff:ffff:ffff:ffff'])
      assert.equal(find(text)?.organisation, 'Hurricane "Electric" LLC');
    for (const text of ['2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff', '2001:1::', '::'])
      assert.equal(find(text), null, text);
  });
  it('refuses half a table', async () => {
    for (const four of [
      '1,2\n',
      '1,2,3\n4,5,6,x\n',
      'a,2,3,x\n',
      '1,4294967296,3,x\n',
      '9,9,1,x\n1,1,1,x\n',
      '1,2,x,y\n',
      '1,2,4294967296,y\n',
      '2,1,5,y\n',
      '-1,2,5,y\n',
      '1.5,2,5,y\n',
      ',2,5,y\n',
    ]) {
      await assert.rejects(read(four), Error, JSON.stringify(four));
    }
    await assert.rejects(read('1,2,3,x\n', 'zz,1,2,x\n'), Error);
    await assert.rejects(read('1,2,3,x\n', `0,${2n ** 128n},2,x\n`), Error);
  });
});
