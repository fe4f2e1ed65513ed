import "./record.css";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";
import { api, ApiError } from "@/base/api.ts";
import { relative } from "@/base/format.ts";
import { usePhone } from "@/base/hooks.ts";
import { tr } from "@/base/i18n.ts";
import { locale } from "@/base/prefs.ts";
import { dropPending, type Pending, putPending, usePending } from "@/base/pending.ts";
import { layoutOf, objectConfig, permission, queryClient, type Session, useSession } from "@/base/session.ts";
import { isThin } from "@/base/substance.ts";
import { addDays, at, now, parseTime, rfc3339, today, weekday } from "@/base/time.ts";
import type { FieldDef, LogConfig, ObjectDef, Row, Value } from "@/base/types.ts";
import { uuid } from "@/base/uuid.ts";
import { AttachmentView, FileChips, FilePickers } from "@/field/file/index.tsx";
import { useAttachment } from "@/field/file/upload.ts";
import { type Draft, Fields } from "@/field/form.tsx";
import { searchRecords } from "@/field/reference/index.tsx";
import { conditionsOf, isPlaced, useFormState } from "@/field/state.ts";
import { columnOf, createFields, fieldOf, fieldsFor, labelIn, titleOf } from "@/object/object.ts";
import { recentRecords } from "@/object/recent.ts";
import { Button, FormRow, Notice, TextArea } from "@/ui/basics.tsx";
import { DateTimeInput } from "@/ui/calendar.tsx";
import { Combobox, type Option } from "@/ui/combobox.tsx";
import { Icon } from "@/ui/icon.tsx";
import { Dialog, toast } from "@/ui/layer.tsx";
import { t } from "./texts.ts";
import { problemText, useContextRecord } from "./use.ts";

/*
 * 记一笔: one contact in two fields and a tap. Whom it was with comes from what is on screen; the
 * hint about substance never blocks; without a network the log is kept on the device. What there is
 * to fill in, and in which order, is the object's new form (its layout): the app only says which of
 * the fields have a control of their own here.
 */
export interface Target {
  object: string;
  id: string;
  title: string;
  row?: Row;
}

interface LogDraft {
  method: string | null;
  conclusion: string;
  kind: string | null;
  next: string;
  due: string | null;
  obstacle: string;
  files: Value;
  /* Fields without a control of their own. */
  more: Draft;
}

/* One that waits on the device, to be corrected: "pending:ID". */
function pendingOf(wanted: string): Pending | undefined {
  const id = wanted.startsWith("pending:") ? wanted.slice(8) : "";
  return usePending.getState().items.find((item) => item.id === id);
}

function pendingTarget(config: LogConfig, item: Pending): Target | null {
  const spec = config.targets.find((other) => typeof item.values[other.field] === "string");
  return spec ? { object: spec.object, id: String(item.values[spec.field]), title: item.title } : null;
}

function pendingDraft(config: LogConfig, item: Pending): LogDraft {
  const text = (key: keyof LogConfig["fields"]) => String(item.values[config.fields[key] ?? ""] ?? "");
  return {
    method: text("method") || null, conclusion: text("conclusion"), kind: text("kind") || null, next: text("next_action"),
    due: text("due") || null, obstacle: text("obstacle"), files: text("files") || null,
    more: { values: Object.fromEntries(Object.entries(item.values).filter(([name]) => name !== "id" && !ownNames(config).has(name))), labels: {} },
  };
}

/* The fields that have a control of their own, or are taken from the target. */
function ownNames(config: LogConfig): ReadonlySet<string> {
  return new Set([
    ...Object.values(config.fields).filter((name): name is string => Boolean(name)),
    ...config.targets.flatMap((target) => [target.field, ...Object.keys(target.derive ?? {})]),
  ]);
}

type PartName = "method" | "conclusion" | "next" | "obstacle" | "files";

/* One control, or some plain fields in a row. */
type Part = { own: PartName } | { fields: string[] };

/*
 * The sheet in the order of the object's new form; then, folded, what that form leaves out. An
 * obstacle and a photo can always be added, wherever they do not stand.
 */
