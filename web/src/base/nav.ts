import { createContext, use } from "react";
import { api, ApiError } from "./api.ts";
import { dropPending, pendingEnd, sendPending, usePending } from "./pending.ts";
import { usePrefs } from "./prefs.ts";
import { seenForget, setLeaving } from "./seen.ts";
import { queryClient } from "./session.ts";

/* Where one can go, as the frame worked it out from the pack, the metadata and the permissions. */
export interface NavEntry {
  key: string;
  href: string;
  label: string;
  icon: string;
  shortcut?: string;
  screen: string;
  object?: string;
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
