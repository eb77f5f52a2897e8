// The ladder climbed: every rung asked, in order. Endpoints of one kind answer alike, so each combination of answers is kept once, with what follows from it alone.
import { COMPONENT_LIST } from './components/list.ts';
import type { Facts } from './facts.ts';
import { type Match, matchComponent } from './match-component.ts';
import { type Indicators, RUNGS, type RungName } from './rungs/list.ts';
import type { ComponentName } from './verdict.ts';

/** Ports that some component's rules name; on all others they judge alike. */
const NAMED_PORTS: ReadonlyMap<number, number> = new Map(
  [
    ...new Set(
      COMPONENT_LIST.flatMap(({ ports, notOnPorts, notOnPlainPorts }) => [
        ...ports,
        ...(notOnPorts ?? []),
        ...(notOnPlainPorts ?? []),
      ]),
    ),
  ].map((port, at) => [port, at + 1]),
);

/** What the answers of the rungs and the port lead to. Shared by all endpoints of which both are equal. */
export interface Placing {
  readonly match: Match | null;
  /** The component of the match, else 'other' for a service that is recognised, else null. */
  readonly component: ComponentName | null;
  /** The members component, grade and indicators of the verdict as JSON, without braces. */
  readonly json: string;
}

/** Services that are recognised and are no Kubernetes component. */
const OTHER_SERVICES: readonly RungName[] = ['ingressCertificate', 'clusterServiceCertificate', 'foreignVersionBody'];

/** One combination of answers. Shared by all endpoints that gave it, hence frozen. */
export class Standing {
  readonly indicators: Indicators;
  readonly #placings: (Placing | undefined)[] = [];

  constructor(answers: readonly (boolean | null)[]) {
    const indicators = Object.fromEntries(RUNGS.map(({ name }, at) => [name, answers[at] ?? null]));
    this.indicators = Object.freeze(indicators as { [name in RungName]: boolean | null });
  }

  placing(facts: Facts): Placing {
    const port = (facts.port === null ? 0 : NAMED_PORTS.get(facts.port)) ?? 0;
    const place = 2 * port + (facts.transport === 'tls' ? 1 : 0);
    const known = this.#placings[place];
    if (known !== undefined) return known;
    const match = matchComponent(facts, this.indicators);
    const recognised = OTHER_SERVICES.some((rung) => this.indicators[rung] === true);
    const component = match?.component.name ?? (recognised ? 'other' : null);
    const json = JSON.stringify({ component, grade: match?.rule.grade ?? 'not', indicators: this.indicators });
    const placing = { match, component, json: json.slice(1, -1) };
    this.#placings[place] = placing;
    return placing;
  }
}

/** A place between two rungs: where each answer of the next one leads. */
class Step {
  yes: Step | null = null;
  no: Step | null = null;
  unknown: Step | null = null;
  /** At the end of the ladder. */
  standing: Standing | null = null;
}

/** Combinations kept. A census has a few hundred; hostile hosts can make up more, and then all are forgotten and the next ones kept. */
const MAX_STANDINGS = 4096;

let foot = new Step();
let standings = 0;

/** Asks every rung. Never throws. */
export function climb(facts: Facts): Standing {
  let step = foot;
  for (const rung of RUNGS) {
    const answer = rung.holds(facts);
    let next = answer === null ? step.unknown : answer ? step.yes : step.no;
    if (next === null) {
      next = new Step();
      if (answer === null) step.unknown = next;
      else if (answer) step.yes = next;
      else step.no = next;
    }
    step = next;
  }
  return step.standing ?? keep(step, facts);
}

function keep(step: Step, facts: Facts): Standing {
  const standing = new Standing(RUNGS.map((rung) => rung.holds(facts)));
  if (standings++ >= MAX_STANDINGS) {
    foot = new Step();
    standings = 0;
  } else step.standing = standing;
  return standing;
}
