// When a dial may start: one connection per address, spacing per address and per network, a global rate. No I/O: time and sleep are arguments.

import { networkOf } from '../platform/net/address.ts';
import { Expiry } from './expiry.ts';
import { ReadyQueue } from './ready-queue.ts';

export interface PaceOptions {
  /** Milliseconds from the end of one connection to an address to the start of the next. */
  readonly perAddressMs: number;
  /** Milliseconds between the starts of two connections into one /24 or /48. */
  readonly perNetworkMs: number;
  readonly perNetworkInFlight: number;
  /** Starts per second, spread evenly. */
  readonly globalPerSecond: number;
  readonly maxInFlight: number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Resolves after `ms`, or earlier or with a rejection when the signal aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<unknown>;
}

export interface Pace {
  /**
   * Waits for its turn, dials, and gives back what the dial gave. Rejects with the signal's reason when it aborts before the turn came; a dial
   * that has started is not touched. Turns of one address come in the order of the calls.
   */
  run<T>(address: string, dial: () => Promise<T>, signal: AbortSignal): Promise<T>;
  /** No dial starts after this returns, until `resume`. */
  pause(): void;
  resume(): void;
  /** Dials that were started, ever: it grows as long as something gets on. */
  started(): number;
  /** How many networks and addresses are remembered, how many dials wait and run. */
  counts(): {
    readonly networks: number;
    readonly addresses: number;
    readonly waiting: number;
    readonly inFlight: number;
  };
}

/** After a late wake-up this much of the global rate may be caught up on, so that timers of 1 ms can carry thousands of starts per second. */
const CATCH_UP_MS = 10;
/** Timers fire up to this much early; waiting it out beats waking twice. */
const MIN_SLEEP_MS = 1;

interface Place {
  inFlight: number;
  /** No start before this time. */
  nextAt: number;
}
interface Waiter {
  readonly address: string;
  readonly start: () => void;
}
interface Network extends Place {
  readonly key: string;
  readonly waiting: Waiter[];
  /** When its first waiter may start as far as the network knows; Infinity while only a release can change that. */
  readyAt: number;
}

