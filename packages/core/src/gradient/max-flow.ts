/**
 * Largest flow through a small network with capacities, by Dinic's method (1970), and the smallest cut it proves.
 */

interface Edge {
  readonly to: number;
  room: number;
  /** Position of the opposite edge in the list of `to`. */
  readonly back: number;
}

/** A network of numbered nodes. */
export class FlowNetwork {
  readonly #edges: Edge[][];

  constructor(nodes: number) {
    this.#edges = Array.from({ length: nodes }, () => []);
  }

  /** Adds a directed edge; the capacity may be infinite. */
  connect(from: number, to: number, capacity: number): void {
    const there = this.#at(from);
    const here = this.#at(to);
    there.push({ to, room: capacity, back: here.length });
    here.push({ to: from, room: 0, back: there.length - 1 });
  }

  /** Pushes the largest flow; then returns which nodes still reach the sink: the sink's side of a smallest cut. */
  sinkSide(source: number, sink: number): boolean[] {
    for (;;) {
      const level = this.#levels(source);
      if (level[sink] === -1) break;
      const next = this.#edges.map(() => 0);
      while (this.#push(source, sink, Number.POSITIVE_INFINITY, level, next) > 0);
    }
    return this.#reaching(sink);
  }

  #levels(source: number): number[] {
    const level = this.#edges.map(() => -1);
    level[source] = 0;
    const queue = [source];
    for (const node of queue) {
      for (const { to, room } of this.#at(node)) {
        if (room <= 0 || level[to] !== -1) continue;
        level[to] = (level[node] as number) + 1;
        queue.push(to);
      }
    }
    return level;
  }

  #push(node: number, sink: number, amount: number, level: readonly number[], next: number[]): number {
    if (node === sink) return amount;
    const edges = this.#at(node);
    for (let index = next[node] as number; index < edges.length; index++) {
      next[node] = index;
      const edge = edges[index] as Edge;
      if (edge.room <= 0 || level[edge.to] !== (level[node] as number) + 1) continue;
      const pushed = this.#push(edge.to, sink, Math.min(amount, edge.room), level, next);
      if (pushed === 0) continue;
      edge.room -= pushed;
      (this.#at(edge.to)[edge.back] as Edge).room += pushed;
      return pushed;
    }
    next[node] = edges.length;
    return 0;
  }

  #reaching(sink: number): boolean[] {
    const reaching = this.#edges.map(() => false);
    reaching[sink] = true;
    const queue = [sink];
    for (const node of queue) {
      for (const { to, back } of this.#at(node)) {
        if (reaching[to] === true || (this.#at(to)[back] as Edge).room <= 0) continue;
        reaching[to] = true;
        queue.push(to);
      }
    }
    return reaching;
  }

  #at(node: number): Edge[] {
    return this.#edges[node] as Edge[];
  }
}
