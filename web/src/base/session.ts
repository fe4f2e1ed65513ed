import { QueryClient, useQuery } from "@tanstack/react-query";
import { createContext, use } from "react";
import { api, ApiError, setCsrf } from "./api.ts";
import { setCurrency } from "./format.ts";
import { pendingBegin } from "./pending.ts";
import { isLeaving, remember, seenBegin, setLeaving } from "./seen.ts";
import { setNow, setZone } from "./time.ts";
import type { AppConfig, LayoutDef, Me, ObjectConfig, ObjectDef, ObjectPermission, PipelineDef } from "./types.ts";

/*
 * The session: who I am, what I may, and the metadata everything on screen is made of. It is
 * loaded once after login (four requests in parallel) and handed down by context; screens may
 * rely on it being there.
 */
export interface Session {
  me: Me;
  app: AppConfig;
  objects: ReadonlyMap<string, ObjectDef>;
  pipelines: readonly PipelineDef[];
}

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 20_000,
      gcTime: 10 * 60_000,
      refetchOnWindowFocus: true,
      /* Without a network they are answered from what was seen. */
      networkMode: "always",
      retry: (failures, error) =>
        failures < 2 && error instanceof ApiError && (error.isOffline || error.status >= 502),
    },
    mutations: { retry: false, networkMode: "always" },
  },
});

/* Somebody left while there was no network: nobody is logged in, whatever the cookie says. */
async function endLeft(): Promise<never> {
  const signedOut = new ApiError(401, "", "", []);
  try {
    setCsrf((await api.me()).csrf);
    await api.signOut();
  } catch (error) {
    if (error instanceof ApiError && error.status !== 401) throw signedOut;
  }
  setLeaving(false);
  throw signedOut;
}

export async function loadSession(): Promise<Session> {
  if (isLeaving()) return endLeft();
  const [me, app, objects, pipelines] = await Promise.all([
    api.me(), api.app(), api.objects(), api.pipelines(),
  ]);
  setCsrf(me.csrf);
  await seenBegin(me.user.id);
  for (const [path, answer] of [["/me", me], ["/app", app], ["/objects", objects], ["/pipelines", pipelines]] as const) {
    remember("GET", path, "", answer);
  }
  await pendingBegin(me.user.id);
  setZone(me.workspace.zone);
  setCurrency(me.workspace.currency);
  const nowMs = Date.parse(me.now);
  if (!Number.isNaN(nowMs) && Math.abs(nowMs - Date.now()) > 5_000) setNow(nowMs);
  return {
    me, app, pipelines: pipelines.items,
    objects: new Map(objects.items.map((object) => [object.name, object])),
  };
}

const Context = createContext<Session | null>(null);
export const SessionProvider = Context.Provider;

export function useSession(): Session {
  const session = use(Context);
  if (!session) throw new Error("useSession outside of a signed-in screen");
  return session;
}

export function permission(session: Session, object: string): ObjectPermission {
  return session.me.permissions.objects[object] ?? {};
}

/* The app's log form, for those who may write one. */
export function logForm(session: Session) {
  const log = session.app.log;
  return log && permission(session, log.object).create !== false ? log : undefined;
}

export function objectConfig(session: Session, object: string): ObjectConfig {
  return session.app.objects?.[object] ?? {};
}

export function layoutOf(session: Session, object: string): LayoutDef {
  return session.app.layouts?.[object] ?? { name: object, object, sections: [] };
}

export function pipelinesOf(session: Session, object: string): PipelineDef[] {
  return session.pipelines
    .filter((pipeline) => pipeline.object === object)
    .sort((a, b) => Number(b.default ?? false) - Number(a.default ?? false));
}

export function useCounts() {
  return useQuery({ queryKey: ["counts"], queryFn: api.counts, staleTime: 10_000, refetchInterval: 120_000 });
}
