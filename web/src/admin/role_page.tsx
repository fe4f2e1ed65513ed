import { useEffect, useMemo, useState } from "react";
import { Link, useLocation } from "wouter";
import { tr } from "@/base/i18n.ts";
import { useSession } from "@/base/session.ts";
import type { ObjectDef } from "@/base/types.ts";
import { problemText } from "@/record/use.ts";
import { Avatar, Button, FormRow, Notice } from "@/ui/basics.tsx";
import { Combobox } from "@/ui/combobox.tsx";
import { Icon } from "@/ui/icon.tsx";
import { Dialog, toast } from "@/ui/layer.tsx";
import { calls, type Person, type Role } from "./calls.ts";
import { usePlan } from "./object_plan.tsx";
import { bodyOf, differences, type RoleBody, RIGHTS } from "./role_edit.ts";
import { RoleFields } from "./role_fields.tsx";
import { RolePreview } from "./role_preview.tsx";
import { type RoleRow, RoleTable } from "./role_table.tsx";
import { t } from "./role_texts.ts";
import { refreshConfig, saveChange } from "./saving.tsx";

/* One role: what it may do with which records, its rights, who has it. Nothing holds until it is saved. */
export function RolePage({ role, roles, people, onCopy }: { role: Role; roles: Role[]; people: Person[]; onCopy: () => void }) {
  const saved = useMemo(() => bodyOf(role), [role]);
  const [body, setBody] = useState<RoleBody>(saved);
  const [fieldsOf, setFieldsOf] = useState<ObjectDef | null>(null);
  const [otherName, setOtherName] = useState<string | null>(null);
  const [isPreviewing, setIsPreviewing] = useState(false);
  const [isRemoving, setIsRemoving] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const rows = useRows(saved);
  const names = rows.map((row) => row.name);
  const changes = differences(body, saved, names);
  const holders = people.filter((person) => person.role === role.name);
  const other = roles.find((entry) => entry.name === otherName);
  const otherBody = other ? { body: bodyOf(other), label: tr(other.label) } : null;
  useGuard(changes > 0);
  useEffect(() => setBody(saved), [saved]);
  const save = async () => {
    setProblem(null);
    try {
      await saveChange(() => calls.roleChange(role.name, { ...body }), () => calls.roleChange(role.name, { ...saved }), t("saved"));
    } catch (error) {
      setProblem(problemText(error));
    }
  };
  return (
    <div className="settingspart rolepage">
      <div className="settingsbar rolebar">
        <Link href="/settings/roles" className="btn quiet"><Icon name="chevron-left" size={16} />{t("back")}</Link>
        <span className="grow" />
        <div className="rolecompare"><Combobox isSmall isClearable ariaLabel={t("compare_with")} placeholder={t("compare_with")} value={otherName} onChange={setOtherName}
          options={roles.filter((entry) => entry.name !== role.name).map((entry) => ({ value: entry.name, label: tr(entry.label), sub: entry.name }))} /></div>
        <Button icon="person" onClick={() => setIsPreviewing(true)}>{t("preview")}</Button>
        <Button icon="file" onClick={onCopy}>{t("copy")}</Button>
        {role.name !== "admin" && <Button kind="quiet" icon="trash" aria-label={t("remove")} onClick={() => setIsRemoving(true)} />}
      </div>
      {problem && <Notice kind="bad">{problem}</Notice>}
      {otherBody && <Notice kind="info">{t("compared", { name: otherBody.label, n: differences({ ...body, label: otherBody.body.label }, otherBody.body, names) })}</Notice>}
      <section className="panel"><div className="body rolename">
        <FormRow id="role-zh" label={t("name_zh")}><input id="role-zh" className="input" value={body.label.zh} onChange={(event) => setBody({ ...body, label: { ...body.label, zh: event.target.value } })} /></FormRow>
        <FormRow id="role-en" label={t("name_en")}><input id="role-en" className="input" value={body.label.en} onChange={(event) => setBody({ ...body, label: { ...body.label, en: event.target.value } })} /></FormRow>
        <FormRow label={t("api_name")}><code className="rolecode">{role.name}</code></FormRow>
      </div></section>
      <RoleTable rows={rows} body={body} saved={saved} other={otherBody} onChange={setBody} onFields={setFieldsOf} />
      <div className="rolepair">
        <Rights body={body} saved={saved} other={otherBody?.body ?? null} onChange={setBody} />
        <Holders holders={holders} />
      </div>
      {changes > 0 && (
        <div className="savebar" role="region" aria-label={t("changes_n", { n: changes })}>
          <span className="grow">{t("changes_n", { n: changes })}</span>
          <Button onClick={() => { setBody(saved); setProblem(null); }}>{t("discard")}</Button>
          <Button kind="primary" onClick={() => void save()}>{t("save")}</Button>
        </div>
      )}
      {fieldsOf && <RoleFields object={fieldsOf} body={body} onChange={setBody} onClose={() => setFieldsOf(null)} />}
      {isPreviewing && <RolePreview role={role} people={people} onClose={() => setIsPreviewing(false)} />}
      {isRemoving && <RemoveDialog role={role} roles={roles} holders={holders} onClose={() => setIsRemoving(false)} />}
    </div>
  );
}

