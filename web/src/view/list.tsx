import "./view.css";
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { lazy, Suspense, useEffect, useMemo, useRef, useState } from "react";
import { useLocation } from "wouter";
import { useActions } from "@/base/actions.ts";
import { api } from "@/base/api.ts";
import { count } from "@/base/format.ts";
import { parseFilter } from "@/base/formula.ts";
import { useDebounced, usePhone, useTitle, useWide } from "@/base/hooks.ts";
import { tr } from "@/base/i18n.ts";
import { objectConfig, permission, useSession } from "@/base/session.ts";
import type { ObjectDef, Row } from "@/base/types.ts";
import { columnOf, columnsOf, fieldsFor, pluralOf } from "@/object/object.ts";
import { RecordDrawer } from "@/record/drawer.tsx";
import { Button, Empty, Failed, Segment, Skeleton } from "@/ui/basics.tsx";
import { Icon } from "@/ui/icon.tsx";
import { MenuButton, type MenuItem, toast } from "@/ui/layer.tsx";
import { ColumnChoice } from "./columns.tsx";
import { FilterPanel } from "./filter.tsx";
import { allMatching, BulkBar, SELECT_MAX } from "./bulk.tsx";
import { canEditColumn } from "@/field/cells.ts";
import { Grid, groupPaths } from "./grid.tsx";
import { useSheet } from "./sheet.tsx";
import { type Layout, type ListState, useListState } from "./state.ts";
import { t } from "./texts.ts";
import { useTints } from "./tints.ts";
import { LAYOUT_ICONS, ViewMenu } from "./views.tsx";

const LAYOUTS = {
  board: lazy(() => import("./board.tsx")), calendar: lazy(() => import("./calendar_view.tsx")), gallery: lazy(() => import("./gallery.tsx")), grid: List,
};
const DisplayDialog = lazy(() => import("./display.tsx").then((room) => ({ default: room.DisplayDialog })));
const PAGE_ROWS = 100;

/* Records of one object: as a list or by stage, with what is open beside it. */
export default function RecordsScreen({ object: name }: { object: string }) {
  const session = useSession();
  const object = session.objects.get(name);
  if (!object) return <Empty icon="lock" title={t("no_object")} />;
  return <Records key={object.name} object={object} />;
}

function Records({ object }: { object: ObjectDef }) {
  const state = useListState(object);
  const [, navigate] = useLocation();
  const isWide = useWide();
  const [isFiltering, setFiltering] = useState(false);
  const params = new URLSearchParams(window.location.search);
  const open = isWide ? params.get("r") : null;
  const [ids, setIds] = useState<string[]>([]);
  useTitle(pluralOf(object));
  useActions([{ name: "filter", label: t("filter"), icon: "filter", keys: "f", run: () => setFiltering((old) => !old) }]);

  /* A link to a list with an open record, opened on a small screen, leads to the record. */
  const wanted = params.get("r");
  useEffect(() => {
    if (!isWide && wanted) navigate(`/o/${object.name}/${wanted}`, { replace: true });
  }, [isWide, wanted]);
  const openRecord = (id: string) => (isWide ? state.set({ r: id }, open === null) : navigate(`/o/${object.name}/${id}`));
  const step = (by: 1 | -1) => {
    const next = ids[ids.indexOf(open ?? "") + by];
    if (next) state.set({ r: next });
  };
  const Body = LAYOUTS[state.layout];
  return (
    <div className={`records${open ? " open" : ""}`}>
      <section className="recordsmain">
        <ListHead state={state} isFiltering={isFiltering} onFilter={() => setFiltering(!isFiltering)} />
        {isFiltering && <FilterPanel object={object} where={state.where} onChange={(where) => state.set({ where: where === state.view.where ? null : (where || (state.view.where ? " " : null)) })} />}
        <Suspense fallback={<Skeleton />}>
          {state.isReady ? <Body state={state} onOpen={openRecord} onIds={setIds} selected={open} /> : <Skeleton rows={10} />}
        </Suspense>
      </section>
      {open && <RecordDrawer object={object} id={open} onClose={() => state.set({ r: null, tab: null })} onStep={step} />}
    </div>
  );
}

