import { create } from "zustand";
import { api, ApiError } from "./api.ts";
import { storeDelete, storeList, storePut } from "./store.ts";
import type { Value } from "./types.ts";

/*
 * Records written while the server could not be reached, with their photos. They carry their own
 * ids, so sending one twice makes one. Kept on the device until the server has answered; one it
 * refuses is kept too, with the reason, until the person corrects or discards it. Each belongs to
 * who wrote it: nobody else sees it, and it is never sent in another's name.
 */
export interface PendingFile {
  field: string;
  name: string;
  blob: Blob;
  /* What the server called it, once it has it. */
  sent?: string;
}

export interface Pending {
  id: string;
  user: string;
  object: string;
  values: Record<string, Value>;
  files: PendingFile[];
  title: string;
  at: number;
  problem?: string;
}

const COUNT_MAX = 500;
let owner: string | null = null;

export const usePending = create<{ items: Pending[] }>(() => ({ items: [] }));

/* What this person left here. */
export async function pendingBegin(user: string): Promise<void> {
  owner = user;
  const all = await storeList<Pending>("queue");
  usePending.setState({ items: all.filter((item) => item.user === user).sort((a, b) => a.at - b.at) });
}

export function pendingEnd() {
  owner = null;
  usePending.setState({ items: [] });
}

/*
 * False when the device cannot keep it: the caller must not say that it was saved. `user`: who wrote it,
 * where their session has just ended; it is sent when they are back.
 */
export async function putPending(item: Omit<Pending, "user" | "at">, user: string | null = owner): Promise<boolean> {
  const { items } = usePending.getState();
  if (!user || items.length >= COUNT_MAX) return false;
  const whole: Pending = { ...item, user, at: items.find((other) => other.id === item.id)?.at ?? Date.now() };
  if (!(await storePut("queue", whole))) return false;
  if (user !== owner) return true;
  usePending.setState(({ items: now }) => ({ items: [...now.filter((other) => other.id !== item.id), whole] }));
  return true;
}

export async function dropPending(id: string): Promise<void> {
  await storeDelete("queue", id);
  usePending.setState(({ items }) => ({ items: items.filter((item) => item.id !== id) }));
}

async function change(item: Pending): Promise<void> {
  await storePut("queue", item);
  usePending.setState(({ items }) => ({ items: items.map((other) => (other.id === item.id ? item : other)) }));
}

/* Waits, rather than refuses: no network, a server in trouble, a session that ended, too many at once. */
function isLater(error: unknown): boolean {
  if (!(error instanceof ApiError)) return true;
  return error.isOffline || error.status >= 500 || error.status === 401 || error.status === 408 || error.status === 429;
}

async function send(item: Pending): Promise<void> {
  const values = { ...item.values };
  let kept = item;
  for (const file of item.files) {
    if (!file.sent) {
      const stored = await api.upload(new File([file.blob], file.name, { type: file.blob.type }));
      file.sent = stored.id;
      kept = { ...kept, files: [...item.files] };
      await change(kept);
    }
    values[file.field] = file.sent;
  }
  await api.create(item.object, values);
}

let sending: Promise<void> | null = null;

/* One after the other, in the order they were written. */
export function sendPending(onSent: (item: Pending) => void): Promise<void> {
  sending ??= (async () => {
    for (const item of usePending.getState().items) {
      if (item.problem || item.user !== owner) continue;
      try {
        await send(item);
        await dropPending(item.id);
        onSent(item);
      } catch (error) {
        if (isLater(error)) return;
        await change({ ...item, problem: (error as ApiError).general([]) ?? (error as ApiError).message });
      }
    }
  })().finally(() => {
    sending = null;
  });
  return sending;
}
