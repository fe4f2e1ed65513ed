import { create } from "zustand";
import { api, ApiError } from "./api.ts";
import type { Value } from "./types.ts";

/*
 * Records written while the server could not be reached. They carry their own ids, so sending one
 * twice makes one. Kept on the device until the server has answered; one it refuses is kept too,
 * with the reason, until the person looks at it.
 */
export interface Pending {
  object: string;
  values: Record<string, Value>;
  title: string;
  problem?: string;
}

const KEY = "leadline.pending";
const COUNT_MAX = 200;

function stored(): Pending[] {
  try {
    const list = JSON.parse(localStorage.getItem(KEY) ?? "[]") as Pending[];
    return Array.isArray(list) ? list : [];
  } catch {
    return [];
  }
}

export const usePending = create<{ items: Pending[] }>(() => ({ items: stored() }));

function keep(items: Pending[]) {
  usePending.setState({ items });
  localStorage.setItem(KEY, JSON.stringify(items));
}

/* False when the device cannot keep it: the caller must not say that it was saved. */
export function putPending(item: Pending): boolean {
  const { items } = usePending.getState();
  if (items.length >= COUNT_MAX) return false;
  try {
    keep([...items, item]);
    return true;
  } catch {
    usePending.setState({ items });
    return false;
  }
}

export function dropPending(id: Value) {
  keep(usePending.getState().items.filter((item) => item.values.id !== id));
}

let isSending = false;

export async function sendPending(onSent: (item: Pending) => void): Promise<void> {
  if (isSending) return;
  isSending = true;
  try {
    for (const item of usePending.getState().items) {
      if (item.problem) continue;
      try {
        await api.create(item.object, item.values);
        dropPending(item.values.id!);
        onSent(item);
      } catch (error) {
        if (!(error instanceof ApiError) || error.isOffline || error.status >= 500 || error.status === 401) return;
        keep(usePending.getState().items.map((other) =>
          other.values.id === item.values.id ? { ...other, problem: error.message } : other));
      }
    }
  } finally {
    isSending = false;
  }
}
