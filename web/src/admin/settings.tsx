import "@/ui/chart.css";
import "./admin.css";
import "./objects.css";
import { type ComponentType, useEffect, useState } from "react";
import { Link } from "wouter";
import { isSetupOpen } from "@/base/first_run.ts";
import { useParams, usePhone, useTitle } from "@/base/hooks.ts";
import { useSession } from "@/base/session.ts";
import { Empty } from "@/ui/basics.tsx";
import { Icon } from "@/ui/icon.tsx";
import { Audit } from "./audit.tsx";
import { Bi } from "./bi.tsx";
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
import { Security } from "./security.tsx";
import { type SectionName, SECTIONS } from "./sections.ts";
import { hitsOf, useEntries } from "./settings_search.ts";
import { t } from "./texts.ts";
import { Users } from "./users.tsx";
import { Webhooks } from "./webhooks.tsx";

/* Set-up: sections on the left, one search over everything that can be set. */
const PAGES: Record<SectionName, ComponentType<{ item?: string }>> = {
  users: Users, teams: Teams, roles: Roles, security: Security, audit: Audit, pipelines: Pipelines, rules: Rules, calendars: Calendars, objects: Objects,
  layouts: Layouts, packs: Packs, from_excel: FromExcel, webhooks: Webhooks, keys: Keys, bi: Bi, company: Company,
};

export default function Settings({ section, item }: { section?: string; item?: string }) {
  const isPhone = usePhone();
  const here = SECTIONS.find((other) => other.name === section) ?? (section || isPhone ? undefined : SECTIONS[0]);
  const Page = here && PAGES[here.name];
  useTitle(here ? t(here.name) : t("settings"));
  useLanding(`${section ?? ""}/${item ?? ""}`);
  const menu = <Menu here={here?.name} />;
  if (isPhone && !here) return <div className="settings phone"><header className="pagehead"><h1>{t("settings")}</h1></header>{menu}</div>;
  return (
    <div className={`settings${isPhone ? " phone" : ""}`}>
      {!isPhone && <aside className="settingsmenu scroll"><h1>{t("settings")}</h1>{menu}</aside>}
      <section className="settingsbody scroll">
        {here && Page ? (
          <>
            <header className="settingshead">
              {isPhone && <Link href={item ? `/settings/${here.name}` : "/settings"} className="btn quiet icon" aria-label={t("back")}><Icon name="chevron-left" /></Link>}
              <div className="grow"><h2>{t(here.name)}</h2><p className="meta">{t(`${here.name}_hint`)}</p></div>
            </header>
            <Page key={here.name} item={item ? decodeURIComponent(item) : undefined} />
          </>
        ) : <Empty icon="settings" title={t("not_here")} />}
      </section>
    </div>
  );
}

/* ?at= names a place on the screen: it is brought into sight and given the focus, once it is there. */
function useLanding(place: string) {
  const [params] = useParams();
  const at = params.get("at");
  useEffect(() => {
    if (!at) return undefined;
    let tries = 0;
    const timer = setInterval(() => {
      const found = document.getElementById(at);
      tries += 1;
      if (!found && tries < 50) return;
      clearInterval(timer);
      found?.scrollIntoView({ block: "center" });
      found?.focus({ preventScroll: true });
      found?.classList.add("landed");
    }, 100);
    return () => clearInterval(timer);
  }, [at, place]);
}

function Menu({ here }: { here?: SectionName }) {
  const [text, setText] = useState("");
  const typed = text.trim();
  const entries = useEntries(typed.length > 0);
  const hits = typed ? hitsOf(entries, typed) : [];
  const session = useSession();
  return (
    <>
      {isSetupOpen(session) && <Link href="/welcome" className="btn primary wide"><Icon name="star" size={16} />{ft("resume")}</Link>}
      <label className="settingssearch">
        <Icon name="search" size={16} />
        <input value={text} onChange={(event) => setText(event.target.value)} placeholder={t("search")} aria-label={t("search")} />
      </label>
      {typed ? (
        <ul className="menulist">
          {hits.map((hit) => (
            <li key={hit.href + hit.icon}><Link href={hit.href}><Icon name={hit.icon} size={16} /><span className="grow two"><span className="cut">{hit.label}</span><span className="meta cut">{hit.sub}</span></span></Link></li>
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
