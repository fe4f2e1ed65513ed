import "./role.css";
import { useState } from "react";
import { useLocation } from "wouter";
import { ApiError } from "@/base/api.ts";
import { tr } from "@/base/i18n.ts";
import { useSession } from "@/base/session.ts";
import { problemText } from "@/record/use.ts";
import { Avatar, Button, Empty, Failed, FormRow, Notice, Skeleton } from "@/ui/basics.tsx";
import { Combobox } from "@/ui/combobox.tsx";
import { Icon } from "@/ui/icon.tsx";
import { Dialog, toast } from "@/ui/layer.tsx";
import { calls, type Person, type Role } from "./calls.ts";
import { bodyOf, cellOf, freeName, type RoleBody } from "./role_edit.ts";
import { RolePage } from "./role_page.tsx";
import { t } from "./role_texts.ts";
import { refreshConfig } from "./saving.tsx";
import { usePeople, useRoles } from "./users.tsx";

/* All roles, and the one that is open. */
export function Roles({ item }: { item?: string }) {
  const roles = useRoles();
  const people = usePeople();
  const [making, setMaking] = useState<{ from: string | null } | null>(null);
  if (roles.isError) return <Failed error={roles.error} onRetry={() => void roles.refetch()} />;
  if (roles.isPending) return <Skeleton rows={8} />;
  const all = roles.data.items;
  const everybody = people.data?.items ?? [];
  const open = all.find((role) => role.name === item);
  return (
    <>
      {open ? <RolePage key={open.name} role={open} roles={all} people={everybody} onCopy={() => setMaking({ from: open.name })} />
        : <RoleList roles={all} people={everybody} onNew={() => setMaking({ from: null })} />}
      {making && <NewRole roles={all} from={making.from} onClose={() => setMaking(null)} />}
    </>
  );
}

function RoleList({ roles, people, onNew }: { roles: Role[]; people: Person[]; onNew: () => void }) {
  const session = useSession();
  const [, navigate] = useLocation();
  const [text, setText] = useState("");
  const needle = text.trim().toLowerCase();
  const shown = roles.filter((role) => `${role.name} ${role.label.zh} ${role.label.en}`.toLowerCase().includes(needle));
  return (
    <div className="settingspart">
      <div className="settingsbar">
        <label className="settingssearch small"><Icon name="search" size={16} /><input value={text} onChange={(event) => setText(event.target.value)} placeholder={t("find_role")} aria-label={t("find_role")} /></label>
        <span className="grow" />
        <Button kind="primary" icon="plus" onClick={onNew}>{t("new_role")}</Button>
      </div>
      {shown.length === 0 ? <Empty icon="key" title={t("no_role")} /> : (
        <section className="panel"><ul className="adminlist rolelist">
          {shown.map((role) => {
            const holders = people.filter((person) => person.role === role.name && !person.disabled);
            const body = bodyOf(role);
            const seen = [...session.objects.keys()].filter((name) => cellOf(body, name, "read") !== "none").length;
            return (
              <li key={role.name}><button type="button" data-role={role.name} onClick={() => navigate(`/settings/roles/${role.name}`)}>
                <Icon name="key" />
                <span className="grow two"><strong className="cut">{tr(role.label)}</strong>
                  <span className="meta cut">{t("objects_seen", { n: seen })}{role.can?.length ? ` · ${t("rights_n", { n: role.can.length })}` : ""}</span></span>
                <span className="avatars">{holders.slice(0, 4).map((person) => <Avatar key={person.id} name={person.name} />)}</span>
                <span className="meta rolecount num">{holders.length ? t("members", { n: holders.length }) : t("nobody")}</span>
                <Icon name="chevron-right" size={16} />
              </button></li>
            );
          })}
        </ul></section>
      )}
    </div>
  );
}

const BLANK: RoleBody = { label: { zh: "", en: "" }, grants: { "*": { read: "none" } }, fields: {}, can: [] };

function NewRole({ roles, from, onClose }: { roles: Role[]; from: string | null; onClose: () => void }) {
  const source = roles.find((role) => role.name === from);
  const [base, setBase] = useState(from ?? "");
  const [label, setLabel] = useState({ zh: source ? `${source.label.zh} 2` : "", en: source ? `${source.label.en} 2` : "" });
  const [name, setName] = useState(source ? freeName(source.name, roles.map((role) => role.name)) : "");
  const [errors, setErrors] = useState<Record<string, string>>({});
  const [problem, setProblem] = useState<string | null>(null);
  const [, navigate] = useLocation();
  const create = async () => {
    const like = roles.find((role) => role.name === base);
    try {
      await calls.roleCreate({ ...(like ? bodyOf(like) : BLANK), label: { zh: label.zh || label.en, en: label.en || label.zh }, name: name.trim() });
      refreshConfig();
      toast(t("created"));
      onClose();
      navigate(`/settings/roles/${name.trim()}`);
    } catch (error) {
      setErrors(error instanceof ApiError ? error.byField() : {});
      setProblem(error instanceof ApiError ? error.general(["name"]) : problemText(error));
    }
  };
  const isReady = /^[a-z][a-z0-9_]*$/.test(name.trim()) && Boolean(label.zh || label.en);
  return (
    <Dialog title={t("new_role")} onClose={onClose} onSubmit={() => isReady && void create()}
      footer={<><span className="grow" /><Button onClick={onClose}>{t("cancel")}</Button><Button kind="primary" disabled={!isReady} onClick={() => void create()}>{t("create")}</Button></>}>
      <div className="body formgrid">
        {problem && <div className="wide"><Notice kind="bad">{problem}</Notice></div>}
        <FormRow id="new-zh" label={t("name_zh")}><input id="new-zh" className="input" value={label.zh} onChange={(event) => setLabel({ ...label, zh: event.target.value })} /></FormRow>
        <FormRow id="new-en" label={t("name_en")}><input id="new-en" className="input" value={label.en} onChange={(event) => setLabel({ ...label, en: event.target.value })} /></FormRow>
        <FormRow id="new-name" label={t("api_name")} isRequired help={t("api_name_hint")} error={errors.name}><input id="new-name" className="input" value={name} autoComplete="off" aria-invalid={Boolean(errors.name)} onChange={(event) => setName(event.target.value)} /></FormRow>
        <FormRow id="new-base" label={t("start_from")}>
          <Combobox id="new-base" value={base} onChange={(value) => setBase(value ?? "")}
            options={[{ value: "", label: t("blank_role") }, ...roles.map((role) => ({ value: role.name, label: tr(role.label), sub: role.name }))]} />
        </FormRow>
      </div>
    </Dialog>
  );
}
