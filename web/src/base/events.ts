import type { QueryClient } from "@tanstack/react-query";
import { api } from "./api.ts";
import { useNetwork } from "./seen.ts";
import { parseTime, setNow } from "./time.ts";

/*
 * Live events carry names only (object, id, version); what is on screen is read again through the
 * same door as everything else. Bursts are gathered for a moment so that an import of a thousand
 * rows is one refetch. After a lost connection everything on screen is stale. A browser gives a
 * stream up for good when it is answered by an error (a database or a server behind a proxy that is
 * away, a session that has ended), so it is opened anew here; and while requests fail, one small
 * one finds out when they no longer do.
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
const AGAIN_MS = [1_000, 2_000, 5_000, 10_000];
const PROBE_MS = 5_000;

export function connect(client: QueryClient, onState: (isLive: boolean) => void): () => void {
  const stale = new Map<string, readonly unknown[]>();
  let timer: ReturnType<typeof setTimeout> | null = null;
  let hasDropped = false;
  let source: EventSource | null = null;
  let again: ReturnType<typeof setTimeout> | undefined;
  let probe: ReturnType<typeof setInterval> | undefined;
  let failures = 0;

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

  const handlers = new Map<string, (data: Record<string, never>) => void>();
  const on = (name: string, handle: (data: Record<string, never>) => void) => handlers.set(name, handle);
  const back = () => {
    void client.invalidateQueries();
    /* The server may have been replaced meanwhile, and the app with it. */
    window.dispatchEvent(new Event("leadline:back"));
  };
  const open = () => {
    const stream = new EventSource(api.eventsUrl, { withCredentials: true });
    source = stream;
    for (const [name, handle] of handlers) {
      stream.addEventListener(name, (event) => {
        try {
          handle(JSON.parse((event as MessageEvent<string>).data || "{}"));
        } catch {
          /* An event that cannot be read only costs its refetch. */
        }
      });
    }
    stream.onopen = () => {
      onState(true);
      if (hasDropped) back();
      hasDropped = false;
      failures = 0;
    };
    stream.onerror = () => {
      hasDropped = true;
      onState(false);
      if (stream.readyState !== EventSource.CLOSED) return; /* the browser tries again itself */
      again = setTimeout(open, AGAIN_MS[Math.min(failures, AGAIN_MS.length - 1)]);
      failures += 1;
      ask(); /* says so when the session is what has ended */
    };
  };
  const ask = () => void api.counts().catch(() => {});
  const unwatch = useNetwork.subscribe(({ isOffline }, before) => {
    if (isOffline === before.isOffline) return;
    clearInterval(probe);
    if (isOffline) probe = setInterval(ask, PROBE_MS);
    else back();
  });
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
  /* First what there is to ask for, then what is on screen. */
  on("schema", () => void client.invalidateQueries({ queryKey: ["session"] })
    .then(() => client.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== "session" })));
  /* What one may see has changed, or more has than can be named. */
  on("resync", () => void client.invalidateQueries());
  on("job", () => mark(["jobs"]));
  open();
  return () => {
    source?.close();
    unwatch();
    clearTimeout(again);
    clearInterval(probe);
    if (timer) clearTimeout(timer);
  };
}
