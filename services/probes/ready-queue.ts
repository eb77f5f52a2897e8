// A priority queue whose members move: each has a `readyAt` that changes, and the earliest comes first.

export interface Ready {
  /** Infinity: not in the queue. */
  readonly readyAt: number;
}

interface Entry<M extends Ready> {
  readonly member: M;
  readonly at: number;
  readonly sequence: number;
}

/** Stale entries are swept when they outnumber the live ones by this many. */
const SWEEP_SLACK = 64;

/** A binary heap with lazy removal: a moved member gets a new entry and its old one is passed over. Members of one time come first in, first out. */
export class ReadyQueue<M extends Ready> {
  #heap: Entry<M>[] = [];
  readonly #current = new Map<M, Entry<M>>();
  #sequence = 0;

  /** Puts the member where its `readyAt` says; removes it when that is Infinity. */
  put(member: M): void {
    const known = this.#current.get(member);
    if (known?.at === member.readyAt) return;
    if (member.readyAt === Number.POSITIVE_INFINITY) {
      this.#current.delete(member);
      return;
    }
    const entry: Entry<M> = { member, at: member.readyAt, sequence: this.#sequence++ };
    this.#current.set(member, entry);
    this.#heap.push(entry);
    this.#up(this.#heap.length - 1);
    if (this.#heap.length > 2 * this.#current.size + SWEEP_SLACK) this.#sweep();
  }

  /** The member that is ready first, still in the queue; undefined when there is none. */
  first(): M | undefined {
    for (;;) {
      const top = this.#heap[0];
      if (top === undefined) return undefined;
      if (this.#current.get(top.member) === top) return top.member;
      this.#pop();
    }
  }

  #sweep(): void {
    this.#heap = [...this.#current.values()].sort((a, b) => (before(a, b) ? -1 : 1));
  }

  #pop(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.#down(0);
  }

  #up(from: number): void {
    let index = from;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#swapIfBefore(index, parent)) return;
      index = parent;
    }
  }

  #down(from: number): void {
    let index = from;
    for (;;) {
      const left = 2 * index + 1;
      const right = left + 1;
      const [a, b] = [this.#heap[left], this.#heap[right]];
      const child = a !== undefined && b !== undefined && before(b, a) ? right : left;
      if (child >= this.#heap.length || !this.#swapIfBefore(child, index)) return;
      index = child;
    }
  }

  #swapIfBefore(index: number, parent: number): boolean {
    const [entry, above] = [this.#heap[index], this.#heap[parent]];
    if (entry === undefined || above === undefined || !before(entry, above)) return false;
    this.#heap[index] = above;
    this.#heap[parent] = entry;
    return true;
  }
}

function before(a: { at: number; sequence: number }, b: { at: number; sequence: number }): boolean {
  return a.at < b.at || (a.at === b.at && a.sequence < b.sequence);
}