function partsOf(session: Session, config: LogConfig, object: ObjectDef): { parts: Part[]; folded: string[] } {
  const { fields } = config;
  const partOf: Record<string, PartName | null> = {};
  for (const name of ownNames(config)) partOf[name] = null;
  for (const [name, part] of [[fields.method, "method"], [fields.conclusion, "conclusion"], [fields.next_action, "next"], [fields.due, "next"], [fields.obstacle, "obstacle"], [fields.files, "files"]] as const) {
    if (name && fieldOf(object, name)) partOf[name] = part;
  }
  const parts: Part[] = [];
  const add = (name: string) => {
    if (!(name in partOf)) {
      const last = parts.at(-1);
      if (last && "fields" in last) last.fields.push(name);
      else parts.push({ fields: [name] });
      return;
    }
    const own = partOf[name];
    if (own && !parts.some((part) => "own" in part && part.own === own)) parts.push({ own });
  };
  const form = createFields(session, object);
  form.forEach(add);
  for (const name of [fields.obstacle, fields.files]) if (name && fieldOf(object, name)) add(name);
  const isOpen = (field: FieldDef) => !field.system && !field.readonly && !COMPUTED.has(field.type) && !(field.name in partOf) && !form.includes(field.name);
  return { parts, folded: object.fields.filter(isOpen).map((field) => field.name) };
}

const COMPUTED = new Set<string>(["formula", "lookup", "rollup", "auto_number"]);

function useTarget(config: LogConfig, wanted: string) {
  const session = useSession();
  const context = useContextRecord.getState().record;
  const [start] = useState<Target | null>(() => {
    const waiting = pendingOf(wanted);
    if (waiting) return pendingTarget(config, waiting);
    const [object, id] = wanted.split(":");
    if (object && id) return { object, id, title: "" };
    return context && config.targets.some((target) => target.object === context.object) ? { ...context } : null;
  });
  const [target, setTarget] = useState<Target | null>(start);
  const object = target ? session.objects.get(target.object) : undefined;
  const derive = config.targets.find((other) => other.object === target?.object)?.derive ?? {};
  const sub = objectConfig(session, target?.object ?? "").card?.sub;
  const found = useQuery({
    queryKey: ["record", target?.object, target?.id, "log"],
    queryFn: () => api.record(target!.object, target!.id, fieldsFor(
      [object && sub ? columnOf(session, object, sub) : null], [object!.title_field, ...Object.values(derive)],
    )),
    enabled: Boolean(target && object),
  });
  const row = found.data;
  const title = target && object && row ? titleOf(object, row) : (target?.title ?? "");
  const subColumn = object && sub ? columnOf(session, object, sub) : null;
  return { target, setTarget, row, title, sub: row && subColumn ? labelIn(row, subColumn) : null, derive };
}

