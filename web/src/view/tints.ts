import { useQueries } from "@tanstack/react-query";
import { api } from "@/base/api.ts";
import { allOf, idIn } from "@/base/formula.ts";
import type { Row, ViewColor } from "@/base/types.ts";

/*
 * The colours of rows. Conditions are formulas, and formulas are judged by the server: for the rows
 * on screen, a hundred at a time, each colour asks which of them it is about. The first that holds wins.
 */
const ROWS_AT_ONCE = 100;

export function useTints(object: string, rows: Row[], colors: ViewColor[] | undefined): ReadonlyMap<string, ViewColor["color"]> {
  const asked = (colors ?? []).filter((color) => color.where.trim());
  const parts: string[][] = [];
  if (asked.length > 0) for (let i = 0; i < rows.length; i += ROWS_AT_ONCE) parts.push(rows.slice(i, i + ROWS_AT_ONCE).map((row) => row.id));
  return useQueries({
    queries: asked.flatMap(({ where }) => parts.map((ids) => ({
      queryKey: ["records", object, "tint", where, ids],
      queryFn: () => api.records(object, { where: allOf(where, idIn(ids)), fields: ["id"], limit: ids.length }),
      staleTime: 20_000, retry: false,
    }))),
    combine: (answers) => {
      const out = new Map<string, ViewColor["color"]>();
      answers.forEach((answer, i) => {
        const { color } = asked[Math.floor(i / parts.length)]!;
        for (const row of answer.data?.items ?? []) if (!out.has(row.id)) out.set(row.id, color);
      });
      return out;
    },
  });
}
