/**
 * Finds the circles in a graph: at least one of every group of nodes that reach each other.
 *
 * @returns each as the nodes along it, the first again at the end
 */
export function findCycles(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const cycles: string[][] = [];
  const done = new Set<string>();
  const path: string[] = [];
  const onPath = new Set<string>();

  function visit(node: string): void {
    if (onPath.has(node)) {
      cycles.push([...path.slice(path.indexOf(node)), node]);
      return;
    }
    if (done.has(node)) return;
    path.push(node);
    onPath.add(node);
    for (const next of graph.get(node) ?? []) visit(next);
    path.pop();
    onPath.delete(node);
    done.add(node);
  }

  for (const node of graph.keys()) visit(node);
  return cycles;
}
