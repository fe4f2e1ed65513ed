import { useState } from "react";
import { useActions } from "@/base/actions.ts";
import { api } from "@/base/api.ts";
import { duration } from "@/base/format.ts";
import { useNow, useParams } from "@/base/hooks.ts";
import { tr } from "@/base/i18n.ts";
import { isLevel } from "@/base/level.ts";
import { layoutOf, objectConfig, permission, queryClient, useSession } from "@/base/session.ts";
import { parseTime } from "@/base/time.ts";
import type { ObjectDef, Row } from "@/base/types.ts";
import { searchRecords } from "@/field/reference/index.tsx";
import { columnOf, columnsOf, labelIn, titleOf } from "@/object/object.ts";
import { Button, Level, Segment } from "@/ui/basics.tsx";
import { Combobox } from "@/ui/combobox.tsx";
import { Dialog, MenuButton, type MenuItem, toast, toastUndo } from "@/ui/layer.tsx";
import { Details } from "./details.tsx";
import { InlineField } from "./inline.tsx";
import { RelatedLists, relationsShown } from "./related.tsx";
import { SharingDialog } from "./sharing.tsx";
import { StageBar } from "./stages.tsx";
import { t } from "./texts.ts";
import { Timeline } from "./timeline.tsx";
import { canOn, type FullRow, problemText, refreshRecord, useAsContext } from "./use.ts";

/* The record, as drawn in the drawer, on the page and on the phone. */
export function RecordHead({ object, row, onGone, children }: {
  object: ObjectDef; row: FullRow; onGone: () => void; children?: React.ReactNode;
}) {
  const session = useSession();
  const config = objectConfig(session, object.name);
  const sub = config.card?.sub ? columnOf(session, object, config.card.sub) : null;
  return (
    <header className="recordhead">
      <div className="recordtitle">
        <span className="grow">
          <span className="meta rowline">
            {tr(object.label)}
            {sub && labelIn(row, sub) && <span className="cut">· {labelIn(row, sub)}</span>}
          </span>
          <h1>{titleOf(object, row)}</h1>
        </span>
        <RecordMenu object={object} row={row} onGone={onGone} />
        {children}
      </div>
      <StallLine object={object} row={row} />
    </header>
  );
}

/* What is wrong with it, and what to do: only there when something is. */
function StallLine({ object, row }: { object: ObjectDef; row: FullRow }) {
  const session = useSession();
  const nowMs = useNow(60_000);
  const [, setParams] = useParams();
  const config = objectConfig(session, object.name);
  const level = config.level ? row[config.level] : null;
  if (!isLevel(level)) return null;
  const since = parseTime(row[config.level_since ?? ""] as string | null) ?? parseTime(row.stage_entered_at as string | null);
  const phone = config.card?.phone ? row[config.card.phone] : null;
  return (
    <div className={`stall ${level}`}>
      <Level level={level} />
      <span className="grow cut">{since !== null && t("stalled", { n: duration(nowMs - since) })}</span>
      {typeof phone === "string" && phone && !phone.includes("*") && <a className="btn small" href={`tel:${phone}`}>{t("call")}</a>}
      <Button isSmall icon="edit" onClick={() => setParams({ log: `${object.name}:${row.id}` }, true)}>{t("log_now")}</Button>
    </div>
  );
}

export function Summary({ object, row }: { object: ObjectDef; row: FullRow }) {
  const session = useSession();
  const columns = columnsOf(session, object, layoutOf(session, object.name).summary ?? []);
  if (columns.length === 0 && !object.pipeline) return null;
  return (
    <>
      {columns.length > 0 && (
        <dl className="summary">
          {columns.map((column, index) => (
            <div key={column.path} className={index === 0 ? "first" : undefined}>
              <dt>{column.label}</dt>
              <dd><InlineField object={object} row={row} column={column} isStrip /></dd>
            </div>
          ))}
        </dl>
      )}
      {object.pipeline && <StageBar object={object} row={row} />}
    </>
  );
}

type Tab = "timeline" | "details" | "related";

/* Drawer and phone: one column, three tabs; which one is in the URL. */
export function RecordTabs({ object, row }: { object: ObjectDef; row: FullRow }) {
  const session = useSession();
  const [params, setParams] = useParams();
  const hasTimeline = objectConfig(session, object.name).timeline !== undefined;
  const first: Tab = hasTimeline ? "timeline" : "details";
  const tab = (["timeline", "details", "related"] as const).find((name) => name === params.get("tab")) ?? first;
  const tabs: Tab[] = relationsShown(session, object).length > 0 ? ["timeline", "details", "related"] : ["timeline", "details"];
  useAsContext(object, row);
  useRecordActions(object, row);
  return (
    <>
      <Summary object={object} row={row} />
      <div className="tabs">
        <Segment label={tr(object.label)} value={tab} onChange={(name) => setParams({ tab: name === first ? null : name })}
          options={tabs.map((name) => ({ value: name, label: t(`tab_${name}`) }))} />
      </div>
      <div className="tabbody">
        {tab === "timeline" && <Timeline object={object} row={row} />}
        {tab === "details" && <Details object={object} row={row} />}
        {tab === "related" && <RelatedLists object={object} row={row} />}
      </div>
    </>
  );
}

