import { create } from "zustand";
import { storeClear, storeGet, storeList, storePrune, storePut } from "./store.ts";

/*
 * The last answers, kept on the device so that lists and records can be read without a network.
 * They belong to one person: nothing is kept before it is known who that is, and all of it goes
 * when they leave, when their session ends, or when somebody else logs in.
 */
interface Seen {
  key: string;
  at: number;
  body: unknown;
}

/* What can be read again later; files, exports, imports and people's accounts are not kept. */
const KEPT = /^\/(me|app|objects|pipelines|records|query|tasks|alerts|messages|views|measures)\b/;
const COUNT_MAX = 800;
const SIZE_MAX = 1_000_000;
const USER = "leadline.user";
const LEAVING = "leadline.leaving";

let user: string | null = null;
let putCount = 0;

/* Whether the server was reached last time, or something answered that it is away; from when what is on screen is. */
interface Network {
  isOffline: boolean;
  isAway: boolean;
  seenAt: number | null;
}

const REACHED: Network = { isOffline: false, isAway: false, seenAt: null };
export const useNetwork = create<Network>(() => REACHED);

export function noteReached() {
  if (useNetwork.getState().isOffline) useNetwork.setState(REACHED);
}

export function noteLost(seenAt: number | null, isAway: boolean) {
  const before = useNetwork.getState();
  const oldest = seenAt === null ? before.seenAt : Math.min(seenAt, before.seenAt ?? seenAt);
  if (!before.isOffline || oldest !== before.seenAt || isAway !== before.isAway) useNetwork.setState({ isOffline: true, isAway, seenAt: oldest });
}

export function knownUser(): string | null {
  try {
    return localStorage.getItem(USER);
  } catch {
    return null;
  }
}

/* From now on answers are this person's; another's are gone. */
export async function seenBegin(id: string): Promise<void> {
  if (knownUser() !== id) await seenForget();
  user = id;
  try {
    localStorage.setItem(USER, id);
  } catch {
    /* Then nothing can be read without a network. */
  }
  void storePrune("seen", COUNT_MAX);
}

const OWN = ["leadline.recent", "leadline.commands", USER];

/* Nothing of anybody is left but what waits to be sent. */
export async function seenForget(): Promise<void> {
  user = null;
  useNetwork.setState(REACHED);
  try {
    for (const key of OWN) localStorage.removeItem(key);
    sessionStorage.clear();
  } catch {
    /* A store that cannot be reached holds nothing. */
  }
  await storeClear("seen");
}

/* Left without a network: the session is ended as soon as there is one, before anything is shown. */
export function isLeaving(): boolean {
  return localStorage.getItem(LEAVING) !== null;
}

export function setLeaving(is: boolean) {
  if (is) localStorage.setItem(LEAVING, "1");
  else localStorage.removeItem(LEAVING);
}

const keyOf = (owner: string, method: string, path: string, text: string) => `${owner}|${method} ${path}${text ? ` ${text}` : ""}`;

export function isKept(method: string, path: string): boolean {
  return KEPT.test(path) && (method === "GET" || (method === "POST" && path.startsWith("/query/")));
}

export function remember(method: string, path: string, text: string, body: unknown) {
  if (!user) return;
  const key = keyOf(user, method, path, text);
  if (key.length > 4000 || JSON.stringify(body).length > SIZE_MAX) return;
  void storePut("seen", { key, at: Date.now(), body } satisfies Seen);
  putCount += 1;
  if (putCount % 200 === 0) void storePrune("seen", COUNT_MAX);
}

/* What was answered last; of a record, with whatever fields it was asked for last. */
export async function recall(method: string, path: string, text: string): Promise<{ body: unknown; at: number } | null> {
  const owner = user ?? knownUser();
  if (!owner) return null;
  const same = await storeGet<Seen>("seen", keyOf(owner, method, path, text));
  if (same) return same;
  const record = /^\/records\/\w+\/[\w-]+(?=\?|$)/.exec(path);
  if (!record || method !== "GET") return null;
  const near = (await storeList<Seen>("seen", keyOf(owner, method, record[0], ""))).filter(({ key }) => !/\/(history|moves)/.test(key));
  return near.sort((a, b) => b.at - a.at)[0] ?? null;
}
