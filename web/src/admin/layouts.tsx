import "./layouts.css";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useLocation } from "wouter";
import { api, ApiError, request } from "@/base/api.ts";
import { useParams } from "@/base/hooks.ts";
import { tr } from "@/base/i18n.ts";
import { SessionProvider, useSession } from "@/base/session.ts";
import type { LayoutDef, ObjectDef } from "@/base/types.ts";
import { pluralOf } from "@/object/object.ts";
import { Summary } from "@/record/body.tsx";
import { Details } from "@/record/details.tsx";
import { RelatedLists } from "@/record/related.tsx";
import { problemText, useRecord } from "@/record/use.ts";
import { Button, Empty, Failed, FormRow, Notice, Segment, Skeleton } from "@/ui/basics.tsx";
import { Combobox } from "@/ui/combobox.tsx";
import { MenuButton, toast } from "@/ui/layer.tsx";
import { calls } from "./calls.ts";
import { bodyOf, phoneOrder, step } from "./layout_edit.ts";
import { LayoutSections } from "./layout_sections.tsx";
import { t } from "./layout_texts.ts";
import { refreshConfig, saveChange } from "./saving.tsx";

/*
 * The designer: how a record of an object is laid out, for everybody or for a role, with the page
 * itself beside it. The preview is the real page under a session that has the draft in it.
 */
const part = encodeURIComponent;
const layoutCalls = {
  all: () => request<{ items: LayoutDef[] }>("/layouts"),
  create: (name: string, body: Record<string, unknown>) => request<LayoutDef>("/layouts", { method: "POST", body: { name, ...withoutNulls(body) } }),
  change: (name: string, body: Record<string, unknown>) => request<LayoutDef>(`/layouts/${part(name)}`, { method: "PATCH", body }),
  remove: (name: string) => request<void>(`/layouts/${part(name)}`, { method: "DELETE" }),
  reset: (name: string) => request<LayoutDef>(`/layouts/${part(name)}/reset`, { method: "POST", body: {} }),
};
const withoutNulls = (body: Record<string, unknown>) => Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null));

export function Layouts({ item }: { item?: string }) {
  const session = useSession();
  const [, navigate] = useLocation();
  const all = [...session.objects.values()].filter((object) => object.menu || session.app.nav.some((entry) => entry.object === object.name) || session.app.layouts?.[object.name] || object.name === item);
  const object = session.objects.get(item ?? "") ?? all[0];
  const found = useQuery({ queryKey: ["config", "layouts"], queryFn: layoutCalls.all });
  if (!object) return null;
  return (
    <div className="settingspart layoutspart">
      <Segment isQuiet label={t("page")} value={object.name} onChange={(name) => navigate(`/settings/layouts/${name}`)}
        options={all.map((other) => ({ value: other.name, label: tr(other.label) }))} />
      {found.isError ? <Failed error={found.error} onRetry={() => void found.refetch()} /> : !found.data ? <Skeleton /> : <Chosen object={object} layouts={found.data.items.filter((layout) => layout.object === object.name)} />}
    </div>
  );
}

/* Whose layout: everybody's, or that of a role. */
function Chosen({ object, layouts }: { object: ObjectDef; layouts: LayoutDef[] }) {
  const [params, setParams] = useParams();
  const roles = useQuery({ queryKey: ["config", "roles"], queryFn: calls.roles, staleTime: 60_000 });
  const common = layouts.find((layout) => !layout.for_roles?.length);
  const chosen = layouts.find((layout) => layout.name === params.get("layout")) ?? common;
  const layout: LayoutDef = chosen ?? { name: object.name, object: object.name, sections: [] };
  const nameOf = (one: LayoutDef) => one.for_roles?.map((name) => tr(roles.data?.items.find((role) => role.name === name)?.label) || name).join(" · ") || t("for_all");
  const free = (roles.data?.items ?? []).filter((role) => !layouts.some((one) => one.for_roles?.includes(role.name)));
  const add = async (role: string) => {
    const name = `${object.name}_${role}`;
    try {
      await layoutCalls.create(name, { ...bodyOf(common ?? layout), for_roles: [role] });
      refreshConfig();
      setParams({ layout: name });
    } catch (error) {
      toast(problemText(error), { isBad: true });
    }
  };
  return (
    <Designer key={`${layout.name}:${JSON.stringify(layout)}`} object={object} stored={layout} isNew={!chosen} whose={
      <span className="rowline layoutwhose">
        <Segment label={t("whose")} value={layout.name} onChange={(name) => setParams({ layout: name === common?.name ? null : name })}
          options={[...(common ? [] : [{ value: object.name, label: t("for_all") }]), ...layouts.map((one) => ({ value: one.name, label: nameOf(one) }))]} />
        {free.length > 0 && <MenuButton isSmall kind="quiet" icon="plus" label={t("for_role")} items={free.map((role) => ({ label: tr(role.label), run: () => void add(role.name) }))}>{t("for_role")}</MenuButton>}
      </span>
    } />
  );
}

