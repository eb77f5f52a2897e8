// A table by two dimensions as a graph: rows and columns are its nodes, cells its edges. A hidden cell can be worked out from the sums of lines exactly when it is a bridge.

/** One cell, between its row and its column. */
export interface Edge {
  readonly from: string;
  readonly to: string;
  /** What hiding it takes from readers; finite, not negative. */
  readonly cost: number;
  readonly isHidden: () => boolean;
  readonly hide: () => unknown;
}

export class CellGraph {
  readonly #at = new Map<string, Edge[]>();

  constructor(edges: readonly Edge[]) {
    for (const edge of edges)
      for (const node of [edge.from, edge.to]) {
        const there = this.#at.get(node);
        if (there === undefined) this.#at.set(node, [edge]);
        else there.push(edge);
      }
  }

  /** Hidden edges that lie on no closed path of hidden edges, by Tarjan's low points. In linear time. */
  bridges(): Edge[] {
    const found: Edge[] = [];
    const order = new Map<string, number>();
    const low = new Map<string, number>();
    for (const root of this.#at.keys()) {
      if (order.has(root)) continue;
      const stack: { node: string; by: Edge | null; next: number }[] = [];
      const enter = (node: string, by: Edge | null): void => {
        order.set(node, order.size);
        low.set(node, order.get(node)!);
        stack.push({ node, by, next: 0 });
      };
      enter(root, null);
      while (stack.length > 0) {
        const top = stack.at(-1)!;
        const edge = this.#at.get(top.node)![top.next];
        top.next += 1;
        if (edge === undefined) {
          stack.pop();
          const parent = stack.at(-1);
          if (parent === undefined) continue;
          if (low.get(top.node)! > order.get(parent.node)!) found.push(top.by!);
          low.set(parent.node, Math.min(low.get(parent.node)!, low.get(top.node)!));
        } else if (edge !== top.by && edge.isHidden()) {
          const other = otherEnd(edge, top.node);
          if (order.has(other)) low.set(top.node, Math.min(low.get(top.node)!, order.get(other)!));
          else enter(other, edge);
        }
      }
    }
    return found;
  }

  /** The cheapest way between the ends of an edge that does not use it; hidden edges cost nothing. [] when there is no other way. */
  path(edge: Edge): Edge[] {
    const cost = new Map<string, number>([[edge.from, 0]]);
    const came = new Map<string, { readonly node: string; readonly edge: Edge }>();
    const done = new Set<string>();
    const open = new Heap();
    open.push(edge.from, 0);
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      if (node === edge.to) return wayBack(edge, came);
      if (done.has(node)) continue;
      done.add(node);
      for (const next of this.#at.get(node) ?? []) {
        if (next === edge) continue;
        const other = otherEnd(next, node);
        const reached = cost.get(node)! + (next.isHidden() ? 0 : next.cost);
        if (reached >= (cost.get(other) ?? Number.POSITIVE_INFINITY)) continue;
        cost.set(other, reached);
        came.set(other, { node, edge: next });
        open.push(other, reached);
      }
    }
    return [];
  }
}

/** Nodes by cost, the cheapest first and of equal ones that which came first: tables have tens of thousands of lines. */
class Heap {
  readonly #items: { readonly node: string; readonly cost: number; readonly nth: number }[] = [];
  #pushed = 0;

  push(node: string, cost: number): void {
    const items = this.#items;
    const item = { node, cost, nth: this.#pushed++ };
    let at = items.push(item) - 1;
    for (let up = (at - 1) >> 1; at > 0 && isBefore(item, items[up]!); up = (at - 1) >> 1) {
      items[at] = items[up]!;
      at = up;
    }
    items[at] = item;
  }

  pop(): string | undefined {
    const items = this.#items;
    const [first] = items;
    const item = items.pop();
    if (first === undefined || item === undefined || items.length === 0) return first?.node;
    let at = 0;
    for (;;) {
      let down = 2 * at + 1;
      if (down + 1 < items.length && isBefore(items[down + 1]!, items[down]!)) down += 1;
      if (down >= items.length || !isBefore(items[down]!, item)) break;
      items[at] = items[down]!;
      at = down;
    }
    items[at] = item;
    return first.node;
  }
}

interface Ranked {
  readonly cost: number;
  readonly nth: number;
}

const isBefore = (a: Ranked, b: Ranked): boolean => a.cost < b.cost || (a.cost === b.cost && a.nth < b.nth);

function otherEnd(edge: Edge, node: string): string {
  return edge.from === node ? edge.to : edge.from;
}

function wayBack(edge: Edge, came: ReadonlyMap<string, { readonly node: string; readonly edge: Edge }>): Edge[] {
  const way: Edge[] = [];
  for (let node = edge.to; node !== edge.from; node = came.get(node)!.node) way.push(came.get(node)!.edge);
  return way;
}
