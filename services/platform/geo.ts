// Country and AS number of an address, from databases on disk: the packaged public data by default, the user's own when given.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { open, type Reader, type Response } from 'maxmind';
import { type AsnFacts, readAsnRanges } from './asn-ranges.ts';
import { KubecensusError } from './errors.ts';
import { type Address, parseAddress } from './net/address.ts';

export interface GeoOptions {
  /** A country database in MaxMind DB format (GeoLite2, DB-IP, IPinfo, ip-location-db). */
  readonly countryMmdb?: string;
  /** An AS database in the same format. */
  readonly asnMmdb?: string;
}

export interface GeoFacts {
  /** ISO 3166-1 alpha-2, upper case: the country that the database states for the network, not where the machine stands. */
  readonly country: string | null;
  readonly asn: number | null;
  readonly organisation: string | null;
}

/** Where the answers come from, for reports and manifests. Licences ask for the attribution to be printed. */
export interface GeoSource {
  readonly gives: 'country' | 'asn';
  readonly name: string;
  /** The package's version, or the build date of the user's database. */
  readonly version: string;
  /** null: the user's own file, whose terms kubecensus does not know. */
  readonly licence: string | null;
  readonly attribution: string | null;
  /** What a reader must know before trusting it, or null. */
  readonly caveat: string | null;
}

export interface Geo {
  /** Never throws: text that is no address, and addresses that no database knows, give nulls. */
  lookup(address: string): GeoFacts;
  readonly sources: readonly GeoSource[];
}

interface Table<T> {
  find(address: Address): T | null;
  readonly source: GeoSource;
}

const COUNTRY_PACKAGE = '@ip-location-db/geo-whois-asn-country-mmdb';
const ASN_PACKAGE = '@ip-location-db/asn';

/** Both packages' README, read 2026-11: the publisher moved to GitHub releases and says that the npm data is wrong in places. */
const PACKAGED_CAVEAT =
  'The publisher says that this data, as packaged on npm, has known errors and is no longer updated. Give your own MaxMind DB files before you publish.';

const NOTHING: GeoFacts = { country: null, asn: null, organisation: null };

/**
 * Opens the databases. Without `asnMmdb` the packaged AS ranges are read, once per process however often this is called: half a second to
 * a second. Throws KC_GEO when a file is missing or in another format.
 */
export async function openGeo(options: GeoOptions = {}): Promise<Geo> {
  const [countries, asns] = await Promise.all([openCountries(options.countryMmdb), openAsns(options.asnMmdb)]);
  return {
    sources: [countries.source, asns.source],
    lookup: (text) => {
      const address = parseAddress(text);
      if (address === null) return NOTHING;
      const asn = asns.find(address);
      return { country: countries.find(address), asn: asn?.asn ?? null, organisation: asn?.organisation ?? null };
    },
  };
}

async function openCountries(path: string | undefined): Promise<Table<string>> {
  const reader = await openMmdb(path ?? packagedFile(COUNTRY_PACKAGE, 'geo-whois-asn-country.mmdb'));
  // The package's manifest says CC0, its README and licence file ask for attribution: the stricter reading is the one to print.
  const source =
    path === undefined
      ? await packagedSource('country', COUNTRY_PACKAGE, 'Number Resource Organization (nro.net)')
      : ownSource('country', reader);
  return { source, find: (address) => readCountry(fields(reader, address)) };
}

let packagedAsns: Promise<Table<AsnFacts>> | undefined;

async function openAsns(path: string | undefined): Promise<Table<AsnFacts>> {
  if (path === undefined) {
    packagedAsns ??= openPackagedAsns();
    return packagedAsns;
  }
  const reader = await openMmdb(path);
  return { source: ownSource('asn', reader), find: (address) => readAsn(fields(reader, address)) };
}

async function openPackagedAsns(): Promise<Table<AsnFacts>> {
  const attribution =
    'RouteViews (routeviews.org); IP Geolocation by DB-IP (db-ip.com); Number Resource Organization (nro.net)';
  const [source, ranges] = await Promise.all([
    packagedSource('asn', ASN_PACKAGE, attribution),
    orGeoError(ASN_PACKAGE, () =>
      readAsnRanges(packagedFile(ASN_PACKAGE, 'asn-ipv4-num.csv'), packagedFile(ASN_PACKAGE, 'asn-ipv6-num.csv')),
    ),
  ]);
  return { source, find: ranges.find };
}

/** What an mmdb holds at an address, as untyped fields: providers name them differently. */
type Fields = Readonly<Record<string, unknown>>;

function fields(reader: Reader<Response>, address: Address): Fields {
  // An IPv4-only database throws or misreads on IPv6; it simply knows nothing about it.
  if (address.family === 6 && reader.metadata.ipVersion === 4) return {};
  return asFields(reader.get(address.text));
}

/** MaxMind and DB-IP: country.iso_code; ip-location-db and IPinfo: country_code; older IPinfo: country as text. */
function readCountry(entry: Fields): string | null {
  const candidates = [asFields(entry['country'])['iso_code'], entry['country_code'], entry['country']];
  const code = candidates.find((value) => typeof value === 'string' && /^[A-Za-z]{2}$/.test(value));
  return typeof code === 'string' ? code.toUpperCase() : null;
}

/** MaxMind, DB-IP and ip-location-db: autonomous_system_*; IPinfo: asn "AS64500" and as_name or name. */
function readAsn(entry: Fields): AsnFacts | null {
  const number = entry['autonomous_system_number'] ?? entry['asn'];
  const asn = Number(typeof number === 'string' ? number.replace(/^AS/i, '') : number);
  if (!Number.isInteger(asn) || asn <= 0) return null;
  const organisation = entry['autonomous_system_organization'] ?? entry['as_name'] ?? entry['name'];
  return { asn, organisation: typeof organisation === 'string' ? organisation : null };
}

function asFields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

async function openMmdb(path: string): Promise<Reader<Response>> {
  return orGeoError(path, () => open<Response>(path));
}

async function orGeoError<T>(what: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    throw new KubecensusError('KC_GEO', `${what} cannot be read as a country or AS database.`, { cause });
  }
}

function packagedFile(packageName: string, file: string): string {
  return fileURLToPath(import.meta.resolve(`${packageName}/${file}`));
}

async function packagedSource(gives: GeoSource['gives'], name: string, attribution: string): Promise<GeoSource> {
  const { version }: { version: string } = JSON.parse(await readFile(packagedFile(name, 'package.json'), 'utf8'));
  return { gives, name, version, licence: 'CC BY 4.0', attribution, caveat: PACKAGED_CAVEAT };
}

function ownSource(gives: GeoSource['gives'], reader: Reader<Response>): GeoSource {
  const { databaseType, buildEpoch } = reader.metadata;
  return {
    gives,
    name: databaseType,
    version: buildEpoch.toISOString().slice(0, 10),
    licence: null,
    attribution: null,
    caveat: null,
  };
}
