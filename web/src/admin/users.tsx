import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useLocation } from "wouter";
import { ApiError } from "@/base/api.ts";
import { usePhone } from "@/base/hooks.ts";
import { tr } from "@/base/i18n.ts";
import { queryClient } from "@/base/session.ts";
import { uuid } from "@/base/uuid.ts";
import type { Row, Value } from "@/base/types.ts";
import { problemText } from "@/record/use.ts";
import { Avatar, Button, Empty, Failed, FormRow, Notice, Skeleton } from "@/ui/basics.tsx";
import { Combobox } from "@/ui/combobox.tsx";
import { Icon } from "@/ui/icon.tsx";
import { Dialog, toast } from "@/ui/layer.tsx";
import { calls, type Person, type Role } from "./calls.ts";
import { PersonSecurity } from "./person_security.tsx";
import { saveChange, saveNow } from "./saving.tsx";
import { t } from "./texts.ts";

/* People: who may sign in, where they belong, what they may do. */
export function usePeople() {
  return useQuery({
    queryKey: ["config", "users"], staleTime: 30_000,
    queryFn: async () => {
      const items: Person[] = [];
      for (let after: string | null = null, i = 0; i < 20; i += 1) {
        const page = await calls.users({ after });
        items.push(...page.items);
        after = page.next;
        if (!after) break;
      }
      return { items };
    },
  });
}
export const useTeams = () => useQuery({ queryKey: ["config", "teams"], queryFn: calls.teams, staleTime: 30_000 });
export const useRoles = () => useQuery({ queryKey: ["config", "roles"], queryFn: calls.roles, staleTime: 60_000 });

export function Users({ item }: { item?: string }) {
  const people = usePeople();
  const teams = useTeams();
  const roles = useRoles();
  const isPhone = usePhone();
  const [, navigate] = useLocation();
  const [text, setText] = useState("");
  const [hasDisabled, setHasDisabled] = useState(false);
  const teamName = (id: string | null) => String(teams.data?.items.find((team) => team.id === id)?.name ?? "");
  const roleName = (name: string | null) => tr(roles.data?.items.find((role) => role.name === name)?.label) || (name ?? "");
  const all = people.data?.items ?? [];
  const needle = text.trim().toLowerCase();
  const shown = all.filter((person) => (hasDisabled || !person.disabled) &&
    `${person.name} ${person.login ?? ""} ${teamName(person.team)} ${roleName(person.role)}`.toLowerCase().includes(needle));
  const groups = useMemo(() => {
    const out = new Map<string, Person[]>();
    for (const person of shown) out.set(person.team ?? "", [...(out.get(person.team ?? "") ?? []), person]);
    return [...out].sort(([a], [b]) => Number(a === "") - Number(b === "") || teamName(a).localeCompare(teamName(b), "zh"));
  }, [shown.map((person) => person.id + person.team).join(), teams.data]);
  if (people.isError) return <Failed error={people.error} onRetry={() => void people.refetch()} />;
  if (people.isPending) return <Skeleton rows={8} />;
  const open = item === "new" ? null : all.find((person) => person.id === item);
  return (
    <div className="settingspart">
      <div className="settingsbar">
        <label className="settingssearch small"><Icon name="search" size={16} /><input value={text} onChange={(event) => setText(event.target.value)} placeholder={t("find_person")} aria-label={t("find_person")} /></label>
        {all.some((person) => person.disabled) && <button type="button" className="chip" aria-pressed={hasDisabled} onClick={() => setHasDisabled(!hasDisabled)}>{t("show_disabled")}</button>}
        <span className="meta grow">{t("people_n", { n: shown.length })}</span>
        <Button kind="primary" icon="plus" onClick={() => navigate("/settings/users/new")}>{t("new_user")}</Button>
      </div>
      {shown.length === 0 ? <Empty icon="users" title={t("no_people")} /> : groups.map(([team, members]) => (
        <section key={team} className="panel">
          <header><h2>{team ? teamName(team) || t("team") : t("no_team")}</h2><span className="meta">{t("people_n", { n: members.length })}</span></header>
          <ul className="adminlist">
            {members.map((person) => (
              <li key={person.id}>
                <button type="button" onClick={() => navigate(`/settings/users/${person.id}`)} className={person.disabled ? "off" : ""}>
                  <Avatar name={person.name} />
                  <span className="grow two"><strong className="cut">{person.name}</strong><span className="meta cut">{person.login ?? "—"}{isPhone ? ` · ${roleName(person.role)}` : ""}</span></span>
                  {!isPhone && <span className="cellrole cut">{roleName(person.role)}</span>}
                  {!isPhone && <span className="meta cellregion cut">{person.region}</span>}
                  {person.disabled && <span className="tag">{t("disabled")}</span>}
                  <Icon name="chevron-right" size={16} />
                </button>
              </li>
            ))}
          </ul>
        </section>
      ))}
      {(item === "new" || open) && (
        <UserDialog key={item} person={open ?? null} people={all} teams={teams.data?.items ?? []} roles={roles.data?.items ?? []} onClose={() => navigate("/settings/users")} />
      )}
    </div>
  );
}

const FIELDS = ["name", "login", "role", "team", "supervisor", "region"] as const;

