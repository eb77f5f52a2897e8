// What a chunk under way learns of the networks it asks: which began to refuse us, and what was lost minute by minute. No I/O: whoever runs it reports.
import { networkOf } from '../platform/net/address.ts';
import type { NetworkEnd, ScopeStop, WatchReport } from '../surveys/brake.store.ts';
import { LOST, type Losses, STOP_AT, systemScope, UNASKED, walked } from '../surveys/brake.ts';

interface Network {
  readonly asn: number | null;
  readonly stop: AbortController;
  /** Hosts of which an endpoint that was up was lost: they count once. */
  readonly lostHosts: Set<string>;
  level: number;
  asked: number;
  lost: number;
  isNew: boolean;
}

const MINUTE_MS = 60_000;

export class ChunkWatch {
  readonly #asnOf: (address: string) => number | null;
  readonly #networks = new Map<string, Network>();
  readonly #minutes = new Map<number, Losses>();
  readonly #stops = new Map<string, ScopeStop>();
  readonly #stopped = new Set<string>();

  /** `asnOf`: the AS of an address, or null; asked once for each network. */
  constructor(asnOf: (address: string) => number | null) {
    this.#asnOf = asnOf;
  }

  /** Aborts when the network of the address is to be left alone. */
  signalFor(address: string): AbortSignal {
    return this.#network(networkOf(address)).stop.signal;
  }

  isStopped(address: string): boolean {
    return this.signalFor(address).aborted;
  }

  /** Takes note of how an endpoint ended that was up before, at a time in milliseconds. A network that stops by it is stopped when this returns. */
  ended(address: string, outcome: string, at: number): void {
    if (UNASKED.has(outcome)) return;
    const isLost = LOST.has(outcome);
    this.#add(at - (at % MINUTE_MS), { asked: 1, lost: isLost ? 1 : 0 });
    const key = networkOf(address);
    const network = this.#network(key);
    if (isLost && network.lostHosts.has(address)) return;
    if (isLost) network.lostHosts.add(address);
    network.asked++;
    network.lost += isLost ? 1 : 0;
    network.level = walked(network.level, isLost);
    network.isNew = true;
    if (network.level < STOP_AT || network.stop.signal.aborted) return;
    this.#stops.set(key, { scope: key, asked: network.asked, lost: network.lost });
    this.leaveAlone([key]);
  }

  /** Stops networks and AS by their scopes, as others or we found. */
  leaveAlone(scopes: Iterable<string>): void {
    for (const scope of scopes) this.#stopped.add(scope);
    for (const [key, network] of this.#networks) if (this.#isNamed(key, network.asn)) network.stop.abort();
  }

  /** Takes what is new. Whoever cannot store it gives it back. */
  take(): WatchReport {
    const changed = [...this.#networks].filter(([, network]) => network.isNew);
    const report = {
      ends: changed.map(
        ([key, { asn, lost, asked }]): NetworkEnd => ({ network: key, asn, isLost: lost > asked - lost }),
      ),
      minutes: [...this.#minutes].map(([minute, losses]) => ({ minute: new Date(minute), ...losses })),
      stops: [...this.#stops.values()],
    };
    for (const [, network] of changed) network.isNew = false;
    this.#minutes.clear();
    this.#stops.clear();
    return report;
  }

  giveBack({ ends, minutes, stops }: WatchReport): void {
    for (const { network } of ends) this.#network(network).isNew = true;
    for (const { minute, asked, lost } of minutes) this.#add(minute.getTime(), { asked, lost });
    for (const stop of stops) this.#stops.set(stop.scope, stop);
  }

  #add(minute: number, { asked, lost }: Losses): void {
    const sums = this.#minutes.get(minute) ?? { asked: 0, lost: 0 };
    this.#minutes.set(minute, { asked: sums.asked + asked, lost: sums.lost + lost });
  }

  #isNamed(key: string, asn: number | null): boolean {
    return this.#stopped.has(key) || (asn !== null && this.#stopped.has(systemScope(asn)));
  }

  #network(key: string): Network {
    const known = this.#networks.get(key);
    if (known !== undefined) return known;
    const asn = this.#asnOf(key.split('/')[0] as string);
    const network: Network = {
      ...{ asn, stop: new AbortController(), lostHosts: new Set<string>() },
      ...{ level: 0, asked: 0, lost: 0, isNew: false },
    };
    if (this.#isNamed(key, asn)) network.stop.abort();
    this.#networks.set(key, network);
    return network;
  }
}
