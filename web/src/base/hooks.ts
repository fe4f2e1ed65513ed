import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { useLocation, useSearch } from "wouter";
import { now } from "./time.ts";

export function useMedia(media: string): boolean {
  return useSyncExternalStore(
    (notify) => {
      const list = window.matchMedia(media);
      list.addEventListener("change", notify);
      return () => list.removeEventListener("change", notify);
    },
    () => window.matchMedia(media).matches,
  );
}

/* The three layouts: a phone below 768 px, a drawer beside the list from 1200 px. */
export const usePhone = () => useMedia("(max-width: 767px)");
export const useWide = () => useMedia("(min-width: 1200px)");

export function useDebounced<T>(value: T, delayMs: number): T {
  const [kept, setKept] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setKept(value), delayMs);
    return () => clearTimeout(timer);
  }, [value, delayMs]);
  return kept;
}

/* The clock on screen; ticks so that relative times stay true. */
export function useNow(everyMs = 30_000): number {
  const [at, setAt] = useState(now());
  useEffect(() => {
    const timer = setInterval(() => setAt(now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return at;
}

/* Under 300 ms nothing at all is shown while loading, so quick answers do not flicker. */
export function useSlow(isWaiting: boolean, afterMs = 300): boolean {
  const [isSlow, setSlow] = useState(false);
  useEffect(() => {
    if (!isWaiting) {
      setSlow(false);
      return;
    }
    const timer = setTimeout(() => setSlow(true), afterMs);
    return () => clearTimeout(timer);
  }, [isWaiting, afterMs]);
  return isSlow && isWaiting;
}

/* State in the URL: the query of the address is read and written as one map. */
export function useParams(): [URLSearchParams, (change: Record<string, string | null>, push?: boolean) => void] {
  const search = useSearch();
  const [path, navigate] = useLocation();
  const write = (change: Record<string, string | null>, push = false) => {
    const next = new URLSearchParams(window.location.search);
    for (const [key, value] of Object.entries(change)) {
      if (value === null || value === "") next.delete(key);
      else next.set(key, value);
    }
    const text = next.toString();
    navigate(path + (text ? `?${text}` : ""), { replace: !push });
  };
  return [new URLSearchParams(search), write];
}

export function useLatest<T>(value: T) {
  const ref = useRef(value);
  ref.current = value;
  return ref;
}

export function useTitle(title: string) {
  useEffect(() => {
    document.title = title ? `${title} · Leadline` : "Leadline";
  }, [title]);
}
