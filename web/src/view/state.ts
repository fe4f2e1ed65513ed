import { useQuery } from "@tanstack/react-query";
import { api } from "@/base/api.ts";
import { usePhone, useParams } from "@/base/hooks.ts";
import { tr } from "@/base/i18n.ts";
import { objectConfig, type Session, useSession } from "@/base/session.ts";
import type { ObjectDef, View } from "@/base/types.ts";
import { type Column, columnOf, columnsOf, defaultColumns, pipelineOf } from "@/object/object.ts";
import { t } from "./texts.ts";

/*
 * What a list shows, as one value: the chosen view, overlaid by what the URL says. Everything is in
 * the URL, so a list can be sent to a colleague or returned to with the back button.
 */
export interface ViewChoice {
  key: string;
  label: string;
  where: string;
  order: string;
  columns: string[];
  layout?: "grid" | "board";
  widths?: Record<string, number>;
  saved?: View;
}

export interface ListState {
  object: ObjectDef;
  views: ViewChoice[];
  view: ViewChoice;
  where: string;
  order: string;
  q: string;
  layout: "grid" | "board";
  columns: Column[];
  paths: string[];
  pipeline: string | null;
  isChanged: boolean;
  /* Cells are edited in place. */
  isEditing: boolean;
  set(change: Record<string, string | null>, push?: boolean): void;
}

function builtinViews(session: Session, object: ObjectDef): ViewChoice[] {
  const config = objectConfig(session, object.name);
  const order = config.order ?? "-updated_at";
  const columns = defaultColumns(session, object);
  const all: ViewChoice = { key: "all", label: t("all"), where: "", order, columns };
  const named = (config.views ?? []).map((view) => ({
    key: view.name, label: tr(view.label), where: view.where ?? "", order: view.order ?? order, columns: view.columns ?? columns,
  }));
  return named.some((view) => view.key === "all") ? named : [all, ...named];
}

export function useListState(object: ObjectDef): ListState {
  const session = useSession();
  const isPhone = usePhone();
  const [params, set] = useParams();
  const saved = useQuery({ queryKey: ["views", object.name], queryFn: () => api.views(object.name), staleTime: 60_000, retry: false });
  const fallback = defaultColumns(session, object);
  const views: ViewChoice[] = [
    ...builtinViews(session, object),
    ...(saved.data?.items ?? []).filter((view) => view.owner).map((view) => ({
      key: view.id, label: view.name, where: view.where, order: view.order, layout: view.layout, widths: view.widths ?? undefined,
      columns: view.columns.length ? view.columns : fallback, saved: view,
    })),
  ];
  const first = isPhone ? objectConfig(session, object.name).phone_view : undefined;
  const view = views.find((choice) => choice.key === (params.get("view") ?? first)) ?? views[0]!;
  const navLayout = session.app.nav.find((item) => item.object === object.name)?.layout;
  const wanted = params.get("layout") ?? view.layout ?? (isPhone ? "grid" : navLayout) ?? "grid";
  const paths = (params.get("columns")?.split(",") ?? view.columns).filter((path) => columnOf(session, object, path));
  return {
    object, views, view, set, paths,
    where: params.get("where") ?? view.where,
    order: params.get("order") ?? view.order,
    q: params.get("q") ?? "",
    layout: object.pipeline && wanted === "board" ? "board" : "grid",
    columns: columnsOf(session, object, paths),
    pipeline: object.pipeline ? (pipelineOf(session, object.name, null, params.get("pipeline") ?? view.saved?.pipeline)?.name ?? null) : null,
    isEditing: params.get("edit") === "1",
    isChanged: params.has("where") || params.has("order") || params.has("columns"),
  };
}
