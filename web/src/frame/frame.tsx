import { Suspense, useEffect, useMemo, useState } from "react";
import { Link, Redirect, Route, Switch, useLocation } from "wouter";
import { keyText, listenKeys, useActions } from "@/base/actions.ts";
import { connect } from "@/base/events.ts";
import { relative } from "@/base/format.ts";
import { isSetupDue } from "@/base/first_run.ts";
import { useParams, usePhone, useTitle } from "@/base/hooks.ts";
import { type NavEntry, NavProvider, openPalette, setLocale, useSignOut, tabsOf } from "@/base/nav.ts";
import { both, bothOf, fill, tr } from "@/base/i18n.ts";
import { usePending } from "@/base/pending.ts";
import type { Label } from "@/base/types.ts";
import { locale, usePrefs } from "@/base/prefs.ts";
import { useNetwork } from "@/base/seen.ts";
import { logForm, permission, queryClient, useCounts, useSession } from "@/base/session.ts";
import { askToDiscard } from "@/mobile/leave.ts";
import { Tabs } from "@/mobile/tabs.tsx";
import { Overlays } from "@/record/overlays.tsx";
import { Avatar, Button, Empty, LevelShape, Skeleton } from "@/ui/basics.tsx";
import { Icon } from "@/ui/icon.tsx";
import { MenuButton, type MenuItem } from "@/ui/layer.tsx";
import { Guard } from "./app.tsx";
import { Palette } from "./palette.tsx";
import { menuOf, navOf, screenOf, screens } from "./screens.ts";
import { t } from "./texts.ts";

/* What stays while screens change: rail, top bar, palette, live connection, dialogs by URL. */
export function Frame() {
  const session = useSession();
  const isPhone = usePhone();
  const isNarrow = usePrefs((prefs) => prefs.isRailNarrow);
  const nav = useMemo(() => navOf(session, menuOf(session)), [session, locale()]);
  const tabs = useMemo(() => tabsOf(session.app, menuOf(session)), [session]);
  const [isLive, setLive] = useState(true);
  const [path] = useLocation();

  useEffect(() => connect(queryClient, setLive), [session.me.user.id]);
  useEffect(listenKeys, []);
  useFrameActions(nav);

  return (
    <NavProvider value={nav}>
    <div className={`frame${isNarrow ? " narrow" : ""}`}>
      <a className="skip" href="#content">{t("skip")}</a>
      {!isPhone && <Rail nav={nav} />}
      {!isPhone && <Top isLive={isLive} />}
      <main id="content" className="content" tabIndex={-1}>
        {isPhone && <NetBar isLive={isLive} />}
        <Guard key={path}>
          <Suspense fallback={<Skeleton />}>
            <Screens />
          </Suspense>
        </Guard>
      </main>
      {isPhone && <Tabs tabs={tabs} nav={navOf(session, tabs.filter((tab) => "screen" in tab))} />}
      <Overlays />
      <Palette />
    </div>
    </NavProvider>
  );
}

function Screens() {
  const session = useSession();
  return (
    <Switch>
      {screens.map((screen) => (
        <Route key={screen.name} path={screen.path}>
          {(params) =>
            screen.isAllowed && !screen.isAllowed(session)
              ? <Empty icon="lock" title={t("not_allowed")} />
              : <screen.Page key={JSON.stringify(params)} {...(params as Record<string, string>)} />}
        </Route>
      ))}
      <Route path="/"><Redirect to={isSetupDue(session) ? "/welcome" : session.app.home || "/today"} replace /></Route>
      <Route><NotFound /></Route>
    </Switch>
  );
}

function NotFound() {
  useTitle(t("not_found"));
  return (
    <Empty icon="map-pin" title={t("not_found")} hint={t("not_found_hint")}
      action={<Link className="btn" href="/">{t("go_home")}</Link>} />
  );
}

