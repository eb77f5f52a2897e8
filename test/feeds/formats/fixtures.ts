// The fixture files of other tools, and what each of them is.
import { readFileSync } from 'node:fs';

export const FOLDER = 'test/fixtures/feeds';

export const fixture = (name: string): string => readFileSync(`${FOLDER}/${name}`, 'utf8');

/** Every fixture by the format that must take it. */
export const FIXTURES: Readonly<Record<string, readonly string[]>> = {
  zgrab2: ['zgrab2-http.jsonl', 'zgrab2-tls.jsonl'],
  zmap: ['zmap.csv', 'zmap-single-port.csv', 'zmap-blank.csv', 'zmap-bare.csv', 'zmap.jsonl'],
  masscan: [
    'masscan.json',
    'masscan-trailing-comma.json',
    'masscan-cut.json',
    'masscan.ndjson',
    'masscan.list',
    'masscan.xml',
  ],
  nmap: ['nmap.xml', 'nmap-varied.xml'],
  naabu: ['naabu.jsonl', 'naabu-nested.jsonl'],
  httpx: ['httpx.jsonl'],
  tlsx: ['tlsx.jsonl'],
  fingerprintx: ['fingerprintx.jsonl'],
  uncover: ['uncover.jsonl'],
  shodan: ['shodan.jsonl', 'shodan.json.gz'],
  censys: ['censys.json', 'censys.jsonl', 'censys-legacy.json', 'censys.csv'],
  shadowserver: ['2026-11-23-scan_kubernetes-example.csv', 'scan_kubernetes-2022-order.csv'],
  sonar: [
    '2021-09-03-1630627200-ssl_6443_certs.csv',
    '2021-09-03-1630627200-ssl_6443_endpoints.csv',
    '2021-09-03-1630627200-ssl_6443_names.csv',
    '20180417-http_8080.jsonl',
  ],
};

/** Base64 DER of the certificates in the fixtures: CN=kube-apiserver, the first with an EC, the second with an RSA key. */
export const [EC, RSA] = fixture('2021-09-03-1630627200-ssl_6443_certs.csv')
  .trim()
  .split('\n')
  .map((line) => line.split(',')[1] as string) as [string, string];
export const EC_SHA256 = '6af9bf4f7966af772d10aa272a8ccdd6a97be54e0ab918637c1f52ed05211703';
