import { useQuery } from "@tanstack/react-query";
import { api } from "@/base/api.ts";
import { full } from "@/base/format.ts";
import { listed } from "@/base/i18n.ts";
import { queryClient } from "@/base/session.ts";
import type { View } from "@/base/types.ts";
import { problemText } from "@/record/use.ts";
import { Avatar, Button, Empty, Failed, Skeleton } from "@/ui/basics.tsx";
import { Dialog, toast } from "@/ui/layer.tsx";
import { t } from "./texts.ts";

/* Who changed a shared view, what it was before, and back by one tap. */
type Change = Awaited<ReturnType<typeof api.viewHistory>>["items"][number];

const PARTS = ["name", "shared", "where", "order", "columns", "layout", "group", "colors", "default_for"] as const;

function wordsOf(change: Change): string {
  if (change.action === "create") return t("view_created");
  if (change.action === "delete") return t("view_removed");
  const words = change.changed.map((name) => t(PARTS.some((part) => part === name) ? `part_${name as (typeof PARTS)[number]}` : "part_other"));
  return t("view_changed", { what: listed([...new Set(words)]) });
}

/* A filter says itself what became of it. */
function Filters({ change }: { change: Change }) {
  const where = (state: Change["before"]) => String((state?.body as Record<string, unknown> | undefined)?.where ?? "") || "—";
  if (!change.changed.includes("where")) return null;
  return <p className="viewfilters"><s>{where(change.before)}</s><span>{where(change.after)}</span></p>;
}

export function ViewHistory({ view, onClose, onUndone }: { view: View; onClose: () => void; onUndone: () => void }) {
  const key = ["viewhistory", view.id];
  const found = useQuery({ queryKey: key, queryFn: () => api.viewHistory(view.id), staleTime: 0 });
  const undo = async (entry: number) => {
    try {
      await api.undoView(view.id, entry);
      await queryClient.invalidateQueries({ queryKey: key });
      onUndone();
      toast(t("view_undone"));
    } catch (error) {
      toast(problemText(error), { isBad: true });
    }
  };
  const items = found.data?.items ?? [];
  return (
    <Dialog title={`${view.name} · ${t("view_history")}`} onClose={onClose} footer={<Button onClick={onClose}>{t("close")}</Button>}>
      <div className="body">
        {found.isError && <Failed error={found.error} isSmall />}
        {found.isPending && <Skeleton rows={4} />}
        {found.isSuccess && items.length === 0 && <Empty isSmall icon="clock" title={t("view_history_none")} />}
        <ol className="viewhistory">
          {items.map((item) => (
            <li key={item.id}>
              <Avatar name={item.by_name ?? ""} />
              <div className="grow">
                <strong>{wordsOf(item)}</strong>
                <span className="meta">{item.by_name} · {full(Date.parse(item.at))}</span>
                <Filters change={item} />
              </div>
              {view.can_edit && item.action === "change" && <Button isSmall icon="undo" title={t("view_undo")} aria-label={t("view_undo")} onClick={() => void undo(item.id)} />}
            </li>
          ))}
        </ol>
      </div>
    </Dialog>
  );
}
