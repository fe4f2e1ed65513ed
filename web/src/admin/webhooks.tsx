import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useLocation } from "wouter";
import { request } from "@/base/api.ts";
import type * as gen from "@/base/api.gen.ts";
import { tr } from "@/base/i18n.ts";
import { queryClient, useSession } from "@/base/session.ts";
import { Moment } from "@/field/datetime/index.tsx";
import { pluralOf } from "@/object/object.ts";
import { problemText } from "@/record/use.ts";
import { ask } from "@/ui/ask.tsx";
import { Button, Empty, Failed, FormRow, Notice, Skeleton } from "@/ui/basics.tsx";
import { Icon } from "@/ui/icon.tsx";
import { Dialog, toast } from "@/ui/layer.tsx";
import { FormulaInput } from "./formula_input.tsx";
import { t } from "./webhook_texts.ts";

/* Who is told of changes: how each of them fares, and what was answered. */
type Hook = gen.Webhook & { id: string };
type Kind = gen.Webhook["kinds"][number];
const KINDS: Kind[] = ["create", "update", "move", "delete", "restore"];
const path = (id: string, tail = "") => `/webhooks/${encodeURIComponent(id)}${tail}`;

function refresh() {
  void queryClient.invalidateQueries({ queryKey: ["config", "webhooks"] });
}

export function Webhooks({ item }: { item?: string }) {
  const [, navigate] = useLocation();
  const found = useQuery({ queryKey: ["config", "webhooks"], queryFn: () => request<{ items: Hook[] }>("/webhooks"), refetchInterval: 5000 });
  const [secret, setSecret] = useState<string | null>(null);
  if (found.isError) return <Failed error={found.error} onRetry={() => void found.refetch()} />;
  if (found.isPending) return <Skeleton rows={5} />;
  const hooks = found.data.items;
  const open = hooks.find((hook) => hook.id === item);
  const add = <Button kind="primary" icon="plus" onClick={() => navigate("/settings/webhooks/new")}>{t("new_hook")}</Button>;
  return (
    <div className="settingspart">
      {hooks.length === 0 ? <Empty icon="globe" title={t("none")} hint={t("none_hint")} action={add} /> : (
        <>
          <div className="settingsbar"><span className="grow" />{add}</div>
          <section className="panel">
            <ul className="adminlist">
              {hooks.map((hook) => (
                <li key={hook.id}>
                  <button type="button" onClick={() => navigate(`/settings/webhooks/${hook.id}`)}>
                    <Icon name="globe" size={16} />
                    <span className="grow two"><strong className="cut">{hook.name}</strong><span className="meta cut">{hook.url}</span></span>
                    <State hook={hook} /><Icon name="chevron-right" size={16} />
                  </button>
                </li>
              ))}
            </ul>
          </section>
        </>
      )}
      {(item === "new" || open) && <Editor key={item} hook={open ?? null} onSecret={setSecret} onClose={() => navigate("/settings/webhooks")} />}
      {secret && <Secret value={secret} onClose={() => setSecret(null)} />}
    </div>
  );
}

function State({ hook }: { hook: Hook }) {
  const state = hook.state ?? "ok";
  return <span className={`tag ${state === "ok" ? "good" : state === "off" ? "" : "bad"}`}>{t(`state_${state}`)}</span>;
}

function Secret({ value, onClose }: { value: string; onClose: () => void }) {
  const copy = () => void navigator.clipboard?.writeText(value).then(() => toast(t("copied")));
  return (
    <Dialog title={t("secret")} onClose={onClose} onSubmit={onClose} footer={<><Button icon="copy" onClick={copy}>{t("copy")}</Button><Button kind="primary" onClick={onClose}>{t("done")}</Button></>}>
      <div className="body">
        <Notice kind="warn">{t("secret_once")}</Notice>
        <input className="input mono" readOnly value={value} aria-label={t("secret")} onFocus={(event) => event.target.select()} />
      </div>
    </Dialog>
  );
}

