import { createContext, use } from "react";
import { api, ApiError } from "./api.ts";
import type { AppConfig, NavItem } from "./types.ts";
import { dropPending, pendingEnd, sendPending, usePending } from "./pending.ts";
import { usePrefs } from "./prefs.ts";
import { seenForget, setLeaving } from "./seen.ts";
import { queryClient } from "./session.ts";

/* Where one can go, as the frame worked it out from the pack, the metadata and the permissions. */
export interface NavEntry {
  key: string;
  href: string;
  label: string;
  words: string[]; /* what else it may be looked for by */
  icon: string;
  shortcut?: string;
  screen: string;
  object?: string;
}

const TAB_COUNT = 5;

/*
 * The phone's tabs: those of the app; where it leaves room, or has none, the menu's entries stand
 * before "me", which has all the others.
 */
export function tabsOf(app: AppConfig, menu: Pick<NavItem, "screen" | "object">[]): NonNullable<AppConfig["tabs"]> {
  const own = app.tabs ?? [];
  const isIn = (item: Pick<NavItem, "screen" | "object">) => own.some((tab) => "screen" in tab && tab.screen === item.screen && tab.object === item.object);
  const me = own.filter((tab) => "screen" in tab && tab.screen === "me");
  const log = own.length === 0 && app.log ? [{ log: true as const }] : [];
  const rest = [...own.filter((tab) => !me.includes(tab)), ...log];
  const lists = menu.filter((item) => item.screen === "records" && !isIn(item));
  const added = lists.slice(0, Math.max(0, TAB_COUNT - 1 - rest.length));
  return [...rest, ...added, ...(me.length > 0 ? me : [{ screen: "me" }])];
}

const Context = createContext<NavEntry[]>([]);
export const NavProvider = Context.Provider;

export function useNav(): NavEntry[] {
  return use(Context);
}

export function openPalette() {
  window.dispatchEvent(new Event("leadline:palette"));
}

export function setLocale(language: "zh" | "en") {
  usePrefs.getState().set({ locale: language });
  void api.saveLocale(language === "zh" ? "zh-CN" : "en").catch(() => undefined);
}

/*
 * Leaves nothing of this person on the device. What waits to be sent is sent first; what cannot be
 * is named, and given up only when they say so. The page is loaded anew, so that memory is empty too.
 */
export function useSignOut() {
  return async (mayDiscard: (count: number) => Promise<boolean>) => {
    await sendPending(() => undefined);
    const waiting = usePending.getState().items;
    if (waiting.length > 0 && !(await mayDiscard(waiting.length))) return;
    for (const item of waiting) await dropPending(item.id);
    pendingEnd();
    try {
      await api.signOut();
    } catch (error) {
      setLeaving(!(error instanceof ApiError && error.status === 401));
    }
    queryClient.clear();
    await seenForget();
    window.location.replace("/login");
  };
}
