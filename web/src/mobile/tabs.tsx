import "./mobile.css";
import { Link, useLocation } from "wouter";
import { useParams } from "@/base/hooks.ts";
import { tr } from "@/base/i18n.ts";
import { logForm, useCounts, useSession } from "@/base/session.ts";
import type { NavEntry, tabsOf } from "@/base/nav.ts";
import { Icon } from "@/ui/icon.tsx";
import { t } from "./texts.ts";

/* The phone's bottom bar; the log button sits where the pack puts it, in thumb's reach. */
export function Tabs({ tabs, nav }: { tabs: ReturnType<typeof tabsOf>; nav: NavEntry[] }) {
  const session = useSession();
  const [path] = useLocation();
  const [, setParams] = useParams();
  const counts = useCounts().data;
  return (
    <nav className="tabbar" aria-label={t("tabs")}>
      {tabs.map((tab) => {
        if ("log" in tab) {
          const log = logForm(session);
          return log && (
            <button key="log" type="button" className="tablog" aria-label={tr(log.label)} onClick={() => setParams({ log: "new" }, true)}>
              <Icon name="plus" size={26} />
            </button>
          );
        }
        const entry = nav.find((item) => item.screen === tab.screen && item.object === tab.object);
        if (!entry) return null;
        const href = entry.href.split("?")[0]!;
        const isHere = path === href || path.startsWith(`${href}/`);
        const badge = entry.screen === "today" ? counts?.tasks : entry.screen === "me" ? counts?.unread : 0;
        return (
          <Link key={entry.key} href={entry.href} className={`tab${isHere ? " here" : ""}`} aria-current={isHere ? "page" : undefined}>
            <span className="tabicon"><Icon name={entry.icon} size={22} />{badge ? <span className={`badge ${entry.screen === "me" ? "loud" : "ink"}`}>{badge > 99 ? "99+" : badge}</span> : null}</span>
            <span>{entry.label}</span>
          </Link>
        );
      })}
    </nav>
  );
}