export function LogSheet({ wanted, onClose }: { wanted: string; onClose: () => void }) {
  const session = useSession();
  const config = session.app.log!;
  const object = session.objects.get(config.object)!;
  const { target, setTarget, row, title, sub, derive } = useTarget(config, wanted);
  const names = config.fields;
  const [waiting] = useState(() => pendingOf(wanted));
  const [draft, setDraft] = useState<LogDraft>(() => (waiting ? pendingDraft(config, waiting) : restoredDraft()));
  const [errors, setErrors] = useState<Record<string, string>>({});
  const [problem, setProblem] = useState<string | null>(waiting?.problem ?? null);
  const [isBusy, setBusy] = useState(false);
  const [hasObstacle, setHasObstacle] = useState(draft.obstacle !== "");
  const id = useMemo(() => waiting?.id ?? uuid(), []);
  const change = (part: Partial<LogDraft>) => setDraft((old) => ({ ...old, ...part }));
  const photo = useAttachment((files) => change({ files }));
  useEffect(() => {
    if (waiting?.files[0]) photo.restore(waiting.files[0]);
  }, []);
  useEffect(() => {
    if (!waiting) keepDraft(draft);
  }, [draft]);

  const hasFiles = Boolean(names.files && fieldOf(object, names.files));
  const { parts, folded } = useMemo(() => partsOf(session, config, object), [session, config, object]);
  const [isMore, setMore] = useState(() => folded.some((name) => (draft.more.values[name] ?? null) !== null));

  const typed = (): Record<string, Value> => {
    const out: Record<string, Value> = Object.fromEntries(Object.entries(draft.more.values).filter(([name, value]) => fieldOf(object, name) && value !== null));
    const put = (key: keyof LogConfig["fields"], value: Value) => {
      const name = names[key];
      if (name && fieldOf(object, name) && value !== null && value !== "") out[name] = value;
    };
    put("method", draft.method);
    put("conclusion", draft.conclusion.trim());
    put("kind", draft.kind);
    put("next_action", draft.next.trim());
    put("due", draft.due);
    put("obstacle", draft.obstacle.trim());
    const spec = config.targets.find((other) => other.object === target?.object);
    if (spec && target) out[spec.field] = target.id;
    for (const [own, from] of Object.entries(derive)) if (row?.[from]) out[own] = row[from]!;
    return out;
  };
  const values = (): Record<string, Value> => ({
    ...typed(), id, ...(names.at && fieldOf(object, names.at) && { [names.at]: waiting?.values[names.at] ?? rfc3339(now()) }),
  });
  /* Conditions of the definitions and of the layout, on what is typed so far. */
  const layout = layoutOf(session, object.name);
  const conditions = useMemo(() => conditionsOf({ ...layout, sections: [] }), [layout]);
  const state = useFormState(object, typed(), null, conditions);
  const isShown = (name: string | undefined) => Boolean(name && fieldOf(object, name) && ((state.isVisible(name) && isPlaced(layout, state, name)) || errors[name]));
  const save = async () => {
    if (isBusy) return;
    if (!target) return setProblem(t("log_target_needed", { names: targetNames(session, config) }));
    setBusy(true);
    setErrors({});
    setProblem(null);
    const body = values();
    const file = hasFiles ? await photo.settle() : null;
    const fileId = file ? file.id : draft.files;
    if (hasFiles && fileId) body[names.files!] = fileId;
    const keep = async (why: "offline" | "away" | "ended" = "offline"): Promise<boolean> => {
      /* What is certain to be refused is asked for now, not when it is sent. */
      const missing = why === "ended" ? [] : object.fields.filter((field) => field.required && isShown(field.name) && (body[field.name] ?? null) === null);
      setErrors(Object.fromEntries(missing.map((field) => [field.name, t("log_required")])));
      if (missing.length > 0) return false;
      const files = file && !file.id ? [{ field: names.files!, name: file.name, blob: file.blob }] : [];
      const isKept = await putPending({ id, object: config.object, values: body, files, title }, session.me.user.id);
      if (isKept) done();
      toast(t(isKept ? KEPT[why] : "log_not_kept"), { isBad: !isKept });
      return isKept;
    };
    try {
      /* A photo that could not go takes its words with it: both go when there is a network. */
      if (file && !file.id) {
        await keep();
        return;
      }
      const saved = await api.create(config.object, body);
      if (waiting) await dropPending(id);
      done();
      afterSave(session, config, saved);
    } catch (error) {
      if (error instanceof ApiError && error.isOffline) await keep(error.status === 0 ? "offline" : "away");
      else if (error instanceof ApiError && error.status === 401) await keep("ended");
      else if (error instanceof ApiError) {
        setErrors(error.byField());
        const told = [names.conclusion, names.next_action, names.due, ...parts.flatMap((part) => ("fields" in part ? part.fields : [])), ...folded];
        if (folded.some((name) => error.byField()[name])) setMore(true);
        setProblem(error.general(told.filter((name): name is string => Boolean(name))));
      } else setProblem(problemText(error));
    } finally {
      setBusy(false);
    }
  };
  /* A session that ends while one writes takes nothing along: it waits under 我的 for who wrote it. */
  useEffect(() => {
    if (!draft.conclusion.trim() && !draft.next.trim()) return;
    const put = () => void putPending({ id, object: config.object, values: values(), files: [], title, problem: t("log_interrupted") }, session.me.user.id);
    window.addEventListener("leadline:ending", put);
    return () => window.removeEventListener("leadline:ending", put);
  });
  const done = () => {
    clearDraft();
    onClose();
  };
  const plain = (fields: string[]) => (
    <div key={fields[0]} className="logfields">
      <Fields object={object} names={fields} draft={{ values: { ...typed(), ...draft.more.values }, labels: draft.more.labels }} errors={errors} idPrefix="log"
        onChange={(next) => change({ more: { values: pick(next.values, fields, draft.more.values), labels: pick(next.labels, fields, draft.more.labels) } })} />
    </div>
  );
  const pasted = (event: React.ClipboardEvent) => {
    const file = event.clipboardData.files[0];
    if (!hasFiles || !file) return;
    event.preventDefault();
    void photo.pick(file);
  };
  return (
    <Dialog title={tr(config.label)} isKept={!waiting} onClose={onClose} onSubmit={() => void save()}
      footer={<Button kind="primary" disabled={isBusy} onClick={() => void save()} keys="Ctrl ↵">{t("log_save")}</Button>}>
      <div className="body logsheet" onPaste={pasted}>
        {problem && <Notice kind="bad">{problem}</Notice>}
        <TargetPicker config={config} target={target} title={title} sub={sub} onPick={setTarget} />
        {parts.map((part) => {
          if ("fields" in part) return plain(part.fields);
          switch (part.own) {
            case "method": return isShown(names.method) && <MethodRow key="method" config={config} value={draft.method} onChange={(method) => change({ method })} />;
            case "conclusion": return isShown(names.conclusion) && <Conclusion key="conclusion" config={config} draft={draft} error={errors[names.conclusion ?? ""]} change={change} autoFocus={target !== null} />;
            case "next": return (isShown(names.next_action) || isShown(names.due)) && <NextStep key="next" config={config} draft={draft} errors={errors} change={change} isShown={isShown} />;
            case "obstacle": return isShown(names.obstacle) && hasObstacle && <Obstacle key="obstacle" config={config} draft={draft} error={errors[names.obstacle ?? ""]} change={change} />;
            default: return null;
          }
        })}
        {!hasObstacle && isShown(names.obstacle) && (!hasFiles || photo.attachment || draft.files) && (
          <div><Button kind="quiet" isSmall icon="plus" onClick={() => setHasObstacle(true)}>{labelOf(object, names.obstacle)}</Button></div>
        )}
        {hasFiles && isShown(names.files) && (
          <div className="logfiles">
            {!hasObstacle && isShown(names.obstacle) && !photo.attachment && !draft.files && <Button icon="plus" onClick={() => setHasObstacle(true)}>{labelOf(object, names.obstacle)}</Button>}
            {photo.attachment ? <AttachmentView attachment={photo.attachment} onRemove={photo.remove} />
              : typeof draft.files === "string" && draft.files
                ? <span className="rowline"><FileChips ids={[draft.files]} /><Button kind="quiet" isSmall icon="close" aria-label={t("photo_remove")} onClick={photo.remove} /></span>
                : <FilePickers onPick={(file) => void photo.pick(file)} />}
            {photo.problem && <span className="formerror" role="alert">{photo.problem}</span>}
          </div>
        )}
        {folded.length > 0 && (
          <>
            <button type="button" className="sectionhead" aria-expanded={isMore} onClick={() => setMore(!isMore)}>
              {t("log_more")}<Icon name={isMore ? "chevron-down" : "chevron-right"} size={14} />
            </button>
            {isMore && plain(folded)}
          </>
        )}
      </div>
    </Dialog>
  );
}

