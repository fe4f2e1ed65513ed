import { useState } from "react";
import { useLocation } from "wouter";
import { queryClient } from "@/base/session.ts";
import { uuid } from "@/base/uuid.ts";
import type { Row, Value } from "@/base/types.ts";
import { problemText } from "@/record/use.ts";
import { Avatar, Button, Failed, FormRow, Notice, Skeleton } from "@/ui/basics.tsx";
import { Combobox } from "@/ui/combobox.tsx";
import { Icon } from "@/ui/icon.tsx";
import { Dialog, toast } from "@/ui/layer.tsx";
import { calls, type Person } from "./calls.ts";
import { saveChange } from "./saving.tsx";
import { t } from "./texts.ts";
import { type TeamNode, teamTree } from "./tree.ts";
import { usePeople, useTeams } from "./users.tsx";

/* Teams as the tree they are; a supervisor sees the branch below. */
export function Teams({ item }: { item?: string }) {
  const teams = useTeams();
  const people = usePeople();
  const [, navigate] = useLocation();
  if (teams.isError) return <Failed error={teams.error} onRetry={() => void teams.refetch()} />;
  if (teams.isPending) return <Skeleton rows={6} />;
  const all = teams.data.items;
  const members = (id: string) => (people.data?.items ?? []).filter((person) => person.team === id && !person.disabled);
  const nameOf = (id: Value | undefined) => people.data?.items.find((person) => person.id === id)?.name;
  const line = (node: TeamNode, depth: number): React.ReactNode => {
    const head = nameOf(node.row.head);
    return (
      <li key={node.row.id}>
        <button type="button" style={{ paddingLeft: 16 + depth * 28 }} onClick={() => navigate(`/settings/teams/${node.row.id}`)}>
          <Icon name="team" size={16} />
          <span className="grow two"><strong className="cut">{String(node.row.name)}</strong><span className="meta">{head ? `${t("head")} ${head} · ` : ""}{t("people_n", { n: members(node.row.id).length })}</span></span>
          <span className="avatars">{members(node.row.id).slice(0, 6).map((person) => <Avatar key={person.id} name={person.name} />)}</span>
          <Icon name="chevron-right" size={16} />
        </button>
        {node.children.length > 0 && <ul>{node.children.map((child) => line(child, depth + 1))}</ul>}
      </li>
    );
  };
  const open = all.find((team) => team.id === item);
  return (
    <div className="settingspart">
      <div className="settingsbar"><span className="grow" /><Button kind="primary" icon="plus" onClick={() => navigate("/settings/teams/new")}>{t("new_team")}</Button></div>
      <section className="panel"><ul className="adminlist tree">{teamTree(all).map((node) => line(node, 0))}</ul></section>
      {(item === "new" || open) && <TeamDialog key={item} team={open ?? null} teams={all} people={people.data?.items ?? []} onClose={() => navigate("/settings/teams")} />}
    </div>
  );
}

function TeamDialog({ team, teams, people, onClose }: { team: Row | null; teams: Row[]; people: Person[]; onClose: () => void }) {
  const [draft, setDraft] = useState<Record<string, Value>>({ name: team?.name ?? "", parent: team?.parent ?? null, head: team?.head ?? null });
  const [problem, setProblem] = useState<string | null>(null);
  const save = async () => {
    try {
      if (!team) {
        await calls.teamCreate({ id: uuid(), ...draft });
        toast(t("saved"));
      } else {
        const before = { name: team.name ?? "", parent: team.parent ?? null, head: team.head ?? null };
        await saveChange(() => calls.teamChange(team.id, team.version, draft), () => calls.teamChange(team.id, undefined, before));
      }
      void queryClient.invalidateQueries({ queryKey: ["config"] });
      onClose();
    } catch (error) {
      setProblem(problemText(error));
    }
  };
  return (
    <Dialog title={team ? t("edit_team", { name: String(team.name) }) : t("new_team")} onClose={onClose} onSubmit={() => void save()}
      footer={<><Button onClick={onClose}>{t("cancel")}</Button><Button kind="primary" disabled={!String(draft.name ?? "").trim()} onClick={() => void save()}>{t("save")}</Button></>}>
      <div className="body">
        {problem && <Notice kind="bad">{problem}</Notice>}
        <FormRow id="t-name" label={t("team_name")} isRequired><input id="t-name" className="input" value={String(draft.name ?? "")} onChange={(event) => setDraft({ ...draft, name: event.target.value })} /></FormRow>
        <FormRow id="t-parent" label={t("parent")}>
          <Combobox id="t-parent" isClearable placeholder={t("top_level")} value={(draft.parent as string | null) ?? null} options={teams.filter((other) => other.id !== team?.id).map((other) => ({ value: other.id, label: String(other.name) }))} onChange={(value) => setDraft({ ...draft, parent: value })} />
        </FormRow>
        <FormRow id="t-head" label={t("head")}>
          <Combobox id="t-head" isClearable placeholder={t("no_one")} value={(draft.head as string | null) ?? null} options={people.filter((person) => !person.disabled).map((person) => ({ value: person.id, label: person.name, sub: person.login ?? "" }))} onChange={(value) => setDraft({ ...draft, head: value })} />
        </FormRow>
      </div>
    </Dialog>
  );
}