function Editor({ hook, onSecret, onClose }: { hook: Hook | null; onSecret: (secret: string) => void; onClose: () => void }) {
  const session = useSession();
  const [draft, setDraft] = useState({
    name: hook?.name ?? "", url: hook?.url ?? "https://", objects: hook?.objects ?? [], kinds: hook?.kinds ?? KINDS, where: hook?.where ?? "", records: hook?.records ?? true,
  });
  const [problem, setProblem] = useState<string | null>(null);
  const [isOk, setOk] = useState(true);
  const objects = [...session.objects.values()];
  const one = draft.objects.length === 1 ? draft.objects[0] : undefined;
  const toggle = <T,>(list: T[], value: T) => (list.includes(value) ? list.filter((other) => other !== value) : [...list, value]);
  const change = async (body: Record<string, unknown>, text = t("saved")) => {
    try {
      setProblem(null);
      const answer = await request<Hook>(hook ? path(hook.id) : "/webhooks", { method: hook ? "PATCH" : "POST", body });
      refresh();
      toast(text);
      if (answer.secret) onSecret(answer.secret);
      return true;
    } catch (error) {
      setProblem(problemText(error));
      return false;
    }
  };
  const save = async () => {
    if (await change({ ...draft, where: one ? draft.where : "" })) onClose();
  };
  return (
    <Dialog title={hook ? t("edit_hook", { name: hook.name }) : t("new_hook")} isLarge onClose={onClose} onSubmit={() => void save()}
      footer={<><Button onClick={onClose}>{t("cancel")}</Button><Button kind="primary" disabled={!draft.name.trim() || !draft.url.trim() || draft.kinds.length === 0 || (Boolean(one) && !isOk)} onClick={() => void save()}>{t("save")}</Button></>}>
      <div className="body">
        {hook && <Fate hook={hook} onChange={change} onClose={onClose} />}
        {problem && <Notice kind="bad">{problem}</Notice>}
        <FormRow id="h-name" label={t("name")} isRequired><input id="h-name" className="input" value={draft.name} onChange={(event) => setDraft({ ...draft, name: event.target.value })} /></FormRow>
        <FormRow id="h-url" label={t("url")} isRequired help={t("url_help")}><input id="h-url" className="input" inputMode="url" value={draft.url} onChange={(event) => setDraft({ ...draft, url: event.target.value.trim() })} /></FormRow>
        <FormRow label={t("objects")}>
          <div className="chips">
            <button type="button" className="chip" aria-pressed={draft.objects.length === 0} onClick={() => setDraft({ ...draft, objects: [] })}>{t("objects_all")}</button>
            {objects.map((object) => <button key={object.name} type="button" className="chip" aria-pressed={draft.objects.includes(object.name)} onClick={() => setDraft({ ...draft, objects: toggle(draft.objects, object.name) })}>{pluralOf(object) || tr(object.label)}</button>)}
          </div>
        </FormRow>
        <FormRow label={t("kinds")}>
          <div className="chips">{KINDS.map((kind) => <button key={kind} type="button" className="chip" aria-pressed={draft.kinds.includes(kind)} onClick={() => setDraft({ ...draft, kinds: toggle(draft.kinds, kind) })}>{t(kind)}</button>)}</div>
        </FormRow>
        <FormRow label={t("where")} help={one ? undefined : t("where_one")}>
          {one && <FormulaInput object={one} isBoolean value={draft.where} onChange={(where) => setDraft({ ...draft, where })} onState={(state) => setOk(state.isOk || !draft.where)} />}
        </FormRow>
        <label className="check"><input type="checkbox" checked={draft.records} onChange={(event) => setDraft({ ...draft, records: event.target.checked })} /><span>{t("records")}</span></label>
        {hook?.person_name && <p className="meta">{t("as_person", { name: hook.person_name })}</p>}
        {hook && <Deliveries hook={hook} onAgain={(after) => void change({ position: after }, t("again_done"))} />}
      </div>
    </Dialog>
  );
}