/* What is between this device and the server: no network, what is old on screen, what waits to be sent. */
function NetBar({ isLive }: { isLive: boolean }) {
  const { isOffline, isAway, seenAt } = useNetwork();
  const items = usePending((state) => state.items);
  const bad = items.filter((item) => item.problem).length;
  if (isLive && !isOffline && items.length === 0) return null;
  const lost = isOffline ? lostText(isAway, seenAt) : isLive ? "" : t("reconnecting");
  return (
    <div className={`lostbar${bad ? " bad" : ""}`} role="status">
      {lost && <span className="rowline"><Icon name="wifi" size={14} />{lost}</span>}
      {items.length > 0 && <Link href="/me" className="rowline"><Icon name={bad ? "alert" : "clock"} size={14} />{bad ? t("unsent", { n: bad }) : t("waiting", { n: items.length })}</Link>}
    </div>
  );
}

function lostText(isAway: boolean, seenAt: number | null): string {
  if (seenAt === null) return t(isAway ? "away" : "offline");
  return t(isAway ? "away_since" : "offline_since", { when: relative(seenAt) });
}

function useIsHere() {
  const [path] = useLocation();
  return (entry: NavEntry) => {
    const href = entry.href.split("?")[0]!;
    return path === href || path.startsWith(`${href}/`);
  };
}

function Rail({ nav }: { nav: NavEntry[] }) {
  const session = useSession();
  const { isRailNarrow, set } = usePrefs();
  const isHere = useIsHere();
  const counts = useCounts().data;
  const main = nav.filter((entry) => entry.screen !== "settings" && entry.screen !== "imports");
  const rest = nav.filter((entry) => entry.screen === "settings" || entry.screen === "imports");
  const item = (entry: NavEntry) => (
    <li key={entry.key}>
      <Link href={entry.href} className={`railitem${isHere(entry) ? " here" : ""}`} title={isRailNarrow ? entry.label : undefined}
        aria-current={isHere(entry) ? "page" : undefined} aria-label={isRailNarrow ? entry.label : undefined}>
        <Icon name={entry.icon} />
        <span className="label cut">{entry.label}</span>
        {entry.screen === "today" && counts && counts.tasks > 0 && <span className="badge">{counts.tasks}</span>}
        {entry.screen === "alerts" && counts && counts.alerts.red > 0 && (
          <span className="railred"><LevelShape level="red" size={10} />{counts.alerts.red}</span>
        )}
      </Link>
    </li>
  );
  return (
    <nav className="rail" aria-label={t("menu")}>
      <Link href="/" className="brand" aria-label={isRailNarrow ? t("product") : undefined}>
        <img src="/icon.svg" alt="" width={28} height={28} />
        <span className="label">
          <strong>{session.app.title ? tr(session.app.title) : t("product")}</strong>
          <span className="meta cut">{session.me.workspace.company}</span>
        </span>
      </Link>
      <ul className="grow scroll">{main.map(item)}</ul>
      <ul>{rest.map(item)}</ul>
      <button type="button" className="railitem" aria-label={t("rail")} title={t("rail")}
        onClick={() => set({ isRailNarrow: !isRailNarrow })}>
        <Icon name={isRailNarrow ? "chevron-right" : "chevron-left"} />
      </button>
    </nav>
  );
}

function Top({ isLive }: { isLive: boolean }) {
  const session = useSession();
  const log = logForm(session);
  const counts = useCounts().data;
  const [, setParams] = useParams();
  const unread = counts?.unread ?? 0;
  return (
    <header className="topbar">
      <button type="button" className="searchbox" onClick={() => openPalette()}>
        <Icon name="search" size={16} />
        <span className="grow cut">{t("search")}</span>
        <kbd>{keyText("mod+k")}</kbd>
      </button>
      <span className="grow" />
      <NetBar isLive={isLive} />
      {log && (
        <Button kind="primary" icon="edit" keys="N" onClick={() => setParams({ log: "new" }, true)}>{tr(log.label)}</Button>
      )}
      <Link href="/inbox" className="btn quiet icon inboxbtn" aria-label={`${t("inbox")} ${t("unread", { n: unread })}`} title={t("inbox")}>
        <Icon name="bell" />
        {unread > 0 && <span className="badge loud">{unread > 99 ? "99+" : unread}</span>}
      </Link>
      <PersonMenu />
    </header>
  );
}

