import { QueryClient, useQuery } from "@tanstack/react-query";
import { createContext, use } from "react";
import { api, ApiError, setCsrf } from "./api.ts";
import { setCurrency } from "./format.ts";
import { setNow, setZone } from "./time.ts";
import type { AppConfig, Me, ObjectConfig, ObjectDef, ObjectPermission, PipelineDef } from "./types.ts";

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
      retry: (failures, error) =>
        failures < 2 && error instanceof ApiError && (error.isOffline || error.status >= 502),
    },
    mutations: { retry: false },
  },
});

export async function loadSession(): Promise<Session> {
  const [me, app, objects, pipelines] = await Promise.all([
    api.me(), api.app(), api.objects(), api.pipelines(),
  ]);
  setCsrf(me.csrf);
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

export function objectConfig(session: Session, object: string): ObjectConfig {
  return session.app.objects?.[object] ?? {};
}

export function pipelinesOf(session: Session, object: string): PipelineDef[] {
  return session.pipelines
    .filter((pipeline) => pipeline.object === object)
    .sort((a, b) => Number(b.default ?? false) - Number(a.default ?? false));
}

export function useCounts() {
  return useQuery({ queryKey: ["counts"], queryFn: api.counts, staleTime: 10_000, refetchInterval: 120_000 });
}
