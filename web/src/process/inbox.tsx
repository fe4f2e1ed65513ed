import "./process.css";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useLocation } from "wouter";
import { api } from "@/base/api.ts";
import { useParams, useTitle } from "@/base/hooks.ts";
import { queryClient } from "@/base/session.ts";
import type { Message } from "@/base/types.ts";
import { Moment } from "@/field/datetime/index.tsx";
import { Button, Empty, Failed, LevelShape, Segment, Skeleton } from "@/ui/basics.tsx";
import { Icon } from "@/ui/icon.tsx";
import { t } from "./texts.ts";

/* The inbox: what the hub told me, newest first; opening a message opens what it is about. */
export default function Inbox() {
  useTitle(t("inbox"));
  const [params, setParams] = useParams();
  const [, navigate] = useLocation();
  const isUnread = params.get("show") !== "all";
  const list = useInfiniteQuery({
    queryKey: ["messages", isUnread],
    queryFn: ({ pageParam }) => api.messages({ unread: isUnread ? 1 : undefined, limit: 50, after: pageParam }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });
  const refresh = () => {
    void queryClient.invalidateQueries({ queryKey: ["messages"] });
    void queryClient.invalidateQueries({ queryKey: ["counts"] });
  };
  const open = (message: Message) => {
    if (!message.read_at) void api.messagesRead({ ids: [message.id] }).then(refresh, () => undefined);
    if (message.object && message.record) navigate(`/o/${message.object}/${message.record}`);
  };
  const items = list.data?.pages.flatMap((page) => page.items) ?? [];
  const unread = list.data?.pages[0]?.unread ?? 0;
  return (
    <div className="inbox">
      <header className="pagehead">
        <h1>{t("inbox")}</h1>
        <span className="grow" />
        {unread > 0 && <Button kind="quiet" icon="check" onClick={() => void api.messagesRead({ all: true }).then(refresh, () => undefined)}>{t("read_all")}</Button>}
        <Segment label={t("inbox")} value={isUnread ? "unread" : "all"} onChange={(value) => setParams({ show: value === "all" ? "all" : null })}
          options={[{ value: "unread", label: t("unread_only") }, { value: "all", label: t("all") }]} />
      </header>
      {list.isError && <Failed error={list.error} onRetry={() => void list.refetch()} />}
      {list.isPending && <Skeleton />}
      {list.isSuccess && items.length === 0 && <Empty icon="bell" title={t(isUnread ? "inbox_clear" : "inbox_empty")} hint={t("inbox_empty_hint")} />}
      {items.length > 0 && (
        <ul className="panel messages">
          {items.map((message) => (
            <li key={message.id}>
              <button type="button" className={message.read_at ? "" : "unread"} onClick={() => open(message)}>
                <span className={`eventicon ${message.level ?? ""}`}>{message.level ? <LevelShape level={message.level} size={14} /> : <Icon name="bell" size={16} />}</span>
                <span className="grow"><strong className="cut">{message.title}</strong><span className="messagebody">{message.body}</span></span>
                <span className="meta"><Moment value={message.created_at} /></span>
              </button>
            </li>
          ))}
        </ul>
      )}
      {list.hasNextPage && <Button className="wide" disabled={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>{t("earlier")}</Button>}
    </div>
  );
}
