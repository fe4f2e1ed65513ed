import type { QueryClient } from "@tanstack/react-query";
import { api } from "./api.ts";
import { parseTime, setNow } from "./time.ts";

/*
 * Live events carry names only (object, id, version); what is on screen is read again through the
 * same door as everything else. Bursts are gathered for a moment so that an import of a thousand
 * rows is one refetch. After a lost connection everything on screen is stale.
 */
export interface LiveEvent {
  name: "change" | "inbox" | "alert" | "task";
  object?: string;
  id?: string;
  version?: number;
  level?: string;
  record?: string;
  unread?: number;
}

type Listener = (event: LiveEvent) => void;
const listeners = new Set<Listener>();

export function onLive(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

const GATHER_MS = 400;

export function connect(client: QueryClient, onState: (isLive: boolean) => void): () => void {
  const stale = new Map<string, readonly unknown[]>();
  let timer: ReturnType<typeof setTimeout> | null = null;
  let hasDropped = false;

  const flush = () => {
    timer = null;
    for (const key of stale.values()) void client.invalidateQueries({ queryKey: [...key] });
    stale.clear();
  };
  const mark = (...keys: unknown[][]) => {
    for (const key of keys) stale.set(JSON.stringify(key), key);
    timer ??= setTimeout(flush, GATHER_MS);
  };
  const tell = (event: LiveEvent) => listeners.forEach((listener) => listener(event));

  const source = new EventSource(api.eventsUrl, { withCredentials: true });
  const on = (name: string, handle: (data: Record<string, never>) => void) =>
    source.addEventListener(name, (event) => {
      try {
        handle(JSON.parse((event as MessageEvent<string>).data || "{}"));
      } catch {
        /* An event that cannot be read only costs its refetch. */
      }
    });

  source.onopen = () => {
    onState(true);
    if (hasDropped) {
      void client.invalidateQueries();
      /* The server may have been replaced meanwhile, and the app with it. */
      window.dispatchEvent(new Event("leadline:back"));
    }
    hasDropped = false;
  };
  source.onerror = () => {
    hasDropped = true;
    onState(false);
  };
  const clock = (data: { now?: string }) => {
    const nowMs = parseTime(data.now);
    if (nowMs !== null && Math.abs(nowMs - Date.now()) > 5_000) setNow(nowMs);
  };
  on("hello", clock);
  on("clock", (data) => {
    clock(data);
    void client.invalidateQueries();
  });
  on("change", ({ object, id, version }) => {
    mark(["records", object], ["record", object, id], ["history", object, id], ["aggregate", object],
      ["related", object], ["cards"]);
    tell({ name: "change", object, id, version });
  });
  on("inbox", ({ unread }) => {
    mark(["counts"], ["messages"]);
    tell({ name: "inbox", unread });
  });
  on("alert", ({ id, level, object, record }) => {
    mark(["alerts"], ["counts"], ["tasks"], ["measure"]);
    tell({ name: "alert", id, level, object, record });
  });
  on("task", ({ id }) => {
    mark(["tasks"], ["counts"]);
    tell({ name: "task", id });
  });
  on("schema", () => mark(["session"]));
  on("job", () => mark(["jobs"]));
  return () => {
    source.close();
    if (timer) clearTimeout(timer);
  };
}
