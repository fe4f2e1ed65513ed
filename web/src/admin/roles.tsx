import { useLocation } from "wouter";
import { tr } from "@/base/i18n.ts";
import { locale } from "@/base/prefs.ts";
import { useSession } from "@/base/session.ts";
import { fieldOf } from "@/object/object.ts";
import { Failed, Skeleton } from "@/ui/basics.tsx";
import { Icon } from "@/ui/icon.tsx";
import type { Role } from "./calls.ts";
import { t } from "./texts.ts";
import { usePeople, useRoles } from "./users.tsx";

/* What each role may do, in words: grants with the same reach become one line. */
export function Roles({ item }: { item?: string }) {
  const roles = useRoles();
  const people = usePeople();
  const [, navigate] = useLocation();
  if (roles.isError) return <Failed error={roles.error} onRetry={() => void roles.refetch()} />;
  if (roles.isPending) return <Skeleton rows={8} />;
  return (
    <div className="settingspart">
      {roles.data.items.map((role) => {
        const isOpen = role.name === item;
        const count = (people.data?.items ?? []).filter((person) => person.role === role.name && !person.disabled).length;
        return (
          <section key={role.name} className="panel fold">
            <button type="button" className="foldhead" aria-expanded={isOpen} onClick={() => navigate(isOpen ? "/settings/roles" : `/settings/roles/${role.name}`)}>
              <Icon name={isOpen ? "chevron-down" : "chevron-right"} size={16} />
              <strong>{tr(role.label)}</strong><code className="meta">{role.name}</code><span className="grow" />
              <span className="meta">{people.data ? t("members", { n: count }) : ""}</span>
            </button>
            {isOpen && <Grants role={role} />}
          </section>
        );
      })}
    </div>
  );
}

const ACTS = ["read", "create", "update", "delete", "assign", "export", "import"] as const;
type Act = (typeof ACTS)[number];
const isScope = (value: unknown): value is "own" => ["own", "team", "team_below", "region", "all"].includes(String(value));

/* "see and change their own; create" per object: acts gathered by how far they reach. */
function grantLines(grant: Record<string, string | boolean>): { scope: string; acts: Act[] }[] {
  const out = new Map<string, Act[]>();
  for (const act of ACTS) {
    const value = grant[act];
    const scope = value === true ? "" : isScope(value) ? value : null;
    if (scope === null) continue;
    out.set(scope, [...(out.get(scope) ?? []), act]);
  }
  return [...out].map(([scope, acts]) => ({ scope, acts }));
}

function Grants({ role }: { role: Role }) {
  const session = useSession();
  const comma = locale() === "zh" ? "、" : ", ";
  const words = (acts: Act[]) => acts.map((act) => t(`act_${act}`)).join(comma);
  const entries = Object.entries(role.grants ?? {}).sort(([a], [b]) => Number(a === "*") - Number(b === "*"));
  const fields = Object.entries(role.fields ?? {});
  return (
    <div className="body grants">
      <dl>
        {entries.map(([name, grant]) => {
          const object = session.objects.get(name);
          const lines = grantLines(grant);
          return (
            <div key={name}>
              <dt>{name === "*" ? t("other_objects") : object ? tr(object.label) : name}</dt>
              <dd>{lines.length === 0 ? <span className="meta">{t("no_grant")}</span> : lines.map(({ scope, acts }) => (
                <span key={scope} className="grantline"><span>{words(acts)}</span>{scope && <span className={`tag ${scope === "all" ? "ink" : ""}`}>{t(`scope_${scope as "own"}`)}</span>}</span>
              ))}</dd>
            </div>
          );
        })}
        {fields.length > 0 && (
          <div>
            <dt>{t("fields_special")}</dt>
            <dd>{fields.map(([path, mode]) => {
              const [objectName, fieldName] = path.split(".") as [string, string];
              const object = session.objects.get(objectName);
              const label = object ? tr(fieldOf(object, fieldName)?.label) : "";
              return <span key={path} className="grantline"><span>{object ? `${tr(object.label)} · ${label || fieldName}` : path}</span><span className="tag">{mode === "masked" || mode === "hidden" || mode === "readonly" ? t(mode) : mode}</span></span>;
            })}</dd>
          </div>
        )}
        {(role.can ?? []).length > 0 && (
          <div>
            <dt>{t("rights")}</dt>
            <dd className="chips">{role.can!.map((right) => <span key={right} className="tag ink">{["configure", "manage_people", "skip_stage", "import_history", "intervene", "export", "audit"].includes(right) ? t(`right_${right as "audit"}`) : right}</span>)}</dd>
          </div>
        )}
      </dl>
    </div>
  );
}
