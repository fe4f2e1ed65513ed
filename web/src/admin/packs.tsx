import "./packs.css";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useRef, useState } from "react";
import { ApiError, request } from "@/base/api.ts";
import type * as gen from "@/base/api.gen.ts";
import { full } from "@/base/format.ts";
import { tr } from "@/base/i18n.ts";
import { useSession } from "@/base/session.ts";
import { problemText } from "@/record/use.ts";
import { Button, Failed, FormRow, Notice, Skeleton } from "@/ui/basics.tsx";
import { Icon } from "@/ui/icon.tsx";
import { Dialog, toast } from "@/ui/layer.tsx";
import { t } from "./packs_texts.ts";
import { refreshConfig } from "./saving.tsx";

/* App packs: what is installed and changed here, what an upgrade would do, and taking it back. */
type Step = gen.PackStep;
type Plan = gen.PackPlan;
type Choices = Record<string, "mine" | "theirs">;

const calls = {
  list: () => request<{ items: gen.Pack[] }>("/packs"),
  planOf: (name: string) => request<Plan>("/packs/plan", { method: "POST", body: { pack: name } }),
  planFile: (file: File) => {
    const form = new FormData();
    form.set("file", file);
    return request<Plan>("/packs/plan", { method: "POST", body: form });
  },
  apply: (plan: string, choices: Choices) => request<gen.PackDone>("/packs/apply", { method: "POST", body: { plan, choices } }),
  undo: (name: string) => request<gen.PackDone>(`/packs/${encodeURIComponent(name)}/undo`, { method: "POST", body: {} }),
};

type Source = { name: string } | { file: File };
const planFrom = (source: Source) => ("file" in source ? calls.planFile(source.file) : calls.planOf(source.name));

export function Packs() {
  const found = useQuery({ queryKey: ["config", "packs"], queryFn: calls.list });
  const [open, setOpen] = useState<{ source: Source; plan: Plan } | null>(null);
  const [isReading, setReading] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const read = async (source: Source) => {
    setProblem(null);
    setReading(true);
    try {
      setOpen({ source, plan: await planFrom(source) });
    } catch (error) {
      setProblem(problemText(error));
    }
    setReading(false);
  };
  if (found.isError) return <Failed error={found.error} onRetry={() => void found.refetch()} />;
  if (found.isPending) return <Skeleton rows={6} />;
  if (open) return <PlanView key={open.plan.id} {...open} onPlan={(plan) => setOpen({ source: open.source, plan })} onClose={() => setOpen(null)} />;
  const installed = found.data.items.filter((pack) => pack.version);
  const available = found.data.items.filter((pack) => !pack.version && pack.name !== "none");
  return (
    <div className="settingspart packs">
      {problem && <Notice kind="bad">{problem}</Notice>}
      {installed.map((pack) => <Installed key={pack.name} pack={pack} isBusy={isReading} onUpgrade={() => void read({ name: pack.name })} />)}
      {available.length > 0 && <h3 className="partname">{t("available")}</h3>}
      {available.map((pack) => (
        <section key={pack.name} id={`pack-${pack.name}`} tabIndex={-1} className="panel pack">
          <header><h2>{tr(pack.title) || pack.name}</h2><span className="meta">{t("version", { v: pack.shipped ?? "" })}</span><span className="grow" />
            <Button disabled={isReading} onClick={() => void read({ name: pack.name })}>{t("install")}</Button></header>
          <p className="packhelp">{tr(pack.help)}</p>
        </section>
      ))}
      <Upload isBusy={isReading} installed={installed} onFile={(file) => void read({ file })} />
    </div>
  );
}

