import { api, ApiError } from "@/base/api.ts";
import type { Value } from "@/base/types.ts";

/*
 * Many changes, sent in batches that the server takes whole or not at all. A row it refuses is set
 * aside with its reason and the others go on.
 */
export interface RowChange {
  id: string;
  version?: number;
  values: Record<string, Value>;
}

export interface Outcome {
  done: { id: string; version: number }[];
  refused: { id: string; field: string | null; message: string }[];
  isStopped: boolean;
}

export const BATCH_ROWS = 200;

type Send = (object: string, records: { id: string; version?: number; [field: string]: Value | undefined }[]) => Promise<{ records: { id: string; version: number }[] }>;

/* "records[3].amount" → row 3, field "amount". */
export function blamed(error: ApiError): { index: number; field: string | null; message: string }[] {
  const out: { index: number; field: string | null; message: string }[] = [];
  for (const { field, message } of error.errors) {
    const found = /^records\[(\d+)\](?:\.(.+))?$/.exec(field ?? "");
    if (found) out.push({ index: Number(found[1]), field: found[2] ?? null, message });
  }
  return out;
}

export async function runBatch(
  object: string, changes: RowChange[],
  options: { onProgress?: (done: number) => void; isStopped?: () => boolean; send?: Send } = {},
): Promise<Outcome> {
  const out: Outcome = { done: [], refused: [], isStopped: false };
  const send = options.send ?? api.updateMany;
  const put = async (part: RowChange[]) => {
    const answer = await send(object, part.map(({ id, version, values }) => ({ ...values, id, version })));
    out.done.push(...answer.records.map(({ id, version }) => ({ id, version })));
  };
  for (let at = 0; at < changes.length;) {
    if (options.isStopped?.()) return { ...out, isStopped: true };
    const part = changes.slice(at, at + BATCH_ROWS);
    try {
      await put(part);
      at += part.length;
    } catch (error) {
      /* Without a network, or a row to blame, there is nothing to go on with. */
      if (!(error instanceof ApiError) || error.isOffline || error.status >= 500) throw error;
      const faults = blamed(error);
      if (faults.length === 0 && part.length > 1) throw error;
      const first = faults.length === 0 ? 0 : Math.min(...faults.map(({ index }) => index));
      /* What was read wrong is named for all rows at once; what broke a rule, for the first of them. */
      const bad = faults.length === 0 ? [{ index: 0, field: null, message: error.message }] : faults;
      const rows = new Set(bad.map(({ index }) => index));
      out.refused.push(...bad.map(({ index, field, message }) => ({ id: part[index]!.id, field, message })));
      if (rows.size === 1) {
        if (first > 0) await put(part.slice(0, first));
        at += first + 1;
      } else {
        const rest = part.filter((_, index) => !rows.has(index));
        changes = [...changes.slice(0, at), ...rest, ...changes.slice(at + part.length)];
      }
    }
    options.onProgress?.(out.done.length + out.refused.length);
  }
  return out;
}