/* All others first, then what people keep, then people and teams themselves. */
function useRows(saved: RoleBody): RoleRow[] {
  const session = useSession();
  return useMemo(() => {
    const people = ["user", "team"];
    const objects = [...session.objects.values()];
    const known = new Set(objects.map((object) => object.name));
    return [
      { name: "*", label: null, object: null },
      ...objects.filter((object) => !people.includes(object.name)),
      ...Object.keys(saved.grants).filter((name) => name !== "*" && !known.has(name)),
      ...objects.filter((object) => people.includes(object.name)),
    ].map((entry) => (typeof entry === "string" ? { name: entry, label: null, object: null } : "object" in entry ? entry : { name: entry.name, label: entry.label, object: entry }));
  }, [session, saved]);
}

function useGuard(isOn: boolean) {
  useEffect(() => {
    if (!isOn) return;
    const stay = (event: BeforeUnloadEvent) => event.preventDefault();
    const click = (event: MouseEvent) => {
      const link = (event.target as Element | null)?.closest?.("a[href]");
      if (!link || event.defaultPrevented || event.ctrlKey || event.metaKey || window.confirm(t("leave"))) return;
      event.preventDefault();
      event.stopPropagation();
    };
    window.addEventListener("beforeunload", stay);
    document.addEventListener("click", click, true);
    return () => {
      window.removeEventListener("beforeunload", stay);
      document.removeEventListener("click", click, true);
    };
  }, [isOn]);
}

function Rights({ body, saved, other, onChange }: { body: RoleBody; saved: RoleBody; other: RoleBody | null; onChange: (body: RoleBody) => void }) {
  return (
    <section className="panel"><header><h2>{t("rights")}</h2></header>
      <ul className="rightlist">
        {RIGHTS.map((right) => {
          const isOn = body.can.includes(right);
          const isChanged = isOn !== saved.can.includes(right);
          const isOther = other !== null && isOn !== other.can.includes(right);
          return (
            <li key={right} className={`${isChanged ? "changed" : ""}${isOther ? " other" : ""}`}>
              <label><input type="checkbox" checked={isOn} data-right={right}
                onChange={() => onChange({ ...body, can: isOn ? body.can.filter((name) => name !== right) : [...body.can, right] })} />
                <span className="two"><span>{t(`right_${right}`)}</span><span className="meta">{t(`right_${right}_hint`)}</span></span></label>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function Holders({ holders }: { holders: Person[] }) {
  return (
    <section className="panel"><header><h2>{t("who")}</h2><span className="meta">{t("members", { n: holders.length })}</span></header>
      {holders.length === 0 ? <p className="panelnote meta">{t("who_none")}</p> : (
        <ul className="adminlist holders scroll">
          {holders.map((person) => (
            <li key={person.id}><Link href={`/settings/users/${person.id}`} className={person.disabled ? "off" : ""}>
              <Avatar name={person.name} /><span className="grow cut">{person.name}</span>
              {person.disabled ? <span className="tag">{t("disabled")}</span> : <span className="meta cut">{person.region}</span>}
            </Link></li>
          ))}
        </ul>
      )}
    </section>
  );
}

function RemoveDialog({ role, roles, holders, onClose }: { role: Role; roles: Role[]; holders: Person[]; onClose: () => void }) {
  const [heir, setHeir] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [, navigate] = useLocation();
  const isHeld = holders.length > 0;
  /* The keys that act as it: they end with it. */
  const { plan } = usePlan({ kind: "role", name: role.name, body: null });
  const ends = plan?.steps.filter((step) => step.kind === "key_end") ?? [];
  const remove = async () => {
    try {
      await calls.roleRemove(role.name, heir);
      refreshConfig();
      toast(t("removed", { name: tr(role.label) }));
      navigate("/settings/roles");
    } catch (error) {
      setProblem(problemText(error));
    }
  };
  return (
    <Dialog title={t("remove_title", { name: tr(role.label) })} onClose={onClose}
      footer={<><span className="grow" /><Button onClick={onClose}>{t("cancel")}</Button><Button kind="danger" disabled={isHeld && !heir} onClick={() => void remove()}>{t("remove")}</Button></>}>
      <div className="body">
        {problem && <Notice kind="bad">{problem}</Notice>}
        <p>{isHeld ? t("remove_held", { n: holders.length }) : t("remove_text")}</p>
        {ends.length > 0 && <Notice kind="warn">{ends.map((step) => <p key={step.text}>{step.text}</p>)}</Notice>}
        {isHeld && (
          <FormRow id="role-heir" label={t("heir")} isRequired>
            <Combobox id="role-heir" value={heir} onChange={setHeir}
              options={roles.filter((entry) => entry.name !== role.name).map((entry) => ({ value: entry.name, label: tr(entry.label), sub: entry.name }))} />
          </FormRow>
        )}
      </div>
    </Dialog>
  );
}