function Upload({ isBusy, installed, onFile }: { isBusy: boolean; installed: gen.Pack[]; onFile: (file: File) => void }) {
  const input = useRef<HTMLInputElement>(null);
  const [isOver, setOver] = useState(false);
  const [isExporting, setExporting] = useState(false);
  return (
    <section className="panel packfiles">
      <button type="button" className={`drop${isOver ? " over" : ""}`} disabled={isBusy} onClick={() => input.current?.click()}
        onDragOver={(event) => { event.preventDefault(); setOver(true); }} onDragLeave={() => setOver(false)}
        onDrop={(event) => { event.preventDefault(); setOver(false); if (event.dataTransfer.files[0]) onFile(event.dataTransfer.files[0]); }}>
        <Icon name="import" size={24} /><strong>{isBusy ? t("reading") : t("upload")}</strong><span className="meta">{t("drop_hint")}</span>
      </button>
      <input ref={input} type="file" accept=".zip,application/zip" hidden onChange={(event) => { const file = event.target.files?.[0]; event.target.value = ""; if (file) onFile(file); }} />
      <Button icon="export" onClick={() => setExporting(true)}>{t("export")}</Button>
      {isExporting && <ExportDialog installed={installed} onClose={() => setExporting(false)} />}
    </section>
  );
}

/* 0.1.9 → 0.1.10: a pack that differs needs another version, or it cannot be applied where the old one is. */
export const nextVersion = (version: string) => version.replace(/\d+$/, (last) => String(Number(last) + 1));

function ExportDialog({ installed, onClose }: { installed: gen.Pack[]; onClose: () => void }) {
  const base = installed[0];
  const [name, setName] = useState(base?.name ?? "workspace");
  const [version, setVersion] = useState(base?.version ? (base.changed_count > 0 ? nextVersion(base.version) : base.version) : "1.0.0");
  const isGood = /^[a-z][a-z0-9_]*$/.test(name) && /^\d+\.\d+\.\d+$/.test(version);
  return (
    <Dialog title={t("export")} onClose={onClose}
      footer={<><Button onClick={onClose}>{t("cancel")}</Button>
        <a className={`btn primary${isGood ? "" : " off"}`} aria-disabled={!isGood} href={isGood ? `/api/v1/packs/export?${new URLSearchParams({ name, version })}` : undefined} download onClick={() => isGood && setTimeout(onClose)}>{t("download")}</a></>}>
      <div className="body formgrid">
        <FormRow id="x-name" label={t("export_name")} help={t("export_name_hint")}><input id="x-name" className="input mono" value={name} onChange={(event) => setName(event.target.value)} /></FormRow>
        <FormRow id="x-version" label={t("export_version")} help={t("export_version_hint")}><input id="x-version" className="input mono" value={version} onChange={(event) => setVersion(event.target.value)} /></FormRow>
      </div>
    </Dialog>
  );
}

function Installed({ pack, isBusy, onUpgrade }: { pack: gen.Pack; isBusy: boolean; onUpgrade: () => void }) {
  const { me } = useSession();
  const [isAsking, setAsking] = useState(false);
  const [isShown, setShown] = useState(false);
  const at = pack.applied_at ? full(Date.parse(pack.applied_at)) : "";
  const hasUpgrade = Boolean(pack.shipped && pack.shipped !== pack.version);
  const undo = () => calls.undo(pack.name).then(
    () => { setAsking(false); refreshConfig(); toast(t("undone")); },
    (error: unknown) => { setAsking(false); toast(problemText(error), { isBad: true }); },
  );
  return (
    <section id={`pack-${pack.name}`} tabIndex={-1} className="panel pack">
      <header>
        <h2>{tr(pack.title) || pack.name}</h2><span className="packversion">{pack.version}</span>
        <span className="meta">{pack.applied_by ? t("applied", { who: pack.applied_by, at }) : t("applied_system", { at })}</span>
        <span className="grow" />
        {hasUpgrade && <Button kind="primary" disabled={isBusy} onClick={onUpgrade}>{t("upgrade", { v: pack.shipped ?? "" })}</Button>}
        {pack.can_undo && me.permissions.admin && <Button kind="quiet" icon="undo" onClick={() => setAsking(true)}>{pack.version_undo ? t("undo_to", { v: pack.version_undo }) : t("undo_install")}</Button>}
      </header>
      {tr(pack.help) && <p className="packhelp">{tr(pack.help)}</p>}
      {pack.changed_count === 0 ? <p className="packsame"><Icon name="check" size={16} />{t("changed_none")}</p> : (
        <>
          <button type="button" className="packmore" aria-expanded={isShown} onClick={() => setShown(!isShown)}>
            <Icon name={isShown ? "chevron-down" : "chevron-right"} size={16} />
            <strong>{t("changed_n", { n: pack.changed_count })}</strong><span className="meta">{t("changed_hint")}</span>
          </button>
          {isShown && <Groups steps={pack.changed} />}
        </>
      )}
      {isAsking && (
        <Dialog title={t("undo_title")} onClose={() => setAsking(false)}
          footer={<><Button onClick={() => setAsking(false)}>{t("cancel")}</Button><Button kind="danger" onClick={() => void undo()}>{pack.version_undo ? t("undo_to", { v: pack.version_undo }) : t("undo_install")}</Button></>}>
          <p>{t("undo_body")}</p>
        </Dialog>
      )}
    </section>
  );
}