export function useRecordActions(object: ObjectDef, row: FullRow) {
  const [, setParams] = useParams();
  useActions([
    {
      name: "edit", label: t("edit"), icon: "edit", keys: "e",
      run: () => {
        const first = () => document.querySelector<HTMLElement>(".details [data-inline]");
        if (first()) first()!.click();
        else {
          setParams({ tab: "details" });
          setTimeout(() => first()?.click(), 60);
        }
      },
    },
    { name: "copy_link", label: t("copy_link"), icon: "link", run: () => copyLink(object, row) },
  ]);
}

function copyLink(object: ObjectDef, row: Row) {
  void navigator.clipboard?.writeText(`${window.location.origin}/o/${object.name}/${row.id}`).then(() => toast(t("link_copied")));
}

function RecordMenu({ object, row, onGone }: { object: ObjectDef; row: FullRow; onGone: () => void }) {
  const session = useSession();
  const [dialog, setDialog] = useState<"delete" | "assign" | "sharing" | null>(null);
  const items: MenuItem[] = [{ label: t("copy_link"), icon: "link", run: () => copyLink(object, row) }];
  if (canOn(session, object.name, row, "assign")) items.push({ label: t("assign"), icon: "users", run: () => setDialog("assign") });
  if (canOn(session, object.name, row, "delete") && permission(session, object.name).delete) {
    items.push({ isRule: true, label: "" }, { label: t("delete"), icon: "trash", isDanger: true, run: () => setDialog("delete") });
  }
  return (
    <>
      <Button kind="quiet" icon="eye" aria-label={t("who_sees")} onClick={() => setDialog("sharing")} />
      <MenuButton kind="quiet" icon="dots" label={t("more")} align="end" items={items} />
      {dialog === "delete" && <DeleteDialog object={object} row={row} onClose={() => setDialog(null)} onGone={onGone} />}
      {dialog === "sharing" && <SharingDialog object={object} row={row} onClose={() => setDialog(null)} />}
      {dialog === "assign" && <AssignDialog object={object} row={row} onClose={() => setDialog(null)} />}
    </>
  );
}

function DeleteDialog({ object, row, onClose, onGone }: { object: ObjectDef; row: FullRow; onClose: () => void; onGone: () => void }) {
  const name = titleOf(object, row);
  const remove = async () => {
    onClose();
    try {
      await api.remove(object.name, row.id, row.version);
      void queryClient.invalidateQueries({ queryKey: ["records", object.name] });
      onGone();
      toastUndo(t("deleted", { name }), () => void api.restore(object.name, row.id).then(
        () => {
          toast(t("restored"));
          refreshRecord(object.name, row.id);
        },
        (error: unknown) => toast(problemText(error), { isBad: true }),
      ));
    } catch (error) {
      toast(problemText(error), { isBad: true });
    }
  };
  return (
    <Dialog title={t("delete_ask", { name })} onClose={onClose}
      footer={<><Button onClick={onClose}>{t("cancel")}</Button><Button kind="danger" icon="trash" onClick={() => void remove()}>{t("delete")}</Button></>}>
      <div className="body"><p>{t("delete_hint")}</p></div>
    </Dialog>
  );
}

function AssignDialog({ object, row, onClose }: { object: ObjectDef; row: FullRow; onClose: () => void }) {
  const session = useSession();
  const [picked, setPicked] = useState<{ id: string; name: string } | null>(null);
  const assign = async () => {
    if (!picked) return;
    try {
      await api.assign(object.name, row.id, row.version, picked.id);
      refreshRecord(object.name, row.id);
      toast(t("assigned", { name: picked.name }));
      onClose();
    } catch (error) {
      toast(problemText(error), { isBad: true });
    }
  };
  return (
    <Dialog title={t("assign_title")} onClose={onClose} onSubmit={() => void assign()}
      footer={<><Button onClick={onClose}>{t("cancel")}</Button><Button kind="primary" disabled={!picked} onClick={() => void assign()}>{t("assign")}</Button></>}>
      <div className="body">
        <Combobox value={picked?.id ?? null} label={picked?.name} autoFocus search={searchRecords(session, "user")}
          onChange={(id, option) => setPicked(id ? { id, name: option?.label ?? "" } : null)} />
      </div>
    </Dialog>
  );
}