function PersonMenu() {
  const { me } = useSession();
  const prefs = usePrefs();
  const signOut = useSignOut();
  const [, navigate] = useLocation();
  const themes = [["system", "screen"], ["light", "sun"], ["dark", "moon"]] as const;
  const items = (): MenuItem[] => [
    { isTitle: true, label: `${me.user.name} · ${me.user.role_label ? tr(me.user.role_label) : me.user.role}` },
    { label: t("change_password"), icon: "key", run: () => navigate("/me") },
    { isRule: true, label: "" },
    { isTitle: true, label: t("theme") },
    ...themes.map(([theme, icon]) => ({
      label: t(`theme_${theme}`), icon, isChecked: prefs.theme === theme, run: () => prefs.set({ theme }),
    })),
    { isTitle: true, label: t("density") },
    { label: t("density_normal"), icon: "list", isChecked: !prefs.isCompact, run: () => prefs.set({ isCompact: false }) },
    { label: t("density_compact"), icon: "columns", isChecked: prefs.isCompact, run: () => prefs.set({ isCompact: true }) },
    { isTitle: true, label: t("language") },
    { label: "中文", icon: "globe", isChecked: prefs.locale === "zh", run: () => setLocale("zh") },
    { label: "English", icon: "globe", isChecked: prefs.locale === "en", run: () => setLocale("en") },
    { isRule: true, label: "" },
    { label: t("sign_out"), icon: "exit", run: () => void signOut(askToDiscard) },
  ];
  return (
    <MenuButton kind="quiet" className="person" label={me.user.name} align="end" items={items}>
      <Avatar name={me.user.name} isBig />
      <span className="personname cut">{me.user.name}</span>
      <Icon name="chevron-down" size={14} />
    </MenuButton>
  );
}

/* "新建客户" and "New customer", whichever is on screen. */
const createWords = (label: Label) => both("frame", "create").map((text, at) => fill(text, { name: (at === 0 ? label.zh : label.en) || tr(label) }));

function useFrameActions(nav: NavEntry[]) {
  const session = useSession();
  const [, navigate] = useLocation();
  const [, setParams] = useParams();
  const prefs = usePrefs();
  const log = logForm(session);
  const inbox = screenOf("inbox")!;
  const creatable = [...session.objects.values()].filter(
    (object) => permission(session, object.name).create && nav.some((entry) => entry.object === object.name),
  );
  useActions([
    { name: "palette", label: t("search"), keys: "mod+k", isGlobal: true, isHidden: true, run: openPalette },
    { name: "search", label: t("search"), keys: "/", isHidden: true, run: openPalette },
    ...(log ? [{ name: "log", label: tr(log.label), icon: "edit", keys: "n", group: t("group_do"), words: bothOf(log.label), run: () => setParams({ log: "new" }, true) }] : []),
    ...creatable.map((object) => ({
      name: `create:${object.name}`, label: t("create", { name: tr(object.label) }), icon: "plus", group: t("group_do"),
      words: [object.name, ...createWords(object.label)], run: () => setParams({ create: object.name }, true),
    })),
    ...nav.map((entry, index) => ({
      name: `go:${entry.key}`, label: entry.label, words: entry.words, icon: entry.icon, group: t("group_go"),
      keys: entry.shortcut ?? (index < 9 ? `g ${index + 1}` : undefined), run: () => navigate(entry.href),
    })),
    { name: "go:inbox", label: t("inbox"), words: both("frame", "inbox"), icon: inbox.icon, group: t("group_go"), keys: "g i", run: () => navigate("/inbox") },
    { name: "language", label: t("switch_language"), icon: "globe", group: t("group_do"), words: both("frame", "language"), run: () => setLocale(locale() === "zh" ? "en" : "zh") },
    {
      name: "theme", label: t("switch_theme"), icon: "moon", group: t("group_do"), words: [...both("frame", "theme"), ...both("frame", "theme_dark"), ...both("frame", "theme_light")],
      run: () => {
        const isDark = getComputedStyle(document.documentElement).colorScheme.includes("dark") &&
          (prefs.theme === "dark" || window.matchMedia("(prefers-color-scheme: dark)").matches);
        prefs.set({ theme: isDark ? "light" : "dark" });
      },
    },
  ]);
}
