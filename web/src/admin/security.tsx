import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { api } from "@/base/api.ts";
import { tr } from "@/base/i18n.ts";
import { problemText } from "@/record/use.ts";
import { Button, Failed, Notice, Skeleton } from "@/ui/basics.tsx";
import { saveChange } from "./saving.tsx";
import { t } from "./security_texts.ts";
import { usePeople, useRoles } from "./users.tsx";

/* Which roles log in in two steps: a setting of the workspace. */
export const useSettings = (isOn = true) => useQuery({ queryKey: ["config", "settings"], queryFn: api.settings, enabled: isOn, retry: isOn });

export function Security() {
  const found = useSettings();
  if (found.isError) return <Failed error={found.error} onRetry={() => void found.refetch()} />;
  if (found.isPending) return <Skeleton rows={5} />;
  return <div className="settingspart"><TwoStepRoles stored={found.data.otp_roles} /></div>;
}

const listOf = (text: string) => text.split(" ").filter(Boolean);

function TwoStepRoles({ stored }: { stored: string }) {
  const roles = useRoles();
  const people = usePeople();
  const [chosen, setChosen] = useState(() => listOf(stored));
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => setChosen(listOf(stored)), [stored]);
  const all = roles.data?.items ?? [];
  const holders = (name: string) => (people.data?.items ?? []).filter((person) => person.role === name && !person.disabled).length;
  /* In the order of the list, so that the same choice is the same text; names of roles that are gone fall out. */
  const textOf = (names: string[]) => all.filter((role) => names.includes(role.name)).map((role) => role.name).join(" ");
  const isChanged = all.length > 0 && textOf(chosen) !== textOf(listOf(stored));
  const added = chosen.filter((name) => !listOf(stored).includes(name));
  const affected = added.reduce((sum, name) => sum + holders(name), 0);
  const save = async () => {
    setProblem(null);
    try {
      await saveChange(() => api.saveSettings({ otp_roles: textOf(chosen) }), () => api.saveSettings({ otp_roles: stored }));
    } catch (error) {
      setProblem(problemText(error));
    }
  };
  if (roles.isError) return <Failed error={roles.error} onRetry={() => void roles.refetch()} />;
  return (
    <>
      <section className="panel" id="otp_roles" tabIndex={-1}>
        <header><span className="grow two"><h2>{t("two_step_roles")}</h2><span className="meta">{t("two_step_roles_hint")}</span></span></header>
        {problem && <div className="panelnote"><Notice kind="bad">{problem}</Notice></div>}
        <ul className="rightlist otproles">
          {all.map((role) => (
            <li key={role.name} className={chosen.includes(role.name) !== listOf(stored).includes(role.name) ? "changed" : ""}>
              <label>
                <input type="checkbox" data-role={role.name} checked={chosen.includes(role.name)} onChange={() => setChosen(chosen.includes(role.name) ? chosen.filter((name) => name !== role.name) : [...chosen, role.name])} />
                <span className="two"><span>{tr(role.label)}</span><span className="meta num">{holders(role.name) > 0 ? t("role_people", { n: holders(role.name) }) : t("role_nobody")}</span></span>
              </label>
            </li>
          ))}
        </ul>
      </section>
      {isChanged && (
        <footer className="savebar">
          <span className="grow">{affected > 0 ? t("two_step_affected", { n: affected }) : t("two_step_unaffected")}</span>
          <Button onClick={() => setChosen(listOf(stored))}>{t("cancel")}</Button>
          <Button kind="primary" onClick={() => void save()}>{t("save")}</Button>
        </footer>
      )}
    </>
  );
}
