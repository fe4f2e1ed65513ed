import { useSession } from "@/base/session.ts";
import { t } from "./texts.ts";

export function Company() {
  const { me } = useSession();
  const rows: [string, string][] = [
    [t("company_name"), me.workspace.company], [t("zone"), me.workspace.zone], [t("currency"), me.workspace.currency],
    [t("demo_workspace"), t(me.workspace.demo ? "yes" : "no")], [t("version"), me.version ?? "—"],
  ];
  return (
    <div className="settingspart">
      <section className="panel">
        <dl className="facts">{rows.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>
      </section>
      <p className="meta">{t("company_fixed")}</p>
    </div>
  );
}