function ListHead({ state, isFiltering, onFilter }: { state: ListState; isFiltering: boolean; onFilter: () => void }) {
  const session = useSession();
  const { object } = state;
  const isPhone = usePhone();
  const may = permission(session, object.name);
  const [text, setText] = useState(state.q);
  const [isDisplaying, setDisplaying] = useState(false);
  const wanted = useDebounced(text, 220);
  useEffect(() => {
    if (wanted !== state.q) state.set({ q: wanted || null });
  }, [wanted]);
  const filter = parseFilter(state.where);
  const conditionCount = filter ? filter.conditions.length : state.where.trim() ? 1 : 0;
  const exportAs = (format: "csv" | "xlsx") => {
    window.location.href = api.exportUrl(object.name, format, { where: state.where.trim() || undefined, q: state.q || undefined, order: state.order, fields: fieldsFor(state.columns) });
  };
  const setLayout = (layout: Layout) => state.set({ layout: layout === state.view.layout ? null : layout, edit: null });
  const layouts: MenuItem[] = state.layouts.map((layout) => ({ label: t(layout), icon: LAYOUT_ICONS[layout], isChecked: layout === state.layout, run: () => setLayout(layout) }));
  const more: MenuItem[] = [
    ...(may.export ? [
      { label: t("export_xlsx"), icon: "export", run: () => exportAs("xlsx") },
      { label: t("export_csv"), icon: "export", run: () => exportAs("csv") },
    ] : []),
  ];
  return (
    <header className="pagehead listhead">
      <h1 className="cut">{pluralOf(object)}</h1>
      <ViewMenu state={state} />
      <span className="grow" />
      <label className="listsearch">
        <Icon name="search" size={16} />
        <input value={text} type="search" aria-label={t("search", { name: pluralOf(object) })} placeholder={t("search", { name: pluralOf(object) })}
          onChange={(event) => setText(event.target.value)} />
      </label>
      <Button kind="quiet" icon="filter" className="short" isOn={isFiltering || conditionCount > 0} aria-expanded={isFiltering} aria-label={isPhone ? t("filter") : undefined} onClick={onFilter}>
        {isPhone ? null : t("filter")}{conditionCount > 0 && <span className="badge">{conditionCount}</span>}
      </Button>
      {state.layout === "grid" && !isPhone && state.columns.some((column) => canEditColumn(session, object, column)) && (
        <Button kind="quiet" icon="edit" isOn={state.isEditing} aria-pressed={state.isEditing} aria-label={t(state.isEditing ? "edit_cells_done" : "edit_cells")}
          onClick={() => state.set({ edit: state.isEditing ? null : "1", r: null })} />
      )}
      {state.layout === "grid" && !isPhone && <ColumnChoice state={state} />}
      {!isPhone && <Button kind="quiet" icon="settings" aria-label={t("display")} title={t("display_more")} onClick={() => setDisplaying(true)} />}
      {isPhone ? <MenuButton kind="quiet" icon={LAYOUT_ICONS[state.layout]} label={t(state.layout)} align="end" items={[...layouts, { isRule: true, label: "" }, { label: t("display"), icon: "settings", run: () => setDisplaying(true) }]} />
        : <Segment label={t("view")} value={state.layout} onChange={setLayout} options={state.layouts.map((value) => ({ value, label: "", icon: LAYOUT_ICONS[value], hint: t(value) }))} />}
      {isDisplaying && <Suspense fallback={null}><DisplayDialog state={state} onClose={() => setDisplaying(false)} /></Suspense>}
      {more.length > 0 && !isPhone && <MenuButton kind="quiet" icon="dots" label={t("more")} align="end" items={more} />}
      {may.create && <Button icon="plus" className="short" aria-label={t("create")} onClick={() => state.set({ create: object.name }, true)}>{isPhone ? null : t("create")}</Button>}
    </header>
  );
}

