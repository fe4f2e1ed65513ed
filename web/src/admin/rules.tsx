import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { either, listed, tr } from "@/base/i18n.ts";
import { levelWord } from "@/base/level.ts";
import { locale } from "@/base/prefs.ts";
import { useSession } from "@/base/session.ts";
import type { Label } from "@/base/types.ts";
import { fieldOf } from "@/object/object.ts";
import { problemText } from "@/record/use.ts";
import { Button, Failed, LevelShape, Notice, Skeleton } from "@/ui/basics.tsx";
import { Icon } from "@/ui/icon.tsx";
import { calls, type LadderLevel, type Rule } from "./calls.ts";
import { FormulaInput } from "./formula_input.tsx";
import { hasParts, RuleSaid, saidTitle } from "./rule_said.tsx";
import { saveChange, saveNow } from "./saving.tsx";
import { joinLimit, limitProblem, splitLimit, type Unit } from "./stage_edit.ts";
import { t } from "./texts.ts";
import { noun } from "./words.ts";

/* Rules as sentences: "when a deal has stalled for more than 72 hours → tell the owner". */
export function Rules({ item }: { item?: string }) {
  const found = useQuery({ queryKey: ["config", "rules"], queryFn: calls.rules, staleTime: 30_000 });
  if (found.isError) return <Failed error={found.error} onRetry={() => void found.refetch()} />;
  if (found.isPending) return <Skeleton rows={8} />;
  const ladders = found.data.items.filter((rule) => rule.kind === "ladder");
  const changes = found.data.items.filter((rule) => rule.kind !== "ladder");
  return (
    <div className="settingspart">
      <h3 className="partname">{t("ladders")}</h3>
      {ladders.map((rule) => <Ladder key={rule.name} stored={rule} isHere={rule.name === item} />)}
      <h3 className="partname">{t("automations")}</h3>
      <section className="panel">
        <ul className="rulelist">{changes.map((rule) => rule.kind === "remind"
          ? <RemindRule key={rule.name} rule={rule} isHere={rule.name === item} />
          : <ChangeRule key={rule.name} rule={rule} isHere={rule.name === item} />)}</ul>
      </section>
      {hasParts(found.data.items) && <p className="meta saidpart">{t("said_part")}</p>}
    </div>
  );
}

function Switch({ rule }: { rule: Rule }) {
  const set = (enabled: boolean) => saveNow(() => calls.ruleChange(rule.name, { enabled }), () => calls.ruleChange(rule.name, { enabled: !enabled }));
  return (
    <button type="button" role="switch" aria-checked={rule.enabled} className="switch" aria-label={tr(rule.label)} onClick={() => set(!rule.enabled)}>
      <i /><span>{t(rule.enabled ? "rule_on" : "rule_off")}</span>
    </button>
  );
}

function useRecipients(object: string) {
  const session = useSession();
  const def = session.objects.get(object);
  const persons = (def?.fields ?? []).filter((field) => field.type === "person" && field.name !== "owner" && !field.system);
  return {
    all: ["owner", "supervisor", ...persons.map((field) => field.name)],
    name: (who: string) => who === "owner" ? t("owner") : who === "supervisor" ? t("supervisor_of") : who === "actor" ? t("actor")
      : (def && tr(fieldOf(def, who)?.label)) || who,
  };
}

