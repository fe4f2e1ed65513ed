import { describe, expect, it } from "vitest";
import { ApiError } from "@/base/api.ts";
import { BATCH_ROWS, type RowChange, runBatch } from "./batch.ts";

const rows = (count: number): RowChange[] => Array.from({ length: count }, (_, i) => ({ id: `r${i}`, version: 1, values: { amount: i } }));
const refusal = (faults: [number, string][]) =>
  new ApiError(422, "", "", faults.map(([index, field]) => ({ code: "x", field: `records[${index}].${field}`, message: `bad ${field}` })));

/* A server that refuses some ids, one at a time as the engine does. */
function server(bad: string[], isAllAtOnce = false) {
  let calls = 0;
  const kept: string[] = [];
  return {
    kept, calls: () => calls,
    send: async (_object: string, records: { id: string }[]) => {
      calls += 1;
      const faults = records.flatMap(({ id }, index) => (bad.includes(id) ? [[index, "amount"] as [number, string]] : []));
      if (faults.length) throw refusal(isAllAtOnce ? faults : faults.slice(0, 1));
      kept.push(...records.map(({ id }) => id));
      return { records: records.map(({ id }) => ({ id, version: 2 })) };
    },
  };
}

describe("many changes at once", () => {
  it("go in batches and tell how far they are", async () => {
    const { send, kept, calls } = server([]);
    const seen: number[] = [];
    const out = await runBatch("deal", rows(BATCH_ROWS * 2 + 5), { send, onProgress: (done) => seen.push(done) });
    expect(out.done.length).toBe(BATCH_ROWS * 2 + 5);
    expect(kept.length).toBe(BATCH_ROWS * 2 + 5);
    expect([calls(), seen]).toEqual([3, [BATCH_ROWS, BATCH_ROWS * 2, BATCH_ROWS * 2 + 5]]);
  });
  it.each([false, true])("set aside what is refused and go on with the rest (all named at once: %s)", async (isAllAtOnce) => {
    const { send, kept } = server(["r0", "r3", "r9"], isAllAtOnce);
    const out = await runBatch("deal", rows(10), { send });
    expect(kept).toEqual(["r1", "r2", "r4", "r5", "r6", "r7", "r8"]);
    expect(out.refused.map(({ id }) => id)).toEqual(["r0", "r3", "r9"]);
    expect(out.refused[0]).toMatchObject({ field: "amount", message: "bad amount" });
  });
  it("stop when asked to, with what is done so far", async () => {
    const { send } = server([]);
    let isStopped = false;
    const out = await runBatch("deal", rows(BATCH_ROWS * 3), { send, isStopped: () => isStopped, onProgress: () => { isStopped = true; } });
    expect([out.isStopped, out.done.length]).toEqual([true, BATCH_ROWS]);
  });
  it("a refusal that names no row ends a batch, but not one row alone", async () => {
    const deny = async () => { throw new ApiError(403, "denied", "denied", []); };
    await expect(runBatch("deal", rows(3), { send: deny })).rejects.toThrow("denied");
    expect((await runBatch("deal", rows(1), { send: deny })).refused).toEqual([{ id: "r0", field: null, message: "denied" }]);
  });
});
