// The ladder climbed: every rung asked. Endpoints of one kind answer alike, so each combination of answers is kept once, with what follows from it alone.
import type { Said } from './answer-facts.ts';
import { COMPONENT_LIST } from './components/list.ts';
import { decidingRungs } from './deciding-rungs.ts';
import type { Facts } from './facts.ts';
import { isUsualPort, type Match, matchComponent } from './match-component.ts';
import type { Rung } from './rung.ts';
import { ANSWER_RUNGS, ENDPOINT_RUNGS, type Indicators, RUNGS, type RungName } from './rungs/list.ts';
import type { ComponentName, Grade } from './verdict.ts';

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
  readonly grade: Grade;
  /** See Verdict.rungs. */
  readonly rungs: readonly string[];
  /** The members component, grade, indicators and rungs of the verdict as JSON, without braces. */
  readonly json: string;
  /** The same for a host that is not honest: at most probable. */
  readonly doubted: Placing | null;
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
    const others = OTHER_SERVICES.filter((rung) => this.indicators[rung] === true);
    const placing = this.#placed({
      match,
      component: match?.component.name ?? (others.length > 0 ? 'other' : null),
      grade: match?.rule.grade ?? 'not',
      rungs: Object.freeze(
        match === null
          ? others
          : decidingRungs(match.component, this.indicators, isUsualPort(match.component, facts.port)),
      ),
    });
    this.#placings[place] = placing;
    return placing;
  }

  #placed(given: Omit<Placing, 'json' | 'doubted'>): Placing {
    const { component, grade, rungs } = given;
    const json = JSON.stringify({ component, grade, indicators: this.indicators, rungs }).slice(1, -1);
    const doubted = grade === 'confirmed' ? this.#placed({ ...given, grade: 'probable' }) : null;
    return { ...given, json, doubted };
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
/** Where the rungs of the answers lead. */
let landings = new WeakMap<Said, Step>();

/** Asks every rung: those of the answers first, and once for all endpoints that answered alike. Never throws. */
export function climb(facts: Facts): Standing {
  const { said } = facts;
  let landing = said.shared ? landings.get(said) : undefined;
  if (landing === undefined) {
    landing = ascend(foot, ANSWER_RUNGS, said);
    if (said.shared) landings.set(said, landing);
  }
  const step = ascend(landing, ENDPOINT_RUNGS, facts);
  return step.standing ?? keep(step, facts);
}

function ascend<F>(from: Step, rungs: readonly Rung<F>[], facts: F): Step {
  let step = from;
  for (const rung of rungs) {
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
  return step;
}

function keep(step: Step, facts: Facts): Standing {
  const standing = new Standing(RUNGS.map((rung) => rung.holds(facts)));
  if (standings++ >= MAX_STANDINGS) {
    foot = new Step();
    landings = new WeakMap();
    standings = 0;
  } else step.standing = standing;
  return standing;
}
