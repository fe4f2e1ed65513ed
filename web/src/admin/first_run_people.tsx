import { useEffect, useState } from "react";
import { tr } from "@/base/i18n.ts";
import { queryClient } from "@/base/session.ts";
import { uuid } from "@/base/uuid.ts";
import { problemText } from "@/record/use.ts";
import { Button, FormRow, Notice, Skeleton } from "@/ui/basics.tsx";
import { toast } from "@/ui/layer.tsx";
import { calls } from "./calls.ts";
import { t } from "./first_run_texts.ts";
import { checked, type Known, type PastedPerson, peopleOf } from "./people_paste.ts";
import { usePeople, useRoles, useTeams } from "./users.tsx";

/* People pasted from a spreadsheet: looked through, put right line by line, added with their links. */
export interface Invite { name: string; link: string }

export function PeopleStep({ invites, onInvited, onWaiting }: { invites: Invite[]; onInvited: (invites: Invite[]) => void; onWaiting: (count: number) => void }) {
  const people = usePeople();
  const teams = useTeams();
  const roles = useRoles();
  const [text, setText] = useState("");
  const [lines, setLines] = useState<PastedPerson[]>([]);
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  useEffect(() => onWaiting(lines.length), [lines.length]);
  if (!people.data || !teams.data || !roles.data) return <Skeleton rows={4} />;
  const list = roles.data.items.map((role) => ({ name: role.name, ...role.label }));
  const known: Known = {
    roles: list, logins: people.data.items.map((person) => person.login ?? ""), people: people.data.items.map((person) => person.name),
    role: list.some((role) => role.name === "rep") ? "rep" : null,
  };
  const paste = (next: string) => { setText(next); setLines(peopleOf(next, known)); };
  const change = (at: number, next: Partial<PastedPerson>) => setLines(checked(lines.map((line, i) => (i === at ? { ...line, ...next } : line)), known));
  const bad = lines.filter((line) => line.problems.length > 0).length;
  const add = async () => {
    setBusy(true);
    setProblem(null);
    const made: Invite[] = [];
    let rest = lines;
    try {
      const teamIds = new Map(teams.data.items.map((team) => [String(team.name), team.id]));
      const ids = new Map(people.data.items.map((person) => [person.name, person.id]));
      for (const { team } of lines) if (team && !teamIds.has(team)) teamIds.set(team, (await calls.teamCreate({ name: team })).id);
      for (const line of lines) {
        const person = await calls.userCreate({ id: uuid(), name: line.name, login: line.login, role: line.role, ...(line.team && { team: teamIds.get(line.team)! }) });
        ids.set(line.name, person.id);
        if (person.invite) made.push({ name: line.name, link: `${window.location.origin}/invite/${encodeURIComponent(person.invite)}` });
        rest = rest.slice(1);
      }
      for (const line of lines) if (line.supervisor) await calls.userChange(ids.get(line.name)!, undefined, { supervisor: ids.get(line.supervisor)! });
      setText("");
    } catch (error) {
      setProblem(problemText(error));
    }
    setLines(rest);
    onInvited([...invites, ...made]);
    void queryClient.invalidateQueries({ queryKey: ["config"] });
    setBusy(false);
  };
  const box = (at: number, name: "name" | "login" | "team" | "supervisor") => (
    <input className="input small" aria-label={t(name)} value={lines[at]![name]} onChange={(event) => change(at, { [name]: event.target.value })} />
  );
  return (
    <>
      <p className="meta">{t("people_lead")}</p>
      {problem && <Notice kind="bad">{problem}</Notice>}
      {invites.length > 0 && <Invites invites={invites} />}
      <FormRow id="people-paste" label={t("paste")}>
        <textarea id="people-paste" className="input paste" spellCheck={false} placeholder={t("paste_example")} value={text} onChange={(event) => paste(event.target.value)} />
      </FormRow>
      {lines.length > 0 && (
        <>
          <div className="pasted scroll">
            <table className="table">
              <thead><tr>{(["name", "login", "role", "team", "supervisor"] as const).map((name) => <th key={name}>{t(name)}</th>)}<th /></tr></thead>
              <tbody>
                {lines.map((line, at) => (
                  <tr key={at} className={line.problems.length ? "bad" : ""}>
                    <td>{box(at, "name")}{line.problems.length > 0 && <span className="formerror">{line.problems.map((one) => t(`p_${one}`)).join(" · ")}</span>}</td>
                    <td>{box(at, "login")}</td>
                    <td><select className="input small" aria-label={t("role")} value={line.role ?? ""} onChange={(event) => change(at, { role: event.target.value || null })}>
                      <option value="">—</option>{roles.data.items.map((role) => <option key={role.name} value={role.name}>{tr(role.label)}</option>)}
                    </select></td>
                    <td>{box(at, "team")}</td>
                    <td>{box(at, "supervisor")}</td>
                    <td><Button kind="quiet" isSmall icon="close" aria-label={t("remove_line")} onClick={() => setLines(checked(lines.filter((_, i) => i !== at), known))} /></td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          <div className="rowline">
            <span className={`grow ${bad ? "formerror" : "meta"}`}>{bad ? t("problems_n", { n: bad }) : t("people_n", { n: lines.length })}</span>
            <Button kind="primary" disabled={bad > 0 || isBusy} onClick={() => void add()}>{isBusy ? t("adding") : t("add_people", { n: lines.length })}</Button>
          </div>
        </>
      )}
    </>
  );
}

function Invites({ invites }: { invites: Invite[] }) {
  const copy = () => navigator.clipboard.writeText(invites.map(({ name, link }) => `${name}\t${link}`).join("\n")).then(() => toast(t("copied")), () => undefined);
  return (
    <>
      <Notice kind="good">{t("invited")}</Notice>
      <ul className="invites">
        {invites.map(({ name, link }) => <li key={link}><strong className="cut">{name}</strong><input className="input small" readOnly value={link} aria-label={name} onFocus={(event) => event.target.select()} /></li>)}
      </ul>
      <div><Button icon="copy" onClick={() => void copy()}>{t("copy_all")}</Button></div>
    </>
  );
}