type Tab = "page" | "head" | "related" | "phone";

function Designer({ object, stored, isNew, whose }: { object: ObjectDef; stored: LayoutDef; isNew: boolean; whose: React.ReactNode }) {
  const [steps, setSteps] = useState<LayoutDef[]>([stored]);
  const [tab, setTab] = useState<Tab>("page");
  const [problem, setProblem] = useState<string | null>(null);
  const draft = steps.at(-1)!;
  const isChanged = steps.length > 1;
  const set = (next: LayoutDef) => next !== draft && setSteps([...steps, next]);
  const back = () => setSteps(steps.length > 1 ? steps.slice(0, -1) : steps);
  useEffect(() => {
    const key = (event: KeyboardEvent) => {
      const isTyping = event.target instanceof HTMLElement && /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
      if ((event.ctrlKey || event.metaKey) && event.key === "z" && !isTyping) {
        event.preventDefault();
        back();
      }
    };
    window.addEventListener("keydown", key);
    return () => window.removeEventListener("keydown", key);
  });
  const run = async (act: () => Promise<unknown>, undo?: () => Promise<unknown>) => {
    setProblem(null);
    try {
      await saveChange(act, undo, t("saved"));
    } catch (error) {
      setProblem(error instanceof ApiError && error.isMissing ? t("reset_none") : problemText(error));
    }
  };
  const save = () => run(
    () => (isNew ? layoutCalls.create(stored.name, bodyOf(draft)) : layoutCalls.change(stored.name, bodyOf(draft))),
    () => (isNew ? layoutCalls.remove(stored.name) : layoutCalls.change(stored.name, bodyOf(stored))),
  );
  return (
    <>
      <div className="layoutbar">
        {whose}
        <span className="grow" />
        <MenuButton kind="quiet" icon="dots" label={t("reset")} align="end" items={stored.for_roles?.length
          ? [{ label: t("remove"), icon: "trash", isDanger: true, run: () => void run(() => layoutCalls.remove(stored.name), () => layoutCalls.create(stored.name, bodyOf(stored))) }]
          : [{ label: t("reset"), icon: "undo", run: () => void run(() => layoutCalls.reset(stored.name), () => layoutCalls.change(stored.name, bodyOf(stored))) }]} />
      </div>
      {problem && <Notice kind="bad">{problem}</Notice>}
      <div className="layoutcolumns">
        <div className="layouteditor">
          <Segment label={t("page")} value={tab} onChange={setTab} options={(["page", "head", "related", "phone"] as const).map((value) => ({ value, label: t(value) }))} />
          {tab === "page" && <LayoutSections object={object} layout={draft} onChange={set} />}
          {tab === "head" && <HeadLists object={object} layout={draft} onChange={set} />}
          {tab === "related" && <RelatedChoice object={object} layout={draft} onChange={set} />}
          {tab === "phone" && <PhoneChoice layout={draft} onChange={set} />}
        </div>
        <Preview object={object} layout={draft} isPhone={tab === "phone"} />
      </div>
      {isChanged && (
        <footer className="savebar">
          <span className="grow">{t("unsaved")}</span>
          <Button kind="quiet" icon="undo" onClick={back}>{t("back")}</Button>
          <Button onClick={() => setSteps([stored])}>{t("discard")}</Button>
          <Button kind="primary" onClick={() => void save()}>{t("save")}</Button>
        </footer>
      )}
    </>
  );
}

/* Names in an order, each with a way forward, back and out. */
function OrderedNames({ names, label, options, onChange }: { names: string[]; label: (name: string) => string; options: { value: string; label: string }[]; onChange: (names: string[]) => void }) {
  return (
    <div className="orderednames">
      <ol>
        {names.map((name, index) => (
          <li key={name} className="rowline">
            <span className="grow cut">{label(name)}</span>
            <Button kind="quiet" isSmall icon="chevron-up" aria-label={t("item_up", { name: label(name) })} disabled={index === 0} onClick={() => onChange(step(names, index, -1))} />
            <Button kind="quiet" isSmall icon="chevron-down" aria-label={t("item_down", { name: label(name) })} disabled={index === names.length - 1} onClick={() => onChange(step(names, index, 1))} />
            <Button kind="quiet" isSmall icon="close" aria-label={t("field_remove", { name: label(name) })} onClick={() => onChange(names.filter((other) => other !== name))} />
          </li>
        ))}
      </ol>
      {options.length > 0 && <Combobox isSmall value={null} options={options} placeholder={t("field_add")} ariaLabel={t("field_add")} onChange={(name) => name && onChange([...names, name])} />}
    </div>
  );
}

interface Part {
  object: ObjectDef;
  layout: LayoutDef;
  onChange: (layout: LayoutDef) => void;
}