/* ---- steps, by the part of the configuration they are in ---- */

const placeOf = (step: Step) => {
  const [part = "", ...rest] = step.place.split(" › ");
  return { part, rest: rest.join(" › ") };
};

function shown(value: unknown): string {
  if (value === null || value === undefined) return t("gone");
  if (typeof value === "boolean") return t(value ? "yes" : "no");
  if (typeof value === "object") {
    const label = (value as { label?: { zh: string; en: string } }).label;
    return label ? tr(label) : JSON.stringify(value);
  }
  return String(value);
}

const isLeaf = (value: unknown) => value !== null && value !== undefined && typeof value !== "object";

function Groups({ steps }: { steps: Step[] }) {
  const groups = useMemo(() => {
    const byPart = new Map<string, Step[]>();
    for (const step of steps) byPart.set(step.part, [...(byPart.get(step.part) ?? []), step]);
    return [...byPart.values()];
  }, [steps]);
  return (
    <ul className="packgroups">
      {groups.map((group) => (
        <li key={group[0]!.part}>
          <h4>{placeOf(group[0]!).part}</h4>
          <ul>{group.map((step) => <Line key={step.path} step={step} />)}</ul>
        </li>
      ))}
    </ul>
  );
}

function Line({ step }: { step: Step }) {
  const isMine = step.kind === "keep";
  const from = isMine ? step.base : step.mine;
  const to = isMine ? step.mine : step.theirs;
  return (
    <li className={`packline ${step.action}`}>
      <span className="packsign">{t(step.action)}</span>
      <span className="grow">
        <span className="packplace">{placeOf(step).rest || t("whole")}</span>
        {step.action === "change" && isLeaf(from) && isLeaf(to) && <span className="packvalues"><del>{shown(from)}</del><Icon name="arrow-right" size={12} /><ins>{shown(to)}</ins></span>}
      </span>
    </li>
  );
}

/* ---- the plan ---- */