/* How it fares, and what can be done about it. */
function Fate({ hook, onChange, onClose }: { hook: Hook; onChange: (body: Record<string, unknown>, text?: string) => Promise<boolean>; onClose: () => void }) {
  const [answer, setAnswer] = useState<gen.WebhookAnswer | null>(null);
  const test = async () => setAnswer(await request<gen.WebhookAnswer>(path(hook.id, "/test"), { method: "POST", body: {} }).catch((error: unknown) => ({ ok: false, status: 0, took_ms: 0, error: problemText(error) })));
  const remove = async () => {
    if (!(await ask({ title: t("remove_ask", { name: hook.name }), text: t("remove_hint"), yes: t("remove"), isDanger: true }))) return;
    await request<void>(path(hook.id), { method: "DELETE" }).then(() => { refresh(); toast(t("removed")); onClose(); }, (error: unknown) => toast(problemText(error), { isBad: true }));
  };
  const skip = async () => {
    if (await ask({ title: t("skip_ask"), text: t("skip_hint"), yes: t("skip") })) await onChange({ position: "now", active: true });
  };
  const rotate = async () => {
    if (await ask({ title: t("rotate_ask"), text: t("rotate_hint"), yes: t("rotate") })) await onChange({ rotate_secret: true });
  };
  const isStuck = hook.state === "paused" || hook.state === "failing";
  return (
    <>
      <div className="settingsbar">
        <State hook={hook} />
        {hook.state === "failing" && hook.next_at && <span className="meta">{t("failing", { n: hook.failed_count ?? 0, at: "" })}<Moment value={hook.next_at} /></span>}
        <span className="grow" />
        {isStuck && <Button isSmall icon="undo" onClick={() => void onChange({ active: true })}>{t("try_again")}</Button>}
        {isStuck && <Button isSmall kind="quiet" onClick={() => void skip()}>{t("skip")}</Button>}
        <Button isSmall icon="pulse" onClick={() => void test()}>{t("test")}</Button>
        <Button isSmall icon="key" onClick={() => void rotate()}>{t("rotate")}</Button>
        <Button isSmall kind="quiet" onClick={() => void onChange({ active: hook.state === "off" })}>{t(hook.state === "off" ? "switch_on" : "switch_off")}</Button>
        <Button isSmall kind="quiet" icon="trash" aria-label={t("remove")} onClick={() => void remove()} />
      </div>
      {hook.why && <Notice kind="bad">{hook.why}</Notice>}
      {answer && <Notice kind={answer.ok ? "good" : "bad"}>{answer.ok ? t("test_ok", { status: answer.status, ms: answer.took_ms }) : answer.error}</Notice>}
    </>
  );
}

function Deliveries({ hook, onAgain }: { hook: Hook; onAgain: (after: string) => void }) {
  const found = useQuery({ queryKey: ["config", "webhooks", hook.id], queryFn: () => request<{ items: gen.Delivery[] }>(path(hook.id, "/deliveries")), refetchInterval: 3000 });
  const items = found.data?.items ?? [];
  return (
    <section className="panel">
      <header><h2>{t("deliveries")}</h2></header>
      {found.isSuccess && items.length === 0 && <p className="meta panelnote">{t("no_deliveries")}</p>}
      <ul className="adminlist">
        {items.map((item) => (
          <li key={item.id} className="delivery">
            <span className={`tag ${item.error ? "bad" : "good"}`}>{item.status || "—"}</span>
            <span className="grow two"><span className="cut">{t("events_n", { n: item.events })}{item.attempt > 1 ? ` · ${t("attempt", { n: item.attempt })}` : ""} · {item.took_ms} ms</span>{item.error && <span className="meta cut">{item.error}</span>}</span>
            <span className="meta"><Moment value={item.at} /></span>
            <Button isSmall kind="quiet" icon="history" aria-label={t("again_from")} onClick={() => onAgain(item.after)} />
          </li>
        ))}
      </ul>
    </section>
  );
}
