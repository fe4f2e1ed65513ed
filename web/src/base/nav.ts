import { createContext, use } from "react";
import { useLocation } from "wouter";
import { api } from "./api.ts";
import { usePrefs } from "./prefs.ts";
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

export function useSignOut() {
  const [, navigate] = useLocation();
  return async () => {
    await api.signOut().catch(() => undefined);
    queryClient.clear();
    navigate("/login", { replace: true });
  };
}
