import "@/ui/chart.css";
import "./admin.css";
import "./objects.css";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useLocation } from "wouter";
import { useActions } from "@/base/actions.ts";
import { isSetupOpen } from "@/base/first_run.ts";
import { usePhone, useTitle } from "@/base/hooks.ts";
import { tr } from "@/base/i18n.ts";
import { useSession } from "@/base/session.ts";
import { Empty } from "@/ui/basics.tsx";
import { Icon } from "@/ui/icon.tsx";
import { calls } from "./calls.ts";
import { Audit } from "./audit.tsx";
import { Calendars } from "./calendars.tsx";
import { Company } from "./company.tsx";
import { t as ft } from "./first_run_texts.ts";
import { FromExcel } from "./from_excel.tsx";
import { Layouts } from "./layouts.tsx";
import { Keys } from "./keys.tsx";
import { Objects } from "./objects.tsx";
import { Packs } from "./packs.tsx";
import { Pipelines } from "./pipelines.tsx";
import { Roles } from "./roles.tsx";
import { Rules } from "./rules.tsx";
import { Teams } from "./teams.tsx";
import { t } from "./texts.ts";
import { Users } from "./users.tsx";
import { Webhooks } from "./webhooks.tsx";

/* Set-up: sections on the left, one search over everything that can be set. */
const SECTIONS = [
  { name: "users", icon: "users", group: "group_people", Page: Users },
  { name: "teams", icon: "team", group: "group_people", Page: Teams },
  { name: "roles", icon: "key", group: "group_people", Page: Roles },
  { name: "audit", icon: "history", group: "group_people", Page: Audit },
  { name: "pipelines", icon: "pipeline", group: "group_process", Page: Pipelines },
  { name: "rules", icon: "alert", group: "group_process", Page: Rules },
  { name: "calendars", icon: "calendar", group: "group_process", Page: Calendars },
  { name: "objects", icon: "box", group: "group_data", Page: Objects },
  { name: "layouts", icon: "columns", group: "group_data", Page: Layouts },
  { name: "packs", icon: "file", group: "group_data", Page: Packs },
  { name: "from_excel", icon: "import", group: "group_data", Page: FromExcel },
  { name: "webhooks", icon: "globe", group: "group_links", Page: Webhooks },
  { name: "keys", icon: "lock", group: "group_links", Page: Keys },
  { name: "company", icon: "building", group: "group_company", Page: Company },
] as const;

type Name = (typeof SECTIONS)[number]["name"];

export default function Settings({ section, item }: { section?: string; item?: string }) {
  const isPhone = usePhone();
  const here = SECTIONS.find((other) => other.name === section) ?? (section || isPhone ? undefined : SECTIONS[0]);
  useTitle(here ? t(here.name) : t("settings"));
  const [, navigate] = useLocation();
  useActions(SECTIONS.map((other) => ({
    name: `settings:${other.name}`, label: `${t("settings")} · ${t(other.name)}`, icon: other.icon, group: t("settings"), run: () => navigate(`/settings/${other.name}`),
  })));
  const menu = <Menu here={here?.name} />;
  if (isPhone && !here) return <div className="settings phone"><header className="pagehead"><h1>{t("settings")}</h1></header>{menu}</div>;
  return (
    <div className={`settings${isPhone ? " phone" : ""}`}>
      {!isPhone && <aside className="settingsmenu scroll"><h1>{t("settings")}</h1>{menu}</aside>}
      <section className="settingsbody scroll">
        {here ? (
          <>
            <header className="settingshead">
              {isPhone && <Link href={item ? `/settings/${here.name}` : "/settings"} className="btn quiet icon" aria-label={t("back")}><Icon name="chevron-left" /></Link>}
              <div className="grow"><h2>{t(here.name)}</h2><p className="meta">{t(`${here.name}_hint`)}</p></div>
            </header>
            <here.Page key={here.name} item={item ? decodeURIComponent(item) : undefined} />
          </>
        ) : <Empty icon="settings" title={t("not_here")} />}
      </section>
    </div>
  );
}

