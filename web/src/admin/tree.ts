import type { Row } from "@/base/types.ts";

export interface TeamNode {
  row: Row;
  children: TeamNode[];
}

/* A team whose parent is not visible (or whose parents go in a circle) stands at the top. */
export function teamTree(teams: Row[]): TeamNode[] {
  const nodes = new Map(teams.map((row) => [row.id, { row, children: [] as TeamNode[] }]));
  const roots: TeamNode[] = [];
  for (const node of nodes.values()) {
    let above = nodes.get(String(node.row.parent ?? ""));
    const seen = new Set([node.row.id]);
    while (above && !seen.has(above.row.id)) {
      seen.add(above.row.id);
      above = nodes.get(String(above.row.parent ?? ""));
    }
    const isCircle = above !== undefined;
    const parent = isCircle ? undefined : nodes.get(String(node.row.parent ?? ""));
    (parent ? parent.children : roots).push(node);
  }
  return roots;
}