function UserDialog({ person, people, teams, roles, onClose }: { person: Person | null; people: Person[]; teams: Row[]; roles: Role[]; onClose: () => void }) {
  const [draft, setDraft] = useState<Record<string, Value>>(() => Object.fromEntries(FIELDS.map((name) => [name, person?.[name] ?? null])));
  const [password, setPassword] = useState("");
  const [errors, setErrors] = useState<Record<string, string>>({});
  const [problem, setProblem] = useState<string | null>(null);
  const [link, setLink] = useState<string | null>(null);
  const set = (name: string, value: Value) => setDraft({ ...draft, [name]: value });
  const text = (name: string) => (typeof draft[name] === "string" ? (draft[name] as string) : "");
  const fail = (error: unknown) => {
    setErrors(error instanceof ApiError ? error.byField() : {});
    setProblem(error instanceof ApiError ? error.general(["password", ...FIELDS]) : problemText(error));
  };
  const refresh = () => void queryClient.invalidateQueries({ queryKey: ["config"] });
  const save = async () => {
    setErrors({});
    setProblem(null);
    try {
      if (!person) {
        const made = await calls.userCreate({ id: uuid(), ...Object.fromEntries(Object.entries(draft).filter(([, value]) => value !== null && value !== "")), ...(password ? { password } : {}) });
        refresh();
        if (made.invite) return setLink(inviteLink(made.invite));
        toast(t("saved"));
        return onClose();
      }
      const changed = Object.fromEntries(FIELDS.filter((name) => (draft[name] || null) !== (person[name] ?? null)).map((name) => [name, draft[name] || null]));
      const before = Object.fromEntries(Object.keys(changed).map((name) => [name, person[name] ?? null]));
      if (password) Object.assign(changed, { password });
      if (Object.keys(changed).length > 0) {
        await saveChange(() => calls.userChange(person.id, person.version, changed), password ? undefined : () => calls.userChange(person.id, undefined, before));
      }
      onClose();
    } catch (error) {
      fail(error);
    }
  };
  const disable = (disabled: boolean) => {
    saveNow(() => calls.userChange(person!.id, person!.version, { disabled }), () => calls.userChange(person!.id, undefined, { disabled: !disabled }),
      t(disabled ? "disabled_toast" : "enabled_toast", { name: person!.name }));
    onClose();
  };
  const invite = async () => {
    try {
      setLink(inviteLink((await calls.userInvite(person!.id)).token));
    } catch (error) {
      fail(error);
    }
  };
  if (link) return <InviteDialog name={person?.name ?? text("name")} link={link} onClose={onClose} />;
  const others = people.filter((other) => other.id !== person?.id && !other.disabled);
  return (
    <Dialog title={person ? t("edit_user", { name: person.name }) : t("new_user")} onClose={onClose} onSubmit={() => void save()}
      footer={<>
        {person && <Button kind={person.disabled ? "quiet" : "danger"} onClick={() => disable(!person.disabled)}>{t(person.disabled ? "enable" : "disable")}</Button>}
        {person && !person.disabled && <Button kind="quiet" icon="link" onClick={() => void invite()}>{t("invite")}</Button>}
        <span className="grow" />
        <Button onClick={onClose}>{t("cancel")}</Button>
        <Button kind="primary" onClick={() => void save()}>{t("save")}</Button>
      </>}>
      <div className="body formgrid">
        {problem && <div className="wide"><Notice kind="bad">{problem}</Notice></div>}
        <FormRow id="u-name" label={t("name")} isRequired error={errors.name}><input id="u-name" className="input" value={text("name")} aria-invalid={Boolean(errors.name)} onChange={(event) => set("name", event.target.value)} /></FormRow>
        <FormRow id="u-login" label={t("login")} isRequired error={errors.login}><input id="u-login" className="input" autoComplete="off" value={text("login")} aria-invalid={Boolean(errors.login)} onChange={(event) => set("login", event.target.value)} /></FormRow>
        <FormRow id="u-role" label={t("role")} isRequired error={errors.role}>
          <Combobox id="u-role" value={text("role") || null} options={roles.map((role) => ({ value: role.name, label: tr(role.label) }))} isInvalid={Boolean(errors.role)} onChange={(value) => set("role", value)} />
        </FormRow>
        <FormRow id="u-team" label={t("team")} error={errors.team}>
          <Combobox id="u-team" isClearable value={text("team") || null} options={teams.map((team) => ({ value: team.id, label: String(team.name) }))} onChange={(value) => set("team", value)} />
        </FormRow>
        <FormRow id="u-supervisor" label={t("supervisor")} error={errors.supervisor}>
          <Combobox id="u-supervisor" isClearable value={text("supervisor") || null} options={others.map((other) => ({ value: other.id, label: other.name, sub: other.login ?? "" }))} onChange={(value) => set("supervisor", value)} />
        </FormRow>
        <FormRow id="u-region" label={t("region")} error={errors.region}><input id="u-region" className="input" value={text("region")} onChange={(event) => set("region", event.target.value)} /></FormRow>
        <div className="wide">
          <FormRow id="u-password" label={t(person ? "new_password" : "password")} error={errors.password} help={person ? undefined : t("password_hint")}>
            <input id="u-password" className="input" type="password" autoComplete="new-password" value={password} aria-invalid={Boolean(errors.password)} onChange={(event) => setPassword(event.target.value)} />
          </FormRow>
        </div>
        {person && <PersonSecurity person={person} />}
      </div>
    </Dialog>
  );
}

function inviteLink(token: string): string {
  return `${window.location.origin}/invite/${encodeURIComponent(token)}`;
}

function InviteDialog({ name, link, onClose }: { name: string; link: string; onClose: () => void }) {
  const copy = () => navigator.clipboard.writeText(link).then(() => toast(t("copied")), () => undefined);
  return (
    <Dialog title={t("invite_title")} onClose={onClose} footer={<><Button onClick={onClose}>{t("close")}</Button><Button kind="primary" icon="copy" onClick={() => void copy()}>{t("copy")}</Button></>}>
      <div className="body"><p>{t("invite_text", { name })}</p><input className="input" readOnly value={link} aria-label={t("invite_title")} onFocus={(event) => event.target.select()} /></div>
    </Dialog>
  );
}
