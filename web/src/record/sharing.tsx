import "./sharing.css";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { ApiError, request } from "@/base/api.ts";
import { absolute } from "@/base/format.ts";
import { tr } from "@/base/i18n.ts";
import { queryClient, useSession } from "@/base/session.ts";
import { parseTime } from "@/base/time.ts";
import type { ObjectDef } from "@/base/types.ts";
import { searchRecords } from "@/field/reference/index.tsx";
import { titleOf } from "@/object/object.ts";
import { Avatar, Button, Failed, FormRow, Notice, Segment, Skeleton } from "@/ui/basics.tsx";
import { DateTimeInput } from "@/ui/calendar.tsx";
import { Combobox } from "@/ui/combobox.tsx";
import { Icon } from "@/ui/icon.tsx";
import { Dialog, toast } from "@/ui/layer.tsx";
import { t } from "./texts.ts";
import { type FullRow, problemText, refreshRecord } from "./use.ts";

/* Who can see this: with whom it is shared, sharing it, and why somebody may see or change it. */
interface Share {
  id: string; person?: string; team?: string; name: string | null; level: "read" | "update"; until: string | null;
  by_name: string | null; can_remove: boolean;
}
interface WhyItem { action: "read" | "update" | "delete" | "export"; allowed: boolean; because: string[] }
interface Why { person: string; name: string; role_label: { zh: string; en: string }; items: WhyItem[] }

const part = encodeURIComponent;
const pathOf = (object: string, id: string) => `/records/${part(object)}/${part(id)}`;

export function SharingDialog({ object, row, onClose }: { object: ObjectDef; row: FullRow; onClose: () => void }) {
  return (
    <Dialog title={t("who_sees")} onClose={onClose} footer={<Button onClick={onClose}>{t("close")}</Button>}>
      <div className="body sharing">
        <p className="meta cut">{tr(object.label)} · {titleOf(object, row)}</p>
        <Shares object={object} row={row} />
        <WhyCheck object={object} row={row} />
      </div>
    </Dialog>
  );
}

/* ---- shares ---- */

function Shares({ object, row }: { object: ObjectDef; row: FullRow }) {
  const path = `${pathOf(object.name, row.id)}/shares`;
  const found = useQuery({ queryKey: ["shares", row.id], queryFn: () => request<{ items: Share[]; can_share: boolean }>(path) });
  const refresh = () => {
    void queryClient.invalidateQueries({ queryKey: ["shares", row.id] });
    void queryClient.invalidateQueries({ queryKey: ["why", row.id] });
    refreshRecord(object.name, row.id);
  };
  const remove = (share: Share) => request<void>(`${path}/${part(share.id)}`, { method: "DELETE" }).then(
    () => { refresh(); toast(t("unshared_from", { name: share.name ?? "" })); },
    (error: unknown) => toast(problemText(error), { isBad: true }),
  );
  if (found.isError) return <Failed error={found.error} isSmall />;
  if (found.isPending) return <Skeleton rows={2} />;
  const { items, can_share: canShare } = found.data;
  return (
    <section className="shares">
      <h3>{t("shared_with")}</h3>
      {items.length === 0 && <p className="meta">{t(canShare ? "shared_none" : "shared_none_read")}</p>}
      <ul>
        {items.map((share) => (
          <li key={share.id}>
            {share.team ? <span className="shareteam"><Icon name="team" size={16} /></span> : <Avatar name={share.name ?? "?"} />}
            <span className="grow two">
              <span className="cut">{share.name}</span>
              <span className="meta cut">{[share.until ? t("share_until", { when: absolute(parseTime(share.until)!) }) : t("share_always"), share.by_name && t("share_by", { name: share.by_name })].filter(Boolean).join(" · ")}</span>
            </span>
            <span className={`tag ${share.level === "update" ? "ink" : ""}`}>{t(`level_${share.level}`)}</span>
            {share.can_remove && <Button kind="quiet" isSmall icon="close" aria-label={t("unshare", { name: share.name ?? "" })} onClick={() => void remove(share)} />}
          </li>
        ))}
      </ul>
      {canShare && <AddShare path={path} onDone={refresh} />}
    </section>
  );
}

function AddShare({ path, onDone }: { path: string; onDone: () => void }) {
  const session = useSession();
  const [kind, setKind] = useState<"person" | "team">("person");
  const [picked, setPicked] = useState<{ id: string; name: string } | null>(null);
  const [level, setLevel] = useState<"read" | "update">("read");
  const [until, setUntil] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const add = async () => {
    setProblem(null);
    try {
      await request(path, { method: "POST", body: { [kind]: picked!.id, level, until } });
      toast(t("shared_done", { name: picked!.name }));
      setPicked(null);
      setUntil(null);
      onDone();
    } catch (error) {
      setProblem(error instanceof ApiError && error.byField().until ? t("share_end_bad", { text: until ?? "" }) : problemText(error));
    }
  };
  return (
    <div className="shareadd">
      {problem && <Notice kind="bad">{problem}</Notice>}
      <div className="sharerow">
        <Segment label={t("share_whom")} value={kind} onChange={(value) => { setKind(value); setPicked(null); }}
          options={[{ value: "person", label: t("share_person") }, { value: "team", label: t("share_team") }]} />
        <span className="grow"><Combobox key={kind} value={picked?.id ?? null} label={picked?.name} ariaLabel={t("share_whom")} search={searchRecords(session, kind === "team" ? "team" : "user")}
          onChange={(id, option) => setPicked(id ? { id, name: option?.label ?? "" } : null)} /></span>
      </div>
      <div className="sharerow">
        <Segment label={t("share_level")} value={level} onChange={setLevel}
          options={[{ value: "read", label: t("level_read") }, { value: "update", label: t("level_update") }]} />
        <span className="grow"><DateTimeInput value={until} onChange={setUntil} onUnread={setUntil} label={t("share_end")} placeholder={t("share_end")} /></span>
        <Button kind="primary" disabled={!picked} onClick={() => void add()}>{t("share")}</Button>
      </div>
    </div>
  );
}

/* ---- why ---- */

function WhyCheck({ object, row }: { object: ObjectDef; row: FullRow }) {
  const session = useSession();
  const mayAsk = Boolean(session.me.permissions.manage_people || session.me.permissions.configure);
  const [person, setPerson] = useState<{ id: string; name: string }>({ id: session.me.user.id, name: session.me.user.name });
  const found = useQuery({
    queryKey: ["why", row.id, person.id],
    queryFn: () => request<Why>(`${pathOf(object.name, row.id)}/why?person=${person.id}`),
  });
  return (
    <section className="why">
      <h3>{t("why")}</h3>
      {mayAsk && (
        <FormRow label={t("why_person")}>
          <Combobox value={person.id} label={person.name} search={searchRecords(session, "user")} ariaLabel={t("why_person")}
            onChange={(id, option) => id && setPerson({ id, name: option?.label ?? "" })} />
        </FormRow>
      )}
      {found.isError && <Failed error={found.error} isSmall />}
      {found.data && (
        <ul>
          {found.data.items.map((item) => (
            <li key={item.action}>
              <span className={`whymark ${item.allowed ? "yes" : "no"}`}><Icon name={item.allowed ? "check" : "close"} size={14} /></span>
              <strong>{t(`why_${item.action}`)}</strong>
              <span className="grow">{item.because.map((line) => <span key={line}>{line}</span>)}</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