/* What was typed into these fields, beside what was in others. */
function pick<T>(from: Record<string, T>, names: string[], old: Record<string, T>): Record<string, T> {
  return { ...old, ...Object.fromEntries(names.filter((name) => name in from).map((name) => [name, from[name]!])) };
}

/* As the definition calls it. */
function labelOf(object: ObjectDef, name: string | undefined): string {
  return tr((name && fieldOf(object, name)?.label) || undefined);
}

function targetNames(session: Session, config: LogConfig): string {
  return config.targets.flatMap((other) => session.objects.get(other.object) ?? []).map((object) => tr(object.label)).join(" / ");
}

function afterSave(session: Session, config: LogConfig, saved: Row) {
  for (const key of [["records"], ["record"], ["related"], ["tasks"], ["cards"], ["counts"], ["alerts"], ["aggregate"], ["history"]]) {
    void queryClient.invalidateQueries({ queryKey: key });
  }
  const isThinOne = config.fields.substantive !== undefined && saved[config.fields.substantive] === false;
  const undo = () => void api.remove(config.object, saved.id, saved.version).then(
    () => {
      toast(t("log_undone"));
      void queryClient.invalidateQueries();
    },
    (error: unknown) => toast(problemText(error), { isBad: true }),
  );
  const canUndo = permission(session, config.object).delete === true;
  const close = toast(t(isThinOne ? "log_saved_thin" : "log_saved"), canUndo ? {
    action: { label: t("undo_log"), run: () => { close(); undo(); } },
  } : {});
}

