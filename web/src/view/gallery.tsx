import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { api } from "@/base/api.ts";
import { tr } from "@/base/i18n.ts";
import { permission, useSession } from "@/base/session.ts";
import type { ObjectDef, Row } from "@/base/types.ts";
import { Cell } from "@/field/cell.tsx";
import { useFiles } from "@/field/file/info.ts";
import { type Column, columnsOf, fieldsFor, pluralOf, titleOf } from "@/object/object.ts";
import { Button, Empty, Failed, Skeleton } from "@/ui/basics.tsx";
import { Icon } from "@/ui/icon.tsx";
import type { ListState } from "./state.ts";
import { t } from "./texts.ts";
import { useTints } from "./tints.ts";

/* Records as cards: a picture, a name, the fields that were chosen. */
const PAGE_CARDS = 48;

export default function Gallery({ state, selected, onOpen, onIds }: {
  state: ListState; selected: string | null; onOpen: (id: string) => void; onIds: (ids: string[]) => void;
}) {
  const session = useSession();
  const { object, look } = state;
  const image = look.gallery?.image;
  const columns = columnsOf(session, object, look.gallery?.fields ?? state.paths.filter((path) => path !== object.title_field).slice(0, 4));
  const fields = fieldsFor([...columns, ...columnsOf(session, object, [object.title_field])], [image]);
  const where = state.where.trim() || undefined;
  const list = useInfiniteQuery({
    queryKey: ["records", object.name, "gallery", where, state.q, state.order, fields],
    queryFn: ({ pageParam, signal }) => api.records(object.name, {
      where, q: state.q || undefined, order: state.order || undefined, fields, limit: PAGE_CARDS, after: pageParam,
    }, signal),
    initialPageParam: null as string | null, getNextPageParam: (page) => page.next, placeholderData: keepPreviousData,
  });
  const rows = useMemo(() => list.data?.pages.flatMap((page) => page.items) ?? [], [list.data]);
  useEffect(() => onIds(rows.map((row) => row.id)), [rows]);
  const tints = useTints(object.name, rows, look.colors);
  if (list.isError && !list.data) return <Failed error={list.error} onRetry={() => void list.refetch()} />;
  if (list.isPending) return <Skeleton rows={8} />;
  if (rows.length === 0) {
    const name = pluralOf(object);
    return where || state.q
      ? <Empty icon="filter" title={t("none_title", { name })} hint={t("none_hint")} />
      : <Empty icon={object.icon ?? "box"} title={t("empty_title", { name })} hint={t("empty_hint")}
          action={permission(session, object.name).create && <Button kind="primary" icon="plus" onClick={() => state.set({ create: object.name }, true)}>{t("create_of", { name: tr(object.label) })}</Button>} />;
  }
  return (
    <div className="gallery scroll">
      <ul>
        {rows.map((row) => (
          <li key={row.id}>
            <GalleryCard object={object} row={row} columns={columns} image={image} tint={tints.get(row.id)} isSelected={row.id === selected} onOpen={() => onOpen(row.id)} />
          </li>
        ))}
      </ul>
      {list.hasNextPage && <Button kind="quiet" className="wide" disabled={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>{t("load_more", { n: PAGE_CARDS })}</Button>}
    </div>
  );
}

function GalleryCard({ object, row, columns, image, tint, isSelected, onOpen }: {
  object: ObjectDef; row: Row; columns: Column[]; image?: string; tint?: string; isSelected: boolean; onOpen: () => void;
}) {
  return (
    <article className={`gallerycard${isSelected ? " selected" : ""}${tint ? ` tint-${tint}` : ""}`} onClick={onOpen}>
      {image && <Picture value={row[image]} />}
      <h3><button type="button" className="linklike" onClick={onOpen}>{titleOf(object, row)}</button></h3>
      <dl>
        {columns.map((column) => (
          <div key={column.path}><dt>{column.label}</dt><dd className="cut"><Cell row={row} column={column} /></dd></div>
        ))}
      </dl>
    </article>
  );
}

function Picture({ value }: { value: unknown }) {
  const id = Array.isArray(value) ? value[0] : value;
  const [info] = useFiles(typeof id === "string" && id ? [id] : []);
  return (
    <div className="gallerypicture">
      {info?.type.startsWith("image/") && info.type !== "image/heic" ? <img src={api.fileUrl(String(id))} alt={info.name} loading="lazy" /> : <Icon name={info ? "file" : "image"} size={28} />}
    </div>
  );
}