function HeadLists({ object, layout, onChange }: Part) {
  const label = (name: string) => tr(object.fields.find((field) => field.name === name)?.label) || name;
  const rest = (names: string[], isWritable: boolean) => object.fields
    .filter((field) => !names.includes(field.name) && (!isWritable || (!field.readonly && !field.system && field.type !== "formula" && field.type !== "auto_number")))
    .map((field) => ({ value: field.name, label: tr(field.label) }));
  const summary = layout.summary ?? [];
  const create = layout.create ?? [];
  return (
    <section className="panel layoutlists">
      <FormRow label={t("summary")} help={t("summary_help")}><OrderedNames names={summary} label={label} options={rest(summary, false)} onChange={(names) => onChange({ ...layout, summary: names })} /></FormRow>
      <FormRow label={t("create")} help={t("create_help")}><OrderedNames names={create} label={label} options={rest(create, true)} onChange={(names) => onChange({ ...layout, create: names })} /></FormRow>
    </section>
  );
}

function RelatedChoice({ object, layout, onChange }: Part) {
  const session = useSession();
  const known = object.relations.filter((relation) => session.objects.has(relation.object));
  const label = (name: string) => {
    const relation = known.find((other) => other.name === name);
    const target = session.objects.get(relation?.object ?? "");
    return relation?.label ? tr(relation.label) : target ? pluralOf(target) : name;
  };
  const names = (layout.related ?? known.map((relation) => relation.name)).filter((name) => known.some((relation) => relation.name === name));
  return (
    <section className="panel layoutlists">
      <FormRow label={t("related")} help={t("related_help")}>
        <OrderedNames names={names} label={label} options={known.filter((relation) => !names.includes(relation.name)).map((relation) => ({ value: relation.name, label: label(relation.name) }))}
          onChange={(related) => onChange({ ...layout, related })} />
      </FormRow>
    </section>
  );
}

function PhoneChoice({ layout, onChange }: Omit<Part, "object">) {
  const names = phoneOrder(layout);
  const folded = layout.phone?.folded ?? layout.sections.filter((section) => section.folded).map((section) => section.name);
  const put = (phone: { order: string[]; folded: string[] }) => onChange({ ...layout, phone });
  return (
    <section className="panel layoutlists">
      <FormRow label={t("phone")} help={t("phone_help")}>
        <ol className="orderednames">
          {names.map((name, index) => {
            const label = tr(layout.sections.find((section) => section.name === name)?.label) || name;
            const isFolded = folded.includes(name);
            return (
              <li key={name} className="rowline">
                <span className="grow cut">{label}</span>
                <button type="button" className="chip" aria-pressed={isFolded} onClick={() => put({ order: names, folded: isFolded ? folded.filter((other) => other !== name) : [...folded, name] })}>{t("folded")}</button>
                <Button kind="quiet" isSmall icon="chevron-up" aria-label={t("item_up", { name: label })} disabled={index === 0} onClick={() => put({ order: step(names, index, -1), folded })} />
                <Button kind="quiet" isSmall icon="chevron-down" aria-label={t("item_down", { name: label })} disabled={index === names.length - 1} onClick={() => put({ order: step(names, index, 1), folded })} />
              </li>
            );
          })}
        </ol>
      </FormRow>
    </section>
  );
}

/* The record page itself, with the draft in place of what is kept; nothing in it can be pressed. */
function Preview({ object, layout, isPhone }: { object: ObjectDef; layout: LayoutDef; isPhone: boolean }) {
  const session = useSession();
  const [device, setDevice] = useState<"desktop" | "phone">("desktop");
  const onPhone = isPhone || device === "phone";
  const newest = useQuery({
    queryKey: ["records", object.name, "newest"], queryFn: () => api.records(object.name, { fields: [object.title_field], order: "-updated_at", limit: 1 }), staleTime: 60_000, retry: false,
  });
  const id = newest.data?.items[0]?.id;
  const drafted = { ...session, app: { ...session.app, layouts: { ...session.app.layouts, [object.name]: layout } } };
  return (
    <aside className="layoutpreview">
      <header className="rowline"><span className="meta grow">{t("preview")}</span>
        <Segment label={t("preview")} value={onPhone ? "phone" : "desktop"} onChange={setDevice} options={[{ value: "desktop", label: t("on_desktop") }, { value: "phone", label: t("on_phone") }]} />
      </header>
      {id ? <SessionProvider value={drafted}><PreviewPage key={id} object={object} id={id} isPhone={onPhone} /></SessionProvider>
        : newest.isSuccess ? <Empty isSmall icon={object.icon ?? "box"} title={t("none_yet")} /> : null}
    </aside>
  );
}

function PreviewPage({ object, id, isPhone }: { object: ObjectDef; id: string; isPhone: boolean }) {
  const record = useRecord(object, id);
  if (!record.data) return null;
  return (
    <div className={`previewpage${isPhone ? " phone" : ""}`} inert>
      <Summary object={object} row={record.data} />
      <Details object={object} row={record.data} isPhone={isPhone} />
      <RelatedLists object={object} row={record.data} />
    </div>
  );
}
