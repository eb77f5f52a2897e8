// The engines that are declared. A new one is a file beside this one and a line here.
import { CRIMINAL_IP } from './criminal-ip.ts';
import type { CountsEngine, SearchEngine } from './declaration.ts';
import { DRIFTNET } from './driftnet.ts';
import { FOFA, FOFA_STATS } from './fofa.ts';
import { HUNTER } from './hunter.ts';
import { HUNTER_HOW } from './hunter-how.ts';
import { LEAKIX } from './leakix.ts';
import { NETLAS, NETLAS_FACETS } from './netlas.ts';
import { ODIN } from './odin.ts';
import { ONYPHE } from './onyphe.ts';
import { QUAKE, QUAKE_AGGREGATION } from './quake.ts';
import { SHODAN, SHODAN_FACETS } from './shodan.ts';
import { ZOOMEYE, ZOOMEYE_FACETS } from './zoomeye.ts';

export const SEARCH_ENGINES: readonly SearchEngine[] = [
  SHODAN,
  FOFA,
  ZOOMEYE,
  NETLAS,
  LEAKIX,
  ONYPHE,
  HUNTER,
  QUAKE,
  CRIMINAL_IP,
  ODIN,
  HUNTER_HOW,
  DRIFTNET,
];

export const COUNTS_ENGINES: readonly CountsEngine[] = [
  SHODAN_FACETS,
  FOFA_STATS,
  ZOOMEYE_FACETS,
  NETLAS_FACETS,
  QUAKE_AGGREGATION,
];