function List({ state, selected, onOpen, onIds }: {
  state: ListState; selected: string | null; onOpen: (id: string) => void; onIds: (ids: string[]) => void;
}) {
  const session = useSession();
  const { object } = state;
  const config = objectConfig(session, object.name);
  const [widths, setWidths] = useState<Record<string, number>>(state.look.widths ?? {});
  /* Kept with the view when nothing moves any more. */
  const settled = useDebounced(widths, 400);
  useEffect(() => {
    if (Object.keys(settled).length > 0 && settled !== state.look.widths) state.setLook({ widths: settled });
  }, [settled]);
  const where = state.where.trim() || undefined;
  const group = state.group && !state.isEditing ? columnOf(session, object, state.group) : null;
  const fields = useMemo(() => fieldsFor(
    [...state.columns, ...columnsOf(session, object, [config.phone?.sub, config.phone?.right, object.title_field, config.level, config.level_since]), group],
    [object.pipeline ? "stage" : undefined, object.pipeline ? "pipeline" : undefined],
  ), [state.columns.map((column) => column.path).join(), object, state.group]);
  /* Groups stand together: theirs is the first order. */
  const first = group ? groupPaths(object, group).map((path) => (path === group.path ? (group.labelPath ?? path) : path)) : [];
  const order = [...first, ...state.order.split(",").filter((part) => !first.includes(part.replace(/^-/, "")))].filter(Boolean).join(",");
  const list = useInfiniteQuery({
    queryKey: ["records", object.name, "list", where, state.q, order, fields],
    queryFn: ({ pageParam, signal }) => api.records(object.name, {
      where, q: state.q || undefined, order: order || undefined, fields, limit: PAGE_ROWS, after: pageParam,
      count: pageParam ? "none" : "capped",
    }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
  });
  const rows = useMemo(() => list.data?.pages.flatMap((page) => page.items) ?? [], [list.data]);
  useEffect(() => onIds(rows.map((row) => row.id)), [rows]);
  const tints = useTints(object.name, rows, state.look.colors);
  const isPhone = usePhone();
  const may = permission(session, object.name);
  const isEditing = state.isEditing && !isPhone;
  const sheetRows = useKeptOrder(rows, isEditing);
  const sheet = useSheet(object, sheetRows, state.columns, isEditing, () => state.set({ edit: null }));
  const [marked, setMarked] = useState<ReadonlySet<string>>(new Set());
  const [isGathering, setGathering] = useState(false);
  useEffect(() => setMarked(new Set()), [where, state.q]);
  const markAll = () => {
    setGathering(true);
    void allMatching(object.name, where, state.q).then((ids) => {
      setMarked(new Set(ids));
      if (ids.length === SELECT_MAX) toast(t("bulk_limit", { n: SELECT_MAX }));
    }, () => undefined).finally(() => setGathering(false));
  };
  const page = list.data?.pages[0];
  const isFiltered = Boolean(where || state.q);

  if (list.isError && !list.data) return <Failed error={list.error} onRetry={() => void list.refetch()} />;
  if (list.isPending) return <Skeleton rows={10} widths={["30%", "52%", "44%", "61%"]} />;
  if (rows.length === 0) {
    const name = pluralOf(object);
    return isFiltered
      ? <Empty icon="filter" title={t("none_title", { name })} hint={t("none_hint")} action={<Button onClick={() => state.set({ where: state.view.where ? " " : null, q: null })}>{t("clear_filter")}</Button>} />
      : <Empty icon={object.icon ?? "box"} title={t("empty_title", { name })} hint={t("empty_hint")}
          action={permission(session, object.name).create && <Button kind="primary" icon="plus" onClick={() => state.set({ create: object.name }, true)}>{t("create_of", { name: tr(object.label) })}</Button>} />;
  }
  return (
    <>
      <Grid viewKey={`${object.name}/${state.view.key}`} object={object} rows={sheet.rows} sheet={sheet} group={group} groupWhere={state.q ? null : (where ?? "")} tints={tints} look={state.look} onEdit={() => state.set({ edit: "1", r: null })} marked={!isPhone && (may.update || may.assign) ? marked : null} onMarked={setMarked} columns={state.columns} order={state.order} widths={widths} selected={selected}
        hasMore={list.hasNextPage} isLoadingMore={list.isFetchingNextPage} moreError={list.isFetchNextPageError}
        onMore={() => void list.fetchNextPage()} onOpen={onOpen} onOrder={(order) => state.set({ order: order === state.view.order ? null : order })} onWidths={setWidths} />
      {marked.size > 0 && <BulkBar object={object} ids={[...marked]} total={page?.count === undefined ? null : { count: page.count_capped ? Infinity : page.count, text: count(page.count, page.count_capped) }} isBusy={isGathering} onAll={markAll} onNone={() => setMarked(new Set())} />}
      <footer className="listfoot">
        {isEditing && <span className="grow">{t("edit_hint")}</span>}
        {page?.count !== undefined && <span className="num">{t(page.count === 1 ? "rows" : "rows_many", { n: count(page.count, page.count_capped) })}</span>}
      </footer>
    </>
  );
}

/* While cells are edited, rows stay where they are, whatever their new values would sort them to. */
function useKeptOrder(rows: Row[], isKept: boolean): Row[] {
  const order = useRef<Map<string, number>>(new Map());
  return useMemo(() => {
    if (!isKept) {
      order.current = new Map();
      return rows;
    }
    for (const row of rows) if (!order.current.has(row.id)) order.current.set(row.id, order.current.size);
    return [...rows].sort((a, b) => order.current.get(a.id)! - order.current.get(b.id)!);
  }, [rows, isKept]);
}
