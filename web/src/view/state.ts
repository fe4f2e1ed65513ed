import { useQuery } from "@tanstack/react-query";
import { api } from "@/base/api.ts";
import { usePhone, useParams } from "@/base/hooks.ts";
import { objectConfig, type Session, useSession } from "@/base/session.ts";
import type { Layout, ObjectDef, View, ViewColor } from "@/base/types.ts";
import { canAskBy, type Column, columnOf, columnsOf, defaultColumns, orderFor, pipelineOf, typeOf } from "@/object/object.ts";
import { t } from "./texts.ts";

/*
 * What a list shows, as one value: the chosen view, overlaid by what the URL says. Everything is in
 * the URL, so a list can be sent to a colleague or returned to with the back button.
 */
export type { Layout } from "@/base/types.ts";

/* How a view looks beyond which records it has: one word of the URL, `look`. */
export interface Look {
  pinned?: number;
  density?: "comfortable" | "compact";
  colors?: ViewColor[];
  calendar?: { date?: string };
  gallery?: { image?: string; fields?: string[] };
  widths?: Record<string, number>;
}
const LOOKS = ["pinned", "density", "colors", "calendar", "gallery", "widths"] as const;

export interface ViewChoice {
  key: string;
  label: string;
  where: string;
  order: string;
  columns: string[];
  layout?: Layout;
  group?: string;
  look: Look;
  pipeline?: string;
  isDefault?: boolean;
  /* One that people keep; those that are part of the app are nobody's, and changed by who configures. */
  saved?: View;
  app?: View;
}

export interface ListState {
  object: ObjectDef;
  views: ViewChoice[];
  view: ViewChoice;
  where: string;
  order: string;
  q: string;
  layout: Layout;
  layouts: Layout[];
  columns: Column[];
  paths: string[];
  group: string | null;
  look: Look;
  pipeline: string | null;
  isChanged: boolean;
  /* Cells are edited in place. */
  isEditing: boolean;
  /* The views are known; before, nothing should be asked for. */
  isReady: boolean;
  set(change: Record<string, string | null>, push?: boolean): void;
  setLook(change: Look): void;
}

function choiceOf(session: Session, object: ObjectDef, view: View): ViewChoice {
  const config = objectConfig(session, object.name);
  const role = session.me.user.role;
  return {
    key: view.id, label: view.name, where: view.where, order: view.order || (config.order ?? "-updated_at"),
    columns: view.columns.length ? view.columns : defaultColumns(session, object),
    layout: view.layout, group: view.group ?? undefined, pipeline: view.pipeline ?? undefined,
    look: Object.fromEntries(LOOKS.flatMap((key) => (view[key] ? [[key, view[key]]] : []))),
    isDefault: view.default_for?.some((name) => name === role || name === "*"), ...(view.owner ? { saved: view } : { app: view }),
  };
}

/* A word of the URL that somebody may have cut short. */
function lookOf(text: string | null): Look {
  try {
    const value: unknown = text ? JSON.parse(text) : {};
    return value && typeof value === "object" ? value : {};
  } catch {
    return {};
  }
}

export function dateFields(object: ObjectDef) {
  return object.fields.filter((field) => ["date", "datetime"].includes(typeOf(field)));
}

/* The day a calendar stands on: the one that was chosen, else the first a person fills in. */
export function calendarField(object: ObjectDef, look: Look) {
  const fields = dateFields(object);
  return fields.find((field) => field.name === look.calendar?.date) ?? fields.find((field) => !field.system && !field.readonly) ?? fields[0];
}

export function useListState(object: ObjectDef): ListState {
  const session = useSession();
  const isPhone = usePhone();
  const [params, set] = useParams();
  const found = useQuery({ queryKey: ["views", object.name], queryFn: () => api.views(object.name), staleTime: 60_000, retry: false });
  const config = objectConfig(session, object.name);
  const items = [...(found.data?.items ?? [])].sort((a, b) => Number(Boolean(a.owner)) - Number(Boolean(b.owner)) || (a.position ?? 99) - (b.position ?? 99));
  const all: ViewChoice = { key: "all", label: t("all"), where: "", order: config.order ?? "-updated_at", columns: defaultColumns(session, object), look: {} };
  const views = [all, ...items.map((view) => choiceOf(session, object, view))];
  const named = params.get("view");
  /* A link from before it became part of the app still leads to it. */
  const chosen = views.find((choice) => choice.key === named) ?? views.find((choice) => named !== null && choice.app?.adopted_from === named);
  const first = (isPhone && views.find((choice) => choice.key === config.phone_view)) || views.find((choice) => choice.isDefault) || all;
  const view = chosen ?? first;
  const layouts: Layout[] = ["grid", ...(object.pipeline ? ["board" as const] : []), ...(dateFields(object).length ? ["calendar" as const] : []), "gallery"];
  const navLayout = session.app.nav.find((item) => item.object === object.name)?.layout;
  /* What the rail opens an object as goes for lists only; a view says itself what it is. */
  const usual = view === all && !isPhone ? navLayout : undefined;
  const wanted = (params.get("layout") as Layout | null) ?? usual ?? view.layout ?? "grid";
  const paths = (params.get("columns")?.split(",") ?? view.columns).filter((path) => columnOf(session, object, path));
  const changes = lookOf(params.get("look"));
  const look = { ...view.look, ...changes };
  const group = params.get("group") ?? view.group ?? null;
  return {
    object, views, view, set, paths, look, layouts,
    where: params.get("where") ?? view.where,
    order: orderFor(session, object, params.get("order") ?? view.order),
    q: params.get("q") ?? "",
    layout: layouts.includes(wanted) ? wanted : "grid",
    columns: columnsOf(session, object, paths),
    group: group && canAskBy(session, object, group) ? group : null,
    pipeline: object.pipeline ? (pipelineOf(session, object.name, null, params.get("pipeline") ?? view.pipeline)?.name ?? null) : null,
    isEditing: params.get("edit") === "1",
    isReady: !found.isPending,
    isChanged: ["where", "order", "columns", "group", "look"].some((key) => params.has(key)) || (params.has("layout") && params.get("layout") !== (view.layout ?? usual ?? "grid")),
    setLook(change) {
      set({ look: JSON.stringify({ ...changes, ...change }) });
    },
  };
}
