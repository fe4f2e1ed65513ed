import { lazy, type ComponentType, type LazyExoticComponent } from "react";
import { both, bothOf, tr } from "@/base/i18n.ts";
import type { NavEntry } from "@/base/nav.ts";
import { permission, type Session } from "@/base/session.ts";
import type { NavItem } from "@/base/types.ts";
import { texts } from "@/base/i18n.ts";

/*
 * Every screen of the app: one file + one line here. A screen has a name (GET /app puts it in the
 * rail by that name), a path, and a module loaded when it is first opened. `path` follows wouter's
 * patterns; named parts arrive as props.
 */
const t = texts("screens", {
  today: ["今日", "Today"],
  inbox: ["收件箱", "Inbox"],
  alerts: ["红色警报墙", "Alert wall"],
  measures: ["过程健康", "Process health"],
  funnel: ["漏斗", "Funnel"],
  imports: ["导入", "Import"],
  settings: ["设置", "Settings"],
  me: ["我的", "Me"],
});

type Props = Record<string, string>;

export interface Screen {
  name: string;
  path: string;
  icon: string;
  label?: () => string;
  /* Extra key pressed after "g". */
  key?: string;
  isAllowed?: (session: Session) => boolean;
  Page: LazyExoticComponent<ComponentType<Props>>;
}

type Load = () => Promise<{ default: unknown }>;
const page = (load: Load) =>
  lazy(load as () => Promise<{ default: ComponentType<Props> }>);

const mayConfigure = ({ me }: Session) => Boolean(me.permissions.configure || me.permissions.admin);
const mayImport = ({ me }: Session) =>
  Boolean(me.permissions.import) || Object.values(me.permissions.objects).some((object) => object.import);

export const screens: Screen[] = [
  { name: "today", path: "/today", icon: "today", key: "t", label: () => t("today"), Page: page(() => import("@/process/today.tsx")) },
  { name: "inbox", path: "/inbox", icon: "bell", key: "i", label: () => t("inbox"), Page: page(() => import("@/process/inbox.tsx")) },
  { name: "records", path: "/o/:object", icon: "list", Page: page(() => import("@/view/list.tsx")) },
  { name: "record", path: "/o/:object/:id", icon: "list", Page: page(() => import("@/record/page.tsx")) },
  { name: "alerts", path: "/alerts", icon: "alert", key: "a", label: () => t("alerts"), Page: page(() => import("@/process/wall.tsx")) },
  { name: "measures", path: "/measures", icon: "pulse", key: "p", label: () => t("measures"), Page: page(() => import("@/board/measures.tsx")) },
  { name: "funnel", path: "/funnel", icon: "funnel", key: "f", label: () => t("funnel"), isAllowed: (session) => session.pipelines.length > 0, Page: page(() => import("@/board/funnel.tsx")) },
  { name: "imports", path: "/imports", icon: "import", label: () => t("imports"), isAllowed: mayImport, Page: page(() => import("@/admin/imports.tsx")) },
  { name: "import", path: "/imports/:id", icon: "import", isAllowed: mayImport, Page: page(() => import("@/admin/imports.tsx")) },
  { name: "settings", path: "/settings", icon: "settings", label: () => t("settings"), isAllowed: mayConfigure, Page: page(() => import("@/admin/settings.tsx")) },
  { name: "settings_section", path: "/settings/:section", icon: "settings", isAllowed: mayConfigure, Page: page(() => import("@/admin/settings.tsx")) },
  { name: "settings_item", path: "/settings/:section/:item", icon: "settings", isAllowed: mayConfigure, Page: page(() => import("@/admin/settings.tsx")) },
  { name: "welcome", path: "/welcome", icon: "star", isAllowed: mayConfigure, Page: page(() => import("@/admin/first_run.tsx")) },
  { name: "me", path: "/me", icon: "person", label: () => t("me"), Page: page(() => import("@/mobile/me.tsx")) },
];

export function screenOf(name: string): Screen | undefined {
  return screens.find((screen) => screen.name === name);
}

/* What the app has in its menu; objects that ask to be there follow its last list. */
export function menuOf({ app, objects }: Session): NavItem[] {
  const own = [...objects.values()].filter((object) => object.menu && !app.nav.some((item) => item.object === object.name));
  const at = app.nav.findLastIndex((item) => item.screen === "records") + 1;
  return [...app.nav.slice(0, at), ...own.map((object): NavItem => ({ screen: "records", object: object.name })), ...app.nav.slice(at)];
}

/* The rail: what the pack asks for, minus what does not exist or may not be opened. */
export function navOf(session: Session, items: NavItem[]): NavEntry[] {
  const out: NavEntry[] = [];
  for (const item of items) {
    const screen = screenOf(item.screen);
    if (!screen || (screen.isAllowed && !screen.isAllowed(session))) continue;
    if (screen.name === "records") {
      const object = item.object ? session.objects.get(item.object) : undefined;
      if (!object || permission(session, object.name).read === false) continue;
      out.push({
        key: `records:${object.name}`, screen: "records", object: object.name,
        href: `/o/${object.name}${item.layout === "board" ? "?layout=board" : ""}`,
        label: tr(item.label ?? object.label_plural ?? object.label), icon: item.icon ?? object.icon ?? "list",
        words: [object.name, ...bothOf(item.label), ...bothOf(object.label), ...bothOf(object.label_plural)],
      });
    } else {
      out.push({
        key: screen.name, screen: screen.name, href: screen.path,
        label: item.label ? tr(item.label) : (screen.label?.() ?? screen.name),
        words: [screen.name, ...bothOf(item.label), ...both("screens", screen.name)],
        icon: item.icon ?? screen.icon, shortcut: screen.key ? `g ${screen.key}` : undefined,
      });
    }
  }
  return out;
}
