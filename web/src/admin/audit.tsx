import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import { absolute } from "@/base/format.ts";
import { useSession } from "@/base/session.ts";
import { parseTime } from "@/base/time.ts";
import { searchRecords } from "@/field/reference/index.tsx";
import { Button, Empty, Failed, Skeleton } from "@/ui/basics.tsx";
import { DateInput } from "@/ui/calendar.tsx";
import { Combobox } from "@/ui/combobox.tsx";
import { Icon } from "@/ui/icon.tsx";
import { type AuditLine, calls } from "./calls.ts";
import { csvOf } from "./csv.ts";
import { t } from "./security_texts.ts";

/* What must be answered for, newest first, looked through by kind, person and day. */
const KINDS = ["login", "login_failed", "logout", "password", "otp", "key", "person", "config", "share", "unshare", "reveal", "export", "import", "webhook.create", "webhook.change", "webhook.delete", "copy", "backup", "restore"] as const;
const ICONS: Record<string, string> = {
  login: "person", login_failed: "alert", logout: "exit", password: "lock", otp: "lock", key: "key", person: "users", config: "settings",
  share: "team", unshare: "team", reveal: "search", export: "export", import: "import",
  "webhook.create": "globe", "webhook.change": "globe", "webhook.delete": "globe", copy: "export", backup: "export", restore: "import",
};
const EXPORT_PAGES = 20;
const kindText = (kind: string) => (KINDS.includes(kind as "login") ? t(`kind_${kind as "login"}`) : kind);

export function Audit() {
  const session = useSession();
  const [kind, setKind] = useState<string | null>(null);
  const [by, setBy] = useState<{ id: string; name: string } | null>(null);
  const [from, setFrom] = useState<string | null>(null);
  const [to, setTo] = useState<string | null>(null);
  const filter = { kind, by: by?.id ?? null, from, to };
  const found = useInfiniteQuery({
    queryKey: ["audit", filter],
    queryFn: ({ pageParam }) => calls.audit({ ...filter, after: pageParam }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });
  const lines = found.data?.pages.flatMap((page) => page.items) ?? [];
  const save = async () => {
    const all: AuditLine[] = [];
    for (let after: string | null = null, i = 0; i < EXPORT_PAGES; i++) {
      const page = await calls.audit({ ...filter, after, limit: 1000 });
      all.push(...page.items);
      after = page.next;
      if (!after) break;
    }
    const rows = all.map((line) => [line.seq, line.at, line.by_name ?? "", line.via ?? "", line.kind, line.text, line.object ?? "", line.record ?? "", line.field ?? "", JSON.stringify(line.detail ?? {}), line.hash]);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([csvOf([["seq", "at", "by", "via", "kind", "text", "object", "record", "field", "detail", "hash"], ...rows])], { type: "text/csv" }));
    link.download = "audit.csv";
    link.click();
    URL.revokeObjectURL(link.href);
  };
  return (
    <div className="settingspart">
      <div className="settingsbar auditbar">
        <Combobox isSmall isClearable value={kind} placeholder={t("any_kind")} ariaLabel={t("any_kind")} options={KINDS.map((value) => ({ value, label: kindText(value) }))} onChange={setKind} />
        <Combobox isSmall isClearable value={by?.id ?? null} label={by?.name} placeholder={t("anybody")} ariaLabel={t("anybody")} search={searchRecords(session, "user")}
          onChange={(id, option) => setBy(id ? { id, name: option?.label ?? "" } : null)} />
        <DateInput isSmall value={from} onChange={setFrom} label={t("from")} placeholder={t("from")} />
        <DateInput isSmall value={to} onChange={setTo} label={t("to")} placeholder={t("to")} />
        <span className="grow" />
        <Button isSmall icon="export" disabled={lines.length === 0} onClick={() => void save()}>{t("save_csv")}</Button>
      </div>
      {found.isError ? <Failed error={found.error} onRetry={() => void found.refetch()} /> : found.isPending ? <Skeleton rows={8} /> : lines.length === 0 ? <Empty icon="history" title={t("no_lines")} /> : (
        <section className="panel">
          <ol className="auditlist">
            {lines.map((line) => (
              <li key={line.seq}>
                <Icon name={ICONS[line.kind] ?? "history"} size={16} />
                <span className="grow auditsaid">
                  <span><strong>{line.who}</strong> {line.text}</span>
                  {line.object && line.record && session.objects.has(line.object) && line.kind !== "person" && <Link href={`/o/${line.object}/${line.record}`} className="meta">{t("open_record")}</Link>}
                </span>
                <span className="meta num two auditat"><span>{absolute(parseTime(line.at) ?? 0)}</span><code title={line.hash}>#{line.seq} {line.hash.slice(0, 8)}</code></span>
              </li>
            ))}
          </ol>
        </section>
      )}
      {found.hasNextPage && <Button className="wide" disabled={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>{t("earlier")}</Button>}
    </div>
  );
}
