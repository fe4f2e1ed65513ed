import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { ApiError } from "@/base/api.ts";
import { full } from "@/base/format.ts";
import { problemText } from "@/record/use.ts";
import { Avatar, Button, Empty, Failed, Notice, Skeleton } from "@/ui/basics.tsx";
import { Icon } from "@/ui/icon.tsx";
import { Dialog, toast } from "@/ui/layer.tsx";
import { type ConfigEntry, objectCalls } from "./object_calls.ts";
import { ot } from "./object_texts.ts";
import { refreshConfig } from "./saving.tsx";
import { t } from "./texts.ts";

/* Who changed what and when, what it was before, and back by one tap. */
export function ConfigHistory({ kind, name, title, onClose }: { kind: string; name: string; title: string; onClose: () => void }) {
  const pages = useInfiniteQuery({
    queryKey: ["config", "history", kind, name],
    queryFn: ({ pageParam }) => objectCalls.history(kind, name, pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });
  const items = pages.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Dialog isLarge title={`${title} · ${ot("history")}`} onClose={onClose} footer={<Button onClick={onClose}>{ot("close")}</Button>}>
      <div className="body confighistory">
        {pages.isError && <Failed error={pages.error} onRetry={() => void pages.refetch()} isSmall />}
        {pages.isPending && <Skeleton rows={5} />}
        {pages.isSuccess && items.length === 0 && <Empty isSmall icon="clock" title={ot("no_history")} />}
        <ol>{items.map((item) => <Entry key={item.id} item={item} />)}</ol>
        {pages.hasNextPage && <Button kind="quiet" onClick={() => void pages.fetchNextPage()}>{ot("more")}</Button>}
      </div>
    </Dialog>
  );
}

function Entry({ item }: { item: ConfigEntry }) {
  const [isOpen, setOpen] = useState(false);
  const who = item.by_name ?? ot("system_did");
  return (
    <li>
      <button type="button" className="entryhead" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        <Avatar name={who} />
        <span className="two"><span>{item.summary}</span><span className="meta">{who} · {full(Date.parse(item.at))}</span></span>
        <span className="grow" /><Icon name={isOpen ? "chevron-down" : "chevron-right"} size={16} />
      </button>
      {isOpen && <Difference id={item.id} canUndo={item.can_undo} />}
    </li>
  );
}

type Tree = Record<string, unknown>;

/* The members that differ, by path; lists of named things by their names. */
export function differences(before: unknown, after: unknown, path = ""): { path: string; before: unknown; after: unknown }[] {
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  const isTree = (value: unknown): value is Tree => typeof value === "object" && value !== null && !Array.isArray(value);
  /* Days of a calendar have no name but their date. */
  const keyOf = (one: unknown) => (isTree(one) ? (one.name ?? one.on) : typeof one === "string" && /^\d{4}-\d\d-\d\d/.test(one) ? one : null);
  const named = (value: unknown): Tree | null =>
    Array.isArray(value) && value.every((one) => typeof keyOf(one) === "string")
      ? Object.fromEntries((value as Tree[]).map((one) => [String((isTree(one) ? one.id : null) ?? keyOf(one)), one])) : null;
  const left = isTree(before) ? before : named(before), right = isTree(after) ? after : named(after);
  if (!left || !right) return [{ path, before, after }];
  const keys = [...new Set([...Object.keys(left), ...Object.keys(right)])].filter((key) => !["id", "to_id", "gone", "gone_at", "version"].includes(key));
  return keys.flatMap((key) => {
    const one = (right[key] ?? left[key]) as Tree | undefined;
    const word = Array.isArray(after) && isTree(one) ? String(one.name ?? one.on) : key;
    return differences(left[key], right[key], path ? `${path}.${word}` : word);
  });
}

const shown = (value: unknown) => (value === undefined || value === null ? "—" : typeof value === "string" ? value : JSON.stringify(value));

/* Back by one tap; what would be lost with it is told first. */
function Undo({ id }: { id: number }) {
  const [refused, setRefused] = useState<{ text: string; isLossy: boolean } | null>(null);
  const undo = (isLossy: boolean) => {
    objectCalls.undo(id, isLossy).then(
      (answer) => { setRefused(null); refreshConfig(); toast(answer?.job ? ot("undo_job") : t("undone_toast")); },
      (error: unknown) => setRefused({ text: problemText(error), isLossy: error instanceof ApiError && error.errors.some(({ code }) => code === "undo_lossy") }),
    );
  };
  return (
    <>
      {refused && <Notice kind="bad">{refused.text}</Notice>}
      {refused?.isLossy
        ? <Button isSmall kind="danger" icon="undo" onClick={() => undo(true)}>{ot("undo_lossy")}</Button>
        : <Button isSmall icon="undo" onClick={() => undo(false)}>{ot("undo_this")}</Button>}
    </>
  );
}

function Difference({ id, canUndo }: { id: number; canUndo: boolean }) {
  const entry = useQuery({ queryKey: ["config", "entry", id], queryFn: () => objectCalls.entry(id) });
  if (entry.isError) return <Failed error={entry.error} isSmall />;
  if (!entry.data) return <Skeleton rows={2} />;
  const list = differences(entry.data.before ?? {}, entry.data.after ?? {}).slice(0, 40);
  return (
    <div className="entrybody">
      <table className="table"><thead><tr><th /><th>{ot("before")}</th><th>{ot("after")}</th></tr></thead>
        <tbody>{list.map((one) => <tr key={one.path}><td><code>{one.path}</code></td><td className="was">{shown(one.before)}</td><td>{shown(one.after)}</td></tr>)}</tbody></table>
      {canUndo && <Undo id={id} />}
    </div>
  );
}
