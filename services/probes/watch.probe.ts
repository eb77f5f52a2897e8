// One timer for all probes in flight: deadlines and byte caps are looked at a few times a second instead of with timers per socket.

/** Something with deadlines. `look` gets the monotonic time in milliseconds and must not throw. */
export interface Watched {
  look(now: number): void;
  /** Our own event loop stood still meanwhile: how this ends may say nothing about the host. Must not throw. */
  stalled(): void;
}

/** How often is looked. A deadline may be passed by this much and a turn of the event loop, well inside the 250 ms that a Probe promises. */
export const LOOK_EVERY_MS = 50;

/** A turn of the event loop that is so much too late has taken a good part of every deadline from the host: that is no longer the host's doing. */
export const STALL_MS = 2_000;

/** Looks after its members while it has any; without members it holds no timer. */
export class Watch {
  readonly #members = new Set<Watched>();
  #timer: NodeJS.Timeout | null = null;
  #turnedAt = 0;

  add(member: Watched): void {
    this.#members.add(member);
    if (this.#timer !== null) return;
    this.#turnedAt = performance.now();
    // Through setImmediate: what already lies in the sockets' buffers is read before anybody is called too late,
    // so a stall of our own event loop does not become a timeout of the host.
    this.#timer = setInterval(() => {
      this.#turn();
      setImmediate(() => this.#look());
    }, LOOK_EVERY_MS);
  }

  delete(member: Watched): void {
    this.#members.delete(member);
    if (this.#members.size > 0 || this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
  }

  /** Timers come before sockets in a turn of the event loop: members know of a stall before they are told what came of it. */
  #turn(): void {
    const now = performance.now();
    if (now - this.#turnedAt > LOOK_EVERY_MS + STALL_MS) for (const member of this.#members) member.stalled();
    this.#turnedAt = now;
  }

  #look(): void {
    const now = performance.now();
    for (const member of this.#members) member.look(now);
  }
}