function Ladder({ stored, isHere }: { stored: Rule; isHere: boolean }) {
  const session = useSession();
  const [draft, setDraft] = useState(stored);
  const [problem, setProblem] = useState<string | null>(null);
  const [isOk, setOk] = useState(true);
  useEffect(() => setDraft(stored), [JSON.stringify(stored)]);
  const who = useRecipients(stored.object);
  const isChanged = JSON.stringify(draft) !== JSON.stringify(stored);
  const levels = draft.levels ?? [];
  const setLevel = (level: LadderLevel) => setDraft({ ...draft, levels: levels.map((other) => (other.level === level.level ? level : other)) });
  const wrong = limitProblem(Object.fromEntries(levels.map((level) => [level.level, level.after])));
  const save = async () => {
    const pick = ({ levels: l, when, respond_within }: Rule) => ({ levels: l, when, respond_within });
    try {
      setProblem(null);
      await saveChange(() => calls.ruleChange(stored.name, pick(draft)), () => calls.ruleChange(stored.name, pick(stored)));
    } catch (error) {
      setProblem(problemText(error));
    }
  };
  const respond = splitLimit(draft.respond_within);
  return (
    <section className={`panel ladder${isHere ? " here" : ""}${draft.enabled ? "" : " off"}`}>
      <header><h2>{tr(stored.label)}</h2><code className="meta">{stored.name}</code><span className="grow" /><Switch rule={stored} /></header>
      <div className="body">
        <ol className="ladderlines">
          {levels.map((level) => <LadderLine key={level.level} object={noun(session.objects.get(stored.object)?.label, stored.object)} level={level} who={who} isWrong={wrong === level.level} onChange={setLevel} />)}
        </ol>
        <p className="meta">{t("ladder_stage")}</p>
        <div className="respond">
          <LevelShape level="red" size={14} />
          <Filled text={t("ladder_respond", { n: "\u0000" })}>
            <Limit n={respond.n} unit={respond.unit} onChange={(n, unit) => setDraft({ ...draft, respond_within: joinLimit(n, unit) ?? draft.respond_within })} label={t("ladder_respond", { n: "" })} />
          </Filled>
        </div>
        <div className="rulewhen"><span className="meta">{t("when_formula")}</span>
          <FormulaInput object={stored.object} isBoolean value={draft.when ?? ""} onChange={(when) => setDraft({ ...draft, when })} onState={(state) => setOk(state.isOk)} /></div>
        <div className="rulewhen"><span className="meta">{t("said")}</span><RuleSaid object={stored.object} title={stored.title} body={stored.body} /></div>
        {problem && <Notice kind="bad">{problem}</Notice>}
        {isChanged && (
          <footer className="savebar inline">
            <span className="grow">{t("unsaved")}</span>
            <Button onClick={() => { setDraft(stored); setProblem(null); }}>{t("undo")}</Button>
            <Button kind="primary" disabled={!isOk || Boolean(wrong)} onClick={() => void save()}>{t("save")}</Button>
          </footer>
        )}
      </div>
    </section>
  );
}

/* A sentence with something to set in the place of \0. */
function Filled({ text, children }: { text: string; children: React.ReactNode }) {
  const [before, after] = text.split("\u0000");
  return <span className="sentence">{before}{children}{after}</span>;
}

function Limit({ n, unit, onChange, label, isWrong }: { n: string; unit: Unit; onChange: (n: string, unit: Unit) => void; label: string; isWrong?: boolean }) {
  const [text, setText] = useState(n);
  useEffect(() => setText(n), [n]);
  return (
    <span className="limitbox">
      <input className="input small num" inputMode="decimal" aria-label={label} aria-invalid={isWrong || undefined} value={text}
        onChange={(event) => { setText(event.target.value); if (joinLimit(event.target.value, unit)) onChange(event.target.value, unit); }} onBlur={() => setText(n)} />
      <select className="input small" aria-label={label} value={unit} onChange={(event) => onChange(text, event.target.value as Unit)}>
        <option value="h">{t("hours")}</option><option value="d">{t("days")}</option>
      </select>
    </span>
  );
}

function LadderLine({ object, level, who, onChange, isWrong }: {
  object: string; level: LadderLevel; who: ReturnType<typeof useRecipients>; onChange: (level: LadderLevel) => void; isWrong: boolean;
}) {
  const { n, unit } = splitLimit(level.after);
  const chips = (list: string[], set: (list: string[]) => void, label: string) => (
    <span className="chips inline" role="group" aria-label={label}>
      {who.all.map((name) => (
        <button key={name} type="button" className="chip" aria-pressed={list.includes(name)} onClick={() => set(list.includes(name) ? list.filter((other) => other !== name) : [...list, name])}>{who.name(name)}</button>
      ))}
    </span>
  );
  return (
    <li className={level.level}>
      <span className={`level ${level.level}`}><LevelShape level={level.level} size={14} />{levelWord(level.level)}</span>
      <span className="sentence">
        {t("ladder_sentence", { object })}
        <Limit n={n} unit={unit} isWrong={isWrong} label={levelWord(level.level)} onChange={(next, nextUnit) => onChange({ ...level, after: joinLimit(next, nextUnit) ?? level.after })} />
        <Icon name="arrow-right" size={14} />{t("ladder_then")}
        {chips(level.tell, (tell) => onChange({ ...level, tell }), t("ladder_then"))}
        {t("ladder_and")}{locale() === "zh" ? "" : " "}{t("ladder_task")}
        {chips(level.task ?? [], (task) => onChange({ ...level, task }), t("ladder_task"))}
      </span>
    </li>
  );
}