const KEPT = { offline: "log_kept", away: "log_kept_away", ended: "log_kept_ended" } as const;

/* What was typed survives a closed sheet or a lost page until it is saved. */
const DRAFT_KEY = "leadline.log";
const BLANK: LogDraft = { method: null, conclusion: "", kind: null, next: "", due: null, obstacle: "", files: null, more: { values: {}, labels: {} } };

function restoredDraft(): LogDraft {
  try {
    return { ...BLANK, ...(JSON.parse(sessionStorage.getItem(DRAFT_KEY) ?? "{}") as Partial<LogDraft>) };
  } catch {
    return BLANK;
  }
}

function keepDraft(draft: LogDraft) {
  const isBlank = !draft.conclusion && !draft.next && Object.values(draft.more.values).every((value) => (value ?? null) === null);
  if (isBlank) sessionStorage.removeItem(DRAFT_KEY);
  else sessionStorage.setItem(DRAFT_KEY, JSON.stringify(draft));
}

function clearDraft() {
  setTimeout(() => sessionStorage.removeItem(DRAFT_KEY), 0);
}

function TargetPicker({ config, target, title, sub, onPick }: {
  config: LogConfig; target: Target | null; title: string; sub: string | null; onPick: (target: Target | null) => void;
}) {
  const session = useSession();
  const objects = config.targets.map((other) => other.object).filter((name) => session.objects.has(name));
  const search = async (text: string): Promise<Option[]> => {
    const lists = await Promise.all(objects.map((name) => searchRecords(session, name, { order: config.recent_order })(text)));
    const depth = Math.max(0, ...lists.map((list) => list.length));
    const out: Option[] = [];
    for (let i = 0; i < depth && out.length < 30; i += 1) {
      lists.forEach((list, n) => {
        const option = list[i];
        if (option) out.push({ ...option, value: `${objects[n]}:${option.value}`, sub: option.sub ?? tr(session.objects.get(objects[n]!)!.label) });
      });
    }
    return out;
  };
  if (target) {
    return (
      <div className="logtarget">
        <Icon name={session.objects.get(target.object)?.icon ?? "target"} />
        <span className="grow">
          <strong className="cut">{title || "…"}</strong>
          {sub && <span className="meta cut">{sub}</span>}
        </span>
        <Button kind="quiet" isSmall icon="close" aria-label={t("log_target")} onClick={() => onPick(null)} />
      </div>
    );
  }
  const recent = recentRecords().filter((other) => objects.includes(other.object)).slice(0, 3);
  return (
    <FormRow label={t("log_target")} id="log-target" isRequired>
      <Combobox id="log-target" value={null} search={search} placeholder={t("log_target_hint", { names: targetNames(session, config) })} autoFocus
        onChange={(value, option) => {
          const [object, id] = (value ?? "").split(":");
          if (object && id) onPick({ object, id, title: option?.label ?? "" });
        }} />
      {recent.length > 0 && (
        <div className="chips">
          {recent.map((other) => (
            <button key={other.id} type="button" className="chip" onClick={() => onPick(other)}>
              <Icon name="clock" size={14} /><span className="cut">{other.title}</span>
            </button>
          ))}
        </div>
      )}
    </FormRow>
  );
}

function MethodRow({ config, value, onChange }: { config: LogConfig; value: string | null; onChange: (value: string) => void }) {
  const session = useSession();
  const object = session.objects.get(config.object)!;
  const field = config.fields.method ? fieldOf(object, config.fields.method) : undefined;
  if (!field) return null;
  return (
    <div className="methods" role="radiogroup" aria-label={tr(field.label)}>
      {(field.choices ?? []).map((choice) => (
        <button key={choice.name} type="button" role="radio" aria-checked={choice.name === value} onClick={() => onChange(choice.name)}>
          <Icon name={config.icons?.[choice.name] ?? "dots"} size={20} />
          <span>{tr(choice.label)}</span>
        </button>
      ))}
    </div>
  );
}