/** Makes a pace for one process. Memory is bounded by what waits, runs or is still inside its spacing. */
export function createPace(options: PaceOptions): Pace {
  const { perAddressMs, perNetworkMs, perNetworkInFlight, globalPerSecond, maxInFlight, now, sleep } = options;
  const interval = 1000 / globalPerSecond;
  const networks = new Map<string, Network>();
  const addresses = new Map<string, Place>();
  /** Networks with a waiter that only time holds back. */
  const ready = new ReadyQueue<Network>();
  /** What may be forgotten at a time. */
  const forgetAddresses = new Expiry();
  const forgetNetworks = new Expiry();
  let inFlight = 0;
  let waiting = 0;
  let started = 0;
  let nextAt = Number.NEGATIVE_INFINITY;
  let paused = false;
  let alarm: { at: number; controller: AbortController } | null = null;

  /** Index of the first waiter whose address is free at `time`, and when the earliest of the others is. */
  const firstFree = (network: Network, time: number): { index: number; at: number } => {
    let at = Number.POSITIVE_INFINITY;
    for (const [index, waiter] of network.waiting.entries()) {
      const place = addresses.get(waiter.address);
      if (place === undefined || (place.inFlight === 0 && place.nextAt <= time)) return { index, at: time };
      if (place.inFlight === 0) at = Math.min(at, place.nextAt);
    }
    return { index: -1, at };
  };

  /** Puts a network where its next start belongs. */
  const schedule = (network: Network, time: number): void => {
    const blocked = network.waiting.length === 0 || network.inFlight >= perNetworkInFlight;
    network.readyAt = blocked ? Number.POSITIVE_INFINITY : Math.max(network.nextAt, firstFree(network, time).at);
    ready.put(network);
  };

  const forget = (time: number): void => {
    for (const key of forgetAddresses.until(time)) {
      const place = addresses.get(key);
      if (place !== undefined && place.inFlight === 0 && place.nextAt <= time) addresses.delete(key);
    }
    for (const key of forgetNetworks.until(time)) {
      const network = networks.get(key);
      if (network !== undefined && network.inFlight === 0 && network.waiting.length === 0 && network.nextAt <= time)
        networks.delete(key);
    }
  };

  const wakeAt = (at: number, time: number): void => {
    if (alarm !== null && alarm.at <= at) return;
    alarm?.controller.abort();
    const own = { at, controller: new AbortController() };
    alarm = own;
    const woken = (): void => {
      if (alarm !== own) return;
      alarm = null;
      dispatch();
    };
    sleep(Math.max(MIN_SLEEP_MS, at - time), own.controller.signal).then(woken, woken);
  };

  const start = (network: Network, index: number, time: number): void => {
    const [waiter] = network.waiting.splice(index, 1);
    if (waiter === undefined) return;
    const place = addresses.get(waiter.address) ?? { inFlight: 0, nextAt: time };
    addresses.set(waiter.address, place);
    place.inFlight++;
    network.inFlight++;
    network.nextAt = time + perNetworkMs;
    inFlight++;
    waiting--;
    started++;
    nextAt = Math.max(nextAt, time - CATCH_UP_MS) + interval;
    schedule(network, time);
    waiter.start();
  };

  const release = (address: string, network: Network): void => {
    const time = now();
    const place = addresses.get(address);
    if (place !== undefined) {
      place.inFlight--;
      place.nextAt = time + perAddressMs;
      forgetAddresses.add(address, place.nextAt);
    }
    network.inFlight--;
    inFlight--;
    forgetNetworks.add(network.key, Math.max(time, network.nextAt));
    schedule(network, time);
    dispatch();
  };

  const dispatch = (): void => {
    const time = now();
    forget(time);
    while (!paused && inFlight < maxInFlight) {
      const network = ready.first();
      if (network === undefined) return;
      const at = Math.max(network.readyAt, nextAt);
      if (at > time) {
        wakeAt(at, time);
        return;
      }
      const { index } = firstFree(network, time);
      if (index === -1) schedule(network, time);
      else start(network, index, time);
    }
  };

  const enter = (address: string): Network => {
    const key = networkOf(address);
    const known = networks.get(key);
    if (known !== undefined) return known;
    const network: Network = {
      key,
      inFlight: 0,
      nextAt: Number.NEGATIVE_INFINITY,
      waiting: [],
      readyAt: Number.POSITIVE_INFINITY,
    };
    networks.set(key, network);
    return network;
  };

  /** Dials at the turn of this address, in the same tick in which the turn is given: a pause cannot come between. */
  const atTurn = <T>(address: string, network: Network, dial: () => Promise<T>, signal: AbortSignal): Promise<T> =>
    new Promise((resolve, reject) => {
      const aborted = (): void => {
        network.waiting.splice(network.waiting.indexOf(waiter), 1);
        waiting--;
        const time = now();
        forgetNetworks.add(network.key, Math.max(time, network.nextAt));
        schedule(network, time);
        reject(signal.reason);
        dispatch();
      };
      const dialled = async (): Promise<T> => {
        try {
          return await dial();
        } finally {
          release(address, network);
        }
      };
      const waiter: Waiter = {
        address,
        start: () => {
          signal.removeEventListener('abort', aborted);
          resolve(dialled());
        },
      };
      signal.addEventListener('abort', aborted, { once: true });
      network.waiting.push(waiter);
      waiting++;
      schedule(network, now());
      dispatch();
    });

  return {
    async run(address, dial, signal) {
      signal.throwIfAborted();
      return atTurn(address, enter(address), dial, signal);
    },
    pause: () => {
      paused = true;
    },
    resume: () => {
      paused = false;
      dispatch();
    },
    started: () => started,
    counts: () => {
      forget(now());
      return { networks: networks.size, addresses: addresses.size, waiting, inFlight };
    },
  };
}
