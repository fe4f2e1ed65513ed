import { create } from "zustand";

/*
 * What the person chose on this device: language, theme, width of the rail, density of rows.
 * Kept in localStorage; reading it must work before anything is drawn.
 */
export type Locale = "zh" | "en";
export type Theme = "system" | "light" | "dark";

interface Prefs {
  locale: Locale;
  theme: Theme;
  isRailNarrow: boolean;
  isCompact: boolean;
  set(change: Partial<Pick<Prefs, "locale" | "theme" | "isRailNarrow" | "isCompact">>): void;
}

const KEY = "leadline.prefs";

function stored(): Partial<Prefs> {
  try {
    const text = localStorage.getItem(KEY);
    return text ? (JSON.parse(text) as Partial<Prefs>) : {};
  } catch {
    return {};
  }
}

function localeDefault(): Locale {
  const language = typeof navigator === "undefined" ? "zh" : navigator.language;
  return language.toLowerCase().startsWith("zh") ? "zh" : "en";
}

const kept = stored();

export const usePrefs = create<Prefs>((set, get) => ({
  locale: kept.locale === "zh" || kept.locale === "en" ? kept.locale : localeDefault(),
  theme: kept.theme ?? "system",
  isRailNarrow: kept.isRailNarrow ?? false,
  isCompact: kept.isCompact ?? false,
  set(change) {
    set(change);
    const { locale, theme, isRailNarrow, isCompact } = get();
    try {
      localStorage.setItem(KEY, JSON.stringify({ locale, theme, isRailNarrow, isCompact }));
    } catch {
      /* A full or forbidden store only means the choice is not remembered. */
    }
    applyPrefs();
  },
}));

export function locale(): Locale {
  return usePrefs.getState().locale;
}

export function applyPrefs() {
  const root = document.documentElement;
  const { theme, locale: language, isCompact } = usePrefs.getState();
  root.lang = language === "zh" ? "zh-CN" : "en";
  if (theme === "system") delete root.dataset.theme;
  else root.dataset.theme = theme;
  root.dataset.density = isCompact ? "compact" : "normal";
}