function Conclusion({ config, draft, error, change, autoFocus }: {
  config: LogConfig; draft: LogDraft; error?: string; change: (part: Partial<LogDraft>) => void; autoFocus: boolean;
}) {
  const session = useSession();
  const object = session.objects.get(config.object)!;
  const field = fieldOf(object, config.fields.conclusion ?? "");
  const rule = config.substance;
  const hasText = draft.conclusion.trim() !== "";
  const thin = rule && hasText && isThin(draft.conclusion, rule);
  return (
    <FormRow id="log-conclusion" isRequired={field?.required} error={error}
      label={labelOf(object, config.fields.conclusion)} aside={<Dictate onText={(text) => change({ conclusion: draft.conclusion + text })} />}>
      <TextArea id="log-conclusion" value={draft.conclusion} rows={3} autoFocus={autoFocus} isInvalid={Boolean(error)}
        placeholder={tr(field?.help) || t("log_conclusion_hint")} onChange={(conclusion) => change({ conclusion })} />
      {/* The line keeps its place, so nothing moves while typing. */}
      <span className={`substance${thin ? " thin" : ""}`} aria-live="polite">
        {thin ? tr(rule.hint) : hasText && rule ? <><Icon name="check" size={14} />{t("good")}</> : "\u00a0"}
      </span>
      <ChipRow labels={(config.chips?.conclusion ?? []).map((chip) => tr(chip.text))}
        onPick={(text, index) => {
          change({ conclusion: draft.conclusion ? `${draft.conclusion}\n${text}` : text, kind: config.chips!.conclusion![index]!.kind ?? draft.kind });
          document.getElementById("log-conclusion")?.focus();
        }} />
    </FormRow>
  );
}

/* One line of usual phrases; the rest is one press away (or a swipe, on a phone). */
const CHIPS_SHOWN = 4;

function ChipRow({ labels, onPick }: { labels: string[]; onPick: (label: string, index: number) => void }) {
  const isPhone = usePhone();
  const [isOpen, setOpen] = useState(false);
  if (labels.length === 0) return null;
  const isAll = isOpen || isPhone || labels.length <= CHIPS_SHOWN;
  return (
    <div className={`chips${isPhone ? " swipe" : ""}`}>
      {(isAll ? labels : labels.slice(0, CHIPS_SHOWN)).map((label, index) => (
        <button key={label} type="button" className="chip" onClick={() => onPick(label, index)}>{label}</button>
      ))}
      {!isAll && <button type="button" className="chip" aria-label={t("more")} onClick={() => setOpen(true)}><Icon name="dots" size={16} /></button>}
    </div>
  );
}

/* "Friday" is the next one that is still ahead. */
export function chipTime(chip: { days?: number; weekday?: number; time: string }, nowMs: number = now()): number {
  const day = today();
  if (chip.weekday !== undefined) {
    const ahead = (chip.weekday - weekday(day) + 7) % 7;
    const ms = at(addDays(day, ahead), chip.time);
    return ms > nowMs ? ms : at(addDays(day, ahead + 7), chip.time);
  }
  return at(addDays(day, chip.days ?? 0), chip.time);
}

export function DueChips({ config, value, onChange }: { config: LogConfig; value: string | null; onChange: (due: string | null) => void }) {
  const isPhone = usePhone();
  const chips = (config.chips?.due ?? []).map((chip) => ({ label: tr(chip.label), due: rfc3339(chipTime(chip)) }));
  const isOther = value !== null && !chips.some((chip) => parseTime(chip.due) === parseTime(value));
  return (
    <div className="duerow">
      <div className="chips" role="radiogroup" aria-label={t("log_due")}>
        {chips.map((chip) => {
          const isOn = value !== null && parseTime(chip.due) === parseTime(value);
          return (
            <button key={chip.label} type="button" className="chip" role="radio" aria-checked={isOn}
              title={relative(parseTime(chip.due)!)} onClick={() => onChange(isOn ? null : chip.due)}>{chip.label}</button>
          );
        })}
      </div>
      {isPhone ? (
        <label className="chip duepick" aria-checked={isOther}>
          <Icon name="calendar" size={16} />{isOther ? relative(parseTime(value)!) : t("log_other_time")}
          <DateTimeInput value={value} onChange={onChange} label={t("log_due")} />
        </label>
      ) : <div className="duein"><DateTimeInput value={value} onChange={onChange} label={t("log_due")} placeholder={t("log_due")} /></div>}
    </div>
  );
}