function Menu({ here }: { here?: Name }) {
  const [text, setText] = useState("");
  const hits = useHits(text.trim());
  const session = useSession();
  return (
    <>
      {isSetupOpen(session) && <Link href="/welcome" className="btn primary wide"><Icon name="star" size={16} />{ft("resume")}</Link>}
      <label className="settingssearch">
        <Icon name="search" size={16} />
        <input value={text} onChange={(event) => setText(event.target.value)} placeholder={t("search")} aria-label={t("search")} />
      </label>
      {text.trim() ? (
        <ul className="menulist">
          {hits.map((hit) => (
            <li key={hit.href}><Link href={hit.href}><Icon name={hit.icon} size={16} /><span className="grow two"><span className="cut">{hit.label}</span><span className="meta cut">{hit.sub}</span></span></Link></li>
          ))}
          {hits.length === 0 && <li className="meta nohits">{t("nothing_found", { q: text })}</li>}
        </ul>
      ) : (
        <ul className="menulist">
          {SECTIONS.map((section, i) => (
            <li key={section.name}>
              {SECTIONS[i - 1]?.group !== section.group && <span className="menugroup">{t(section.group)}</span>}
              <Link href={`/settings/${section.name}`} className={section.name === here ? "here" : ""} aria-current={section.name === here ? "page" : undefined}>
                <Icon name={section.icon} /><span className="grow">{t(section.name)}</span>
              </Link>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

interface Hit { label: string; sub: string; href: string; icon: string }

/* Everything that has a name in the set-up. Small enough to look through on every key. */
function useHits(text: string): Hit[] {
  const session = useSession();
  const isOn = text.length > 0;
  const users = useQuery({ queryKey: ["config", "users"], queryFn: () => calls.users(), enabled: isOn, staleTime: 60_000, retry: false });
  const roles = useQuery({ queryKey: ["config", "roles"], queryFn: calls.roles, enabled: isOn, staleTime: 60_000, retry: false });
  const rules = useQuery({ queryKey: ["config", "rules"], queryFn: calls.rules, enabled: isOn, staleTime: 60_000, retry: false });
  if (!isOn) return [];
  const all: (Hit & { words: string })[] = [];
  const put = (label: string, sub: string, href: string, icon: string, ...words: (string | null | undefined)[]) =>
    all.push({ label, sub, href, icon, words: [label, ...words].join(" ").toLowerCase() });
  for (const section of SECTIONS) put(t(section.name), t(`${section.name}_hint`), `/settings/${section.name}`, section.icon, section.name);
  for (const object of session.objects.values()) {
    put(tr(object.label), t("objects"), `/settings/objects/${object.name}`, "box", object.name);
    if (object.menu || session.app.layouts?.[object.name]) put(tr(object.label), t("layouts"), `/settings/layouts/${object.name}`, "columns", object.name);
    for (const field of object.fields) put(tr(field.label), `${tr(object.label)} · ${t("fields")}`, `/settings/objects/${object.name}?field=${field.name}`, "list", field.name);
  }
  for (const pipeline of session.pipelines) {
    put(tr(pipeline.label), t("pipelines"), `/settings/pipelines/${pipeline.name}`, "pipeline", pipeline.name);
    for (const stage of pipeline.stages) put(tr(stage.label), `${tr(pipeline.label)} · ${t("stage")}`, `/settings/pipelines/${pipeline.name}?stage=${stage.name}`, "flag", stage.name);
  }
  for (const person of users.data?.items ?? []) put(person.name, t("users"), `/settings/users/${person.id}`, "person", person.login);
  for (const role of roles.data?.items ?? []) put(tr(role.label), t("roles"), `/settings/roles/${role.name}`, "key", role.name);
  for (const rule of rules.data?.items ?? []) put(tr(rule.label), t("rules"), `/settings/rules/${rule.name}`, "alert", rule.name);
  const needle = text.toLowerCase();
  return all.filter((hit) => hit.words.includes(needle)).slice(0, 40);
}
