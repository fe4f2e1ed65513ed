import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { ApiError } from "@/base/api.ts";
import { absolute, relative } from "@/base/format.ts";
import { tr } from "@/base/i18n.ts";
import { queryClient, useSession } from "@/base/session.ts";
import { now, parseTime } from "@/base/time.ts";
import { problemText } from "@/record/use.ts";
import { ask } from "@/ui/ask.tsx";
import { Button, Empty, Failed, FormRow, Notice, Skeleton } from "@/ui/basics.tsx";
import { DateTimeInput } from "@/ui/calendar.tsx";
import { Combobox } from "@/ui/combobox.tsx";
import { Icon } from "@/ui/icon.tsx";
import { Dialog, toast } from "@/ui/layer.tsx";
import { calls, type Key } from "./calls.ts";
import { t } from "./security_texts.ts";
import { usePeople, useRoles } from "./users.tsx";

/* Keys for programs: made, shown once, taken back. */
const refresh = () => void queryClient.invalidateQueries({ queryKey: ["config", "keys"] });
const SCOPES = ["records:read", "records:write", "export", "configure", "people", "audit"] as const;

export function Keys() {
  const keys = useQuery({ queryKey: ["config", "keys"], queryFn: calls.keys });
  const [isNew, setNew] = useState(false);
  const remove = async (key: Key) => {
    if (!await ask({ title: t("take_back_title", { name: key.name }), text: t("take_back_text"), yes: t("take_back"), isDanger: true })) return;
    await calls.keyRemove(key.id).then(
      () => { refresh(); toast(t("taken_back", { name: key.name })); },
      (error: unknown) => toast(problemText(error), { isBad: true }),
    );
  };
  if (keys.isError) return <Failed error={keys.error} onRetry={() => void keys.refetch()} />;
  if (keys.isPending) return <Skeleton rows={5} />;
  const add = <Button kind="primary" icon="plus" onClick={() => setNew(true)}>{t("new_key")}</Button>;
  const isEmpty = keys.data.items.length === 0;
  return (
    <div className="settingspart">
      {!isEmpty && <div className="settingsbar"><span className="grow" />{add}</div>}
      {isEmpty ? <Empty icon="key" title={t("no_keys")} hint={t("no_keys_hint")} action={add} /> : (
        <section className="panel">
          <ul className="keylist">
            {keys.data.items.map((key) => (
              <li key={key.id} id={`key-${key.id}`} tabIndex={-1}>
                <Icon name="key" />
                <span className="grow two">
                  <span className="rowline"><strong className="cut">{key.name}</strong><code className="meta">{key.hint}…</code></span>
                  <span className="meta">{[tr(key.role_label), key.person_name, key.last_at ? t("used", { when: relative(parseTime(key.last_at)!, now()) }) : t("never_used"), key.until && t("ends", { when: absolute(parseTime(key.until)!) })].filter(Boolean).join(" · ")}</span>
                  <span className="chips">{key.scopes.map((scope) => <span key={scope} className="tag">{t(scope as (typeof SCOPES)[number])}</span>)}</span>
                </span>
                <Button isSmall kind="danger" onClick={() => void remove(key)}>{t("take_back")}</Button>
              </li>
            ))}
          </ul>
        </section>
      )}
      {isNew && <NewKey onClose={() => setNew(false)} />}
    </div>
  );
}

function NewKey({ onClose }: { onClose: () => void }) {
  const session = useSession();
  const roles = useRoles();
  const people = usePeople();
  const [name, setName] = useState("");
  const [role, setRole] = useState<string | null>(null);
  const [person, setPerson] = useState<string | null>(session.me.user.id);
  const [scopes, setScopes] = useState<string[]>(["records:read"]);
  const [until, setUntil] = useState<string | null>(null);
  const [errors, setErrors] = useState<Record<string, string>>({});
  const [problem, setProblem] = useState<string | null>(null);
  const [secret, setSecret] = useState<string | null>(null);
  const save = async () => {
    setErrors({});
    setProblem(null);
    try {
      const made = await calls.keyCreate({ name, role: role ?? "", person: person ?? undefined, scopes, until });
      refresh();
      setSecret(made.secret);
    } catch (error) {
      setErrors(error instanceof ApiError ? error.byField() : {});
      setProblem(error instanceof ApiError ? error.general(["name", "role", "person", "scopes", "until"]) : String(error));
    }
  };
  if (secret) {
    const copy = () => void navigator.clipboard?.writeText(secret).then(() => toast(t("copied")));
    return (
      <Dialog title={t("key_made", { name })} onClose={onClose} footer={<><Button icon="copy" onClick={copy}>{t("copy")}</Button><Button kind="primary" onClick={onClose}>{t("saved_it")}</Button></>}>
        <div className="body keymade"><Notice kind="warn">{t("secret_hint")}</Notice><code className="keysecret">{secret}</code></div>
      </Dialog>
    );
  }
  const toggle = (scope: string) => setScopes(scopes.includes(scope) ? scopes.filter((other) => other !== scope) : [...scopes, scope]);
  return (
    <Dialog title={t("new_key")} onClose={onClose} onSubmit={() => void save()}
      footer={<><Button onClick={onClose}>{t("cancel")}</Button><Button kind="primary" disabled={!name.trim() || !role || scopes.length === 0} onClick={() => void save()}>{t("make_key")}</Button></>}>
      <div className="body keyform">
        {problem && <Notice kind="bad">{problem}</Notice>}
        <FormRow label={t("key_name")} id="key-name" isRequired error={errors.name} help={t("key_name_help")}>
          <input id="key-name" className="input" value={name} maxLength={60} onChange={(event) => setName(event.target.value)} />
        </FormRow>
        <FormRow label={t("key_role")} isRequired error={errors.role} help={t("key_role_help")}>
          <Combobox value={role} ariaLabel={t("key_role")} options={(roles.data?.items ?? []).map((item) => ({ value: item.name, label: tr(item.label) }))} onChange={setRole} />
        </FormRow>
        {session.me.permissions.admin && (
          <FormRow label={t("key_person")} error={errors.person} help={t("key_person_help")}>
            <Combobox value={person} ariaLabel={t("key_person")} options={(people.data?.items ?? []).filter((item) => !item.disabled).map((item) => ({ value: item.id, label: item.name, sub: item.login ?? "" }))} onChange={setPerson} />
          </FormRow>
        )}
        <FormRow label={t("key_scopes")} isRequired error={errors.scopes}>
          <span className="chips">{SCOPES.map((scope) => <button key={scope} type="button" className="chip" aria-pressed={scopes.includes(scope)} onClick={() => toggle(scope)}>{t(scope)}</button>)}</span>
        </FormRow>
        <FormRow label={t("key_until")} error={errors.until} help={t("key_until_help")}><DateTimeInput value={until} onChange={setUntil} onUnread={setUntil} label={t("key_until")} /></FormRow>
      </div>
    </Dialog>
  );
}