/* What comes next and until when: one thought, so they stand together. */
function NextStep({ config, draft, errors, change, isShown }: {
  config: LogConfig; draft: LogDraft; errors: Record<string, string>; change: (part: Partial<LogDraft>) => void; isShown: (name: string | undefined) => boolean;
}) {
  const object = useSession().objects.get(config.object)!;
  const { next_action: nextName = "", due: dueName = "" } = config.fields;
  const named = isShown(nextName) ? nextName : dueName;
  const field = fieldOf(object, named);
  return (
    <FormRow label={labelOf(object, named)} id="log-next" isRequired={field?.required} error={errors[nextName] ?? errors[dueName]}>
      {named === nextName && (
        <input id="log-next" className="input" value={draft.next} placeholder={tr(field?.help) || t("log_next_hint")} aria-invalid={Boolean(errors[nextName]) || undefined}
          onChange={(event) => change({ next: event.target.value })} />
      )}
      {named === nextName && draft.next === "" && <ChipRow labels={(config.chips?.next_action ?? []).map(tr)} onPick={(next) => change({ next })} />}
      {isShown(dueName) && <DueChips config={config} value={draft.due} onChange={(due) => change({ due })} />}
    </FormRow>
  );
}

function Obstacle({ config, draft, error, change }: { config: LogConfig; draft: LogDraft; error?: string; change: (part: Partial<LogDraft>) => void }) {
  const object = useSession().objects.get(config.object)!;
  const field = fieldOf(object, config.fields.obstacle ?? "");
  return (
    <FormRow label={labelOf(object, config.fields.obstacle)} id="log-obstacle" isRequired={field?.required} error={error}>
      <input id="log-obstacle" className="input" autoFocus value={draft.obstacle} placeholder={tr(field?.help) || t("log_obstacle_hint")}
        onChange={(event) => change({ obstacle: event.target.value })} />
    </FormRow>
  );
}

/* ---- dictation, where the browser has it ---- */

interface Recognition {
  lang: string;
  interimResults: boolean;
  continuous: boolean;
  onresult: ((event: { results: ArrayLike<ArrayLike<{ transcript: string }> & { isFinal: boolean }>; resultIndex: number }) => void) | null;
  onend: (() => void) | null;
  start(): void;
  stop(): void;
}

function recognitionClass(): (new () => Recognition) | undefined {
  const scope = window as unknown as Record<string, new () => Recognition>;
  return scope.SpeechRecognition ?? scope.webkitSpeechRecognition;
}

function Dictate({ onText }: { onText: (text: string) => void }) {
  const [isOn, setOn] = useState(false);
  const running = useRef<Recognition | null>(null);
  const tell = useRef(onText);
  tell.current = onText;
  useEffect(() => () => running.current?.stop(), []);
  const Class = recognitionClass();
  if (!Class) return null;
  const toggle = () => {
    if (running.current) return running.current.stop();
    const recognition = new Class();
    recognition.lang = locale() === "zh" ? "zh-CN" : "en-US";
    recognition.interimResults = false;
    recognition.continuous = true;
    recognition.onresult = (event) => {
      for (let i = event.resultIndex; i < event.results.length; i += 1) {
        if (event.results[i]!.isFinal) tell.current(event.results[i]![0]!.transcript);
      }
    };
    recognition.onend = () => {
      running.current = null;
      setOn(false);
    };
    running.current = recognition;
    setOn(true);
    recognition.start();
  };
  return <Button kind="quiet" isSmall isOn={isOn} icon="mic" aria-label={t(isOn ? "dictate_stop" : "dictate")} onClick={toggle} />;
}
