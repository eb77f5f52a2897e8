// kubecensus lab: an internet on loopback for trying things out, with a configuration file that declares a feed of every type against it.
import { once } from 'node:events';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { labDeclarations, labLogList, labSecrets } from '../lab/declarations.ts';
import { type Lab, startLab } from '../lab/process.ts';
import { KubecensusError } from '../platform/errors.ts';
import { type Command, EXIT, listOption, textOption } from './command.ts';
import { LAB_PACE, LAB_SCOPE, LAB_VANTAGE } from './lab-internet.ts';

const HOSTS = 200;
const MOST_HOSTS = 100_000;
const SEED = 'kubecensus-lab';
const DIRECTORY = 'kubecensus-lab';
/** Of the hosts, for each source address that some of them refuse. */
const REFUSED_SHARE = 0.1;

export const labCommand: Command = {
  usage: 'lab',
  help: 'an internet on loopback until Ctrl-C: hosts, name server, certificate logs, search engines; writes a configuration that declares a feed of every type',
  printsRows: false,
  options: [
    { flags: '--hosts <n>', help: `hosts of the lab (default: ${HOSTS})` },
    { flags: '--seed <text>', help: `seed of the lab (default: ${SEED})` },
    {
      flags: '--refuse <address...>',
      help: `source addresses that a share of ${REFUSED_SHARE} of the hosts refuse, each other hosts, to try several vantages (default: none)`,
    },
    { flags: '--out <dir>', help: `where configuration, keys and lists are written (default: ./${DIRECTORY})` },
  ],
  run: async (session, _args, options) => {
    const hosts = hostsOf(textOption(options, 'hosts'));
    const directory = resolve(textOption(options, 'out') ?? DIRECTORY);
    const refusals = Object.fromEntries(listOption(options, 'refuse').map((address) => [address, REFUSED_SHARE]));
    const lab = await startLab({ seed: textOption(options, 'seed') ?? SEED, hosts, now: new Date(), refusals });
    try {
      await writeLab(directory, lab);
      await session.out(howTo(directory, lab, hosts));
      if (!session.signal.aborted) await once(session.signal, 'abort');
      return EXIT.interrupted;
    } finally {
      await lab.close();
    }
  },
};

function hostsOf(text: string | null): number {
  if (text === null) return HOSTS;
  const hosts = Number(text);
  if (/^\d+$/.test(text) && hosts >= 1 && hosts <= MOST_HOSTS) return hosts;
  throw new KubecensusError('KC_USAGE', `--hosts is a whole number from 1 to ${MOST_HOSTS}, not ${text}.`);
}

/** Writes kubecensus.json, keys.env (for its owner only), log-list.json and hosts.txt, over those of an earlier lab. */
export async function writeLab(directory: string, lab: Lab): Promise<void> {
  await mkdir(directory, { recursive: true });
  const logList = join(directory, 'log-list.json');
  const configuration = {
    scope: LAB_SCOPE,
    'dns.servers': [lab.dnsServer],
    vantage: LAB_VANTAGE,
    dataDir: join(directory, 'data'),
    ...LAB_PACE,
    feeds: labDeclarations(lab, logList),
  };
  const keys = Object.entries(labSecrets(lab)).map(([variable, secret]) => `export ${variable}=${secret}\n`);
  const files = {
    'kubecensus.json': `${JSON.stringify(configuration, null, 2)}\n`,
    'keys.env': `export KUBECENSUS_CONFIG='${join(directory, 'kubecensus.json')}'\n${keys.join('')}`,
    'log-list.json': labLogList(lab, lab.world.now),
    'hosts.txt': lab.listFile.map((line) => `${line}\n`).join(''),
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text, { mode: 0o600 });
  await chmod(join(directory, 'keys.env'), 0o600);
}

function howTo(directory: string, lab: Lab, hosts: number): string {
  const services = [
    ['name server', lab.dnsServer],
    ['certificate log, tiles', lab.ctLog.url],
    ['certificate log, get-entries', `${lab.rfc6962Log.url}ct/v1/`],
    ['crt.sh', lab.crtsh.url],
    ['SSLMate', lab.sslmate.url],
    ['certstream', lab.certstream.url],
    ['Censys', lab.censys.url],
    ...Object.entries(lab.engines).map(([type, { url }]) => [type, url]),
  ].map(([name = '', url]) => `  ${name.padEnd(29)} ${url}\n`);
  return `The lab runs: ${hosts} hosts in 127.16.0.0/12, no packet leaves this machine.
${services.join('')}
In another terminal, from the same folder:
  . ${join(directory, 'keys.env')}       (the configuration and the keys of the engines)
  kubecensus feeds list
  kubecensus feeds run lab-shodan
  kubecensus import ${join(directory, 'hosts.txt')}
  kubecensus survey
Ctrl-C here ends the lab. Its data stays in ${join(directory, 'data')}.
`;
}