function ChangeRule({ rule, isHere }: { rule: Rule; isHere: boolean }) {
  const session = useSession();
  const who = useRecipients(rule.object);
  const object = noun(session.objects.get(rule.object)?.label, rule.object);
  const on = either((rule.on ?? []).map((verb) => t(verb === "create" ? "change_create" : verb === "delete" ? "change_delete" : "change_update")));
  const title = (label: Label | undefined) => saidTitle(session, rule.object, label);
  const actions = (rule.actions ?? []).map((action) => {
    switch (action.do) {
      case "create": return t("do_create", { object: noun(session.objects.get(action.object ?? "")?.label, action.object) });
      case "set": return t("do_set", { fields: listed(Object.keys(action.set ?? {}).map((name) => tr(session.objects.get(rule.object) && fieldOf(session.objects.get(rule.object)!, name)?.label) || name)) });
      case "task": return t("do_task", { title: title(action.title) });
      case "finish_tasks": return t("do_finish_tasks");
      case "notify": return t("do_notify", { to: listed((action.to ?? []).map(who.name)), title: title(action.title) });
      default: return action.do;
    }
  });
  return (
    <li className={`${isHere ? "here" : ""}${rule.enabled ? "" : " off"}`}>
      <div className="grow">
        <strong>{tr(rule.label)}</strong>
        {rule.when && rule.when !== "TRUE" ? <p>{t("change_sentence", { object, on })} <code>{rule.when}</code></p> : <p>{t("change_any", { object, on })}</p>}
        <p className="ruledo"><Icon name="arrow-right" size={14} />{actions.join(locale() === "zh" ? "，" : "; ")}</p>
        {(rule.actions ?? []).map((action, index) => <RuleSaid key={index} object={rule.object} body={action.body} />)}
      </div>
      <Switch rule={rule} />
    </li>
  );
}

/* "day-1" at "18:00" → "the day before at 18:00"; "24h" → "24 hours after". */
function stepText(step: { on?: string; at: string }): string {
  if (step.on) {
    const days = Number(/^day([+-]\d+)$/.exec(step.on)?.[1] ?? 0);
    return days === 0 ? t("step_same", { time: step.at }) : t(days < 0 ? "step_before" : "step_after", { n: Math.abs(days), time: step.at });
  }
  const isEarly = step.at.startsWith("-");
  const { n, unit } = splitLimit(step.at.replace(/^[-+]/, ""));
  if (Number(n) === 0) return t("step_now");
  return t(isEarly ? "step_hours_before" : "step_hours_after", { n: unit === "d" ? t("n_days", { n }) : t("n_hours", { n }) });
}

/* A reminder goes by a date of the record: when, to whom, with what words. */
function RemindRule({ rule, isHere }: { rule: Rule; isHere: boolean }) {
  const session = useSession();
  const who = useRecipients(rule.object);
  const def = session.objects.get(rule.object);
  const since = (def && tr(fieldOf(def, rule.since ?? "")?.label)) || (rule.since ?? "");
  const level = rule.level;
  return (
    <li className={`${isHere ? "here" : ""}${rule.enabled ? "" : " off"}`}>
      <div className="grow">
        <strong>{tr(rule.label)}</strong>{level && <span className={`level ${level}`}><LevelShape level={level} />{levelWord(level)}</span>}
        <p>{t("remind_sentence", { object: noun(def?.label, rule.object), since, steps: listed((rule.steps ?? []).map(stepText)) })}{rule.when && rule.when !== "TRUE" && <>{t("remind_if")} <code>{rule.when}</code></>}</p>
        <p className="ruledo"><Icon name="arrow-right" size={14} />{t("do_notify", { to: listed((rule.tell ?? []).map(who.name)), title: saidTitle(session, rule.object, rule.title) })}</p>
        <RuleSaid object={rule.object} body={rule.body} />
      </div>
      <Switch rule={rule} />
    </li>
  );
}