function PlanView({ plan, source, onPlan, onClose }: { plan: Plan; source: Source; onPlan: (plan: Plan) => void; onClose: () => void }) {
  const { me } = useSession();
  const [choices, setChoices] = useState<Choices>({});
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const of = (kind: Step["kind"]) => plan.steps.filter((step) => step.kind === kind);
  const conflicts = of("conflict"), takes = of("take"), keeps = of("keep"), stays = of("stay");
  const name = tr(plan.title) || plan.name;
  const all = (side: "mine" | "theirs") => setChoices(Object.fromEntries(conflicts.map((step) => [step.path, side])));
  const apply = async () => {
    setBusy(true);
    setProblem(null);
    try {
      await calls.apply(plan.id, choices);
      refreshConfig();
      toast(t("applied_toast", { name }));
      onClose();
    } catch (error) {
      setProblem(problemText(error));
      if (error instanceof ApiError && (error.status === 409 || error.status === 404)) {
        await planFrom(source).then((next) => { onPlan(next); toast(t("stale"), { isBad: true }); }, () => undefined);
      }
      setBusy(false);
    }
  };
  const isNothing = plan.steps.length === keeps.length && plan.version_before === plan.version;
  return (
    <div className="settingspart packs">
      <section className="panel pack plan">
        <header><h2>{plan.version_before ? t("plan_upgrade", { name, from: plan.version_before, to: plan.version }) : t("plan_new", { name, v: plan.version })}</h2></header>
        {tr(plan.help) && <p className="packhelp">{tr(plan.help)}</p>}
        {isNothing && <div className="packnothing"><Icon name="check" size={20} /><div><strong>{t("nothing")}</strong><p className="meta">{t("nothing_hint")}</p></div></div>}
      </section>
      {plan.breaks.length > 0 && (
        <Notice kind="bad">
          <strong>{t("breaks")}</strong>
          <ul className="packbreaks">{plan.breaks.map((item) => <li key={`${item.kind}/${item.name}.${item.field ?? ""}`}><code>{item.kind}/{item.name}{item.field ? ` · ${item.field}` : ""}</code> {item.message}</li>)}</ul>
        </Notice>
      )}
      {conflicts.length > 0 && (
        <section className="panel pack">
          <header><h2>{t("conflicts_n", { n: conflicts.length })}</h2><span className="meta">{t("conflicts_hint")}</span><span className="grow" />
            <Button isSmall onClick={() => all("mine")}>{t("all_mine")}</Button><Button isSmall onClick={() => all("theirs")}>{t("all_theirs")}</Button></header>
          <ul className="packconflicts">{conflicts.map((step) => (
            <Conflict key={step.path} step={step} side={choices[step.path] ?? "mine"} onChoose={(side) => setChoices({ ...choices, [step.path]: side })} />
          ))}</ul>
        </section>
      )}
      <Part title={t("changes_n", { n: takes.length })} steps={takes} isOpen />
      <Part title={t("stays_n", { n: stays.length })} steps={stays} />
      <Part title={t("keeps_n", { n: keeps.length })} steps={keeps} />
      {problem && <Notice kind="bad">{problem}</Notice>}
      <footer className="savebar packfoot">
        <span className="grow meta">{isBusy && t("applying")}</span>
        <Button disabled={isBusy} onClick={onClose}>{t("cancel")}</Button>
        {!isNothing && me.permissions.admin && <Button kind="primary" disabled={isBusy} onClick={() => void apply()}>{t("apply")}</Button>}
      </footer>
      {isBusy && <div className="packbusy" role="progressbar" aria-label={t("applying")}><i /></div>}
    </div>
  );
}

function Part({ title, steps, isOpen }: { title: string; steps: Step[]; isOpen?: boolean }) {
  if (steps.length === 0) return null;
  return (
    <details className="panel pack" open={isOpen}>
      <summary><Icon name="chevron-right" size={16} /><h2>{title}</h2></summary>
      <Groups steps={steps} />
    </details>
  );
}

function Conflict({ step, side, onChoose }: { step: Step; side: "mine" | "theirs"; onChoose: (side: "mine" | "theirs") => void }) {
  const option = (value: "mine" | "theirs", json: unknown) => (
    <label className={`packoption${side === value ? " on" : ""}`}>
      <input type="radio" name={step.path} checked={side === value} onChange={() => onChoose(value)} />
      <span className="grow"><span className="meta">{t(value)}</span><span className="packvalue">{shown(json)}</span></span>
    </label>
  );
  const { part, rest } = placeOf(step);
  return (
    <li>
      <p><strong>{part}</strong>{rest && ` › ${rest}`}</p>
      <div className="packoptions" role="radiogroup" aria-label={step.place}>{option("mine", step.mine)}{option("theirs", step.theirs)}</div>
      {step.base !== null && <p className="meta packwas">{t("was", { v: shown(step.base) })}</p>}
    </li>
  );
}
