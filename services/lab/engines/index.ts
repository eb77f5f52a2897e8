// The forms of the lab's search engines, one for each engine that can be declared.
import { LAB_CRIMINAL_IP } from './criminal-ip.ts';
import { LAB_DRIFTNET } from './driftnet.ts';
import { LAB_FOFA } from './fofa.ts';
import type { LabForm } from './form.ts';
import { LAB_HUNTER } from './hunter.ts';
import { LAB_HUNTER_HOW } from './hunter-how.ts';
import { LAB_LEAKIX } from './leakix.ts';
import { LAB_NETLAS } from './netlas.ts';
import { LAB_ODIN } from './odin.ts';
import { LAB_ONYPHE } from './onyphe.ts';
import { LAB_QUAKE } from './quake.ts';
import { LAB_SHODAN } from './shodan.ts';
import { LAB_ZOOMEYE } from './zoomeye.ts';

export const LAB_ENGINES: readonly LabForm[] = [
  LAB_SHODAN,
  LAB_FOFA,
  LAB_ZOOMEYE,
  LAB_NETLAS,
  LAB_LEAKIX,
  LAB_ONYPHE,
  LAB_HUNTER,
  LAB_QUAKE,
  LAB_CRIMINAL_IP,
  LAB_ODIN,
  LAB_HUNTER_HOW,
  LAB_DRIFTNET,
];
