import { useQuery } from "@tanstack/react-query";
import { request } from "@/base/api.ts";
import type * as gen from "@/base/api.gen.ts";
import { met, type Named } from "@/base/find.ts";
import { both, bothOf, tr } from "@/base/i18n.ts";
import { useSession } from "@/base/session.ts";
import { calls } from "./calls.ts";
import { useCalendars } from "./calendars.tsx";
import { sectionPages } from "./sections.ts";
import { t } from "./texts.ts";

/*
 * One search over everything that has a name in the set-up, in Chinese, in English, by how the
 * Chinese is typed, or by API name. Every hit leads to the thing itself; ?at= names the place on a
 * screen that has several.
 */
export interface Hit { label: string; sub: string; href: string; icon: string }
export type Entry = Hit & Named;

export const hitsOf = (entries: Entry[], typed: string, most = 40): Hit[] => met(entries, typed).slice(0, most).map(({ thing }) => thing);

/* Settings of the workspace: where each is set, and what else it is called. */
const SETTINGS: { name: string; room: string; key: string; section: string; icon: string; also?: string }[] = [
  { name: "company", room: "admin", key: "company_name", section: "company", icon: "building" },
  { name: "zone", room: "admin", key: "zone", section: "company", icon: "clock", also: "timezone 时间" },
  { name: "currency", room: "admin", key: "currency", section: "company", icon: "building", also: "金额 money" },
  { name: "otp_roles", room: "security", key: "two_step_roles", section: "security", icon: "lock", also: "otp totp 2fa mfa 动态码 验证器 双因素 two-step second factor" },
  { name: "bi_language", room: "bi", key: "language", section: "bi", icon: "chart", also: "报表 bi" },
  { name: "bi_personal", room: "bi", key: "personal", section: "bi", icon: "chart", also: "报表 隐私 脱敏 privacy bi" },
];

export function useEntries(isOn: boolean): Entry[] {
  const session = useSession();
  const ask = { enabled: isOn, staleTime: 60_000, retry: false } as const;
  const users = useQuery({ queryKey: ["config", "users", "first"], queryFn: () => calls.users(), ...ask });
  const teams = useQuery({ queryKey: ["config", "teams"], queryFn: calls.teams, ...ask });
  const roles = useQuery({ queryKey: ["config", "roles"], queryFn: calls.roles, ...ask });
  const rules = useQuery({ queryKey: ["config", "rules"], queryFn: calls.rules, ...ask });
  const keys = useQuery({ queryKey: ["config", "keys"], queryFn: calls.keys, ...ask });
  const hooks = useQuery({ queryKey: ["config", "webhooks"], queryFn: () => request<{ items: (gen.Webhook & { id: string })[] }>("/webhooks"), ...ask });
  const packs = useQuery({ queryKey: ["config", "packs"], queryFn: () => request<gen.PackList>("/packs"), ...ask });
  const views = useQuery({ queryKey: ["config", "views"], queryFn: () => request<{ items: gen.View[] }>("/views"), ...ask });
  const calendars = useCalendars(isOn);
  if (!isOn) return [];
  const out: Entry[] = [];
  const put = (label: string, sub: string, href: string, icon: string, ...words: (string | null | undefined)[]) =>
    out.push({ label, sub, href, icon, words: words.filter((word): word is string => Boolean(word)) });
  for (const { name, label, href, icon, words } of sectionPages()) put(label, t(`${name}_hint`), href, icon, ...words, ...both("admin", `${name}_hint`));
  for (const setting of SETTINGS) {
    const words = both(setting.room, setting.key);
    put(tr({ zh: words[0] ?? setting.name, en: words[1] ?? setting.name }), t(setting.section as "company"), `/settings/${setting.section}?at=${setting.name}`, setting.icon, setting.name, setting.also, ...words);
  }
  for (const object of session.objects.values()) {
    put(tr(object.label), t("objects"), `/settings/objects/${object.name}`, "box", object.name, ...bothOf(object.label), ...bothOf(object.label_plural));
    if (object.menu || session.app.layouts?.[object.name]) put(tr(object.label), t("layouts"), `/settings/layouts/${object.name}`, "columns", object.name, ...bothOf(object.label));
    for (const field of object.fields) put(tr(field.label), `${tr(object.label)} · ${t("fields")}`, `/settings/objects/${object.name}?field=${field.name}`, "list", field.name, ...bothOf(field.label));
  }
  for (const pipeline of session.pipelines) {
    put(tr(pipeline.label), t("pipelines"), `/settings/pipelines/${pipeline.name}`, "pipeline", pipeline.name, ...bothOf(pipeline.label));
    for (const stage of pipeline.stages) put(tr(stage.label), `${tr(pipeline.label)} · ${t("stage")}`, `/settings/pipelines/${pipeline.name}?stage=${stage.name}`, "flag", stage.name, ...bothOf(stage.label));
  }
  for (const person of users.data?.items ?? []) put(person.name, t("users"), `/settings/users/${person.id}`, "person", person.login);
  for (const team of teams.data?.items ?? []) put(String(team.name), t("teams"), `/settings/teams/${team.id}`, "team");
  for (const role of roles.data?.items ?? []) put(tr(role.label), t("roles"), `/settings/roles/${role.name}`, "key", role.name, ...bothOf(role.label));
  for (const rule of rules.data?.items ?? []) put(tr(rule.label), t("rules"), `/settings/rules/${rule.name}`, "alert", rule.name, ...bothOf(rule.label));
  for (const calendar of calendars.data?.items ?? []) put(tr(calendar.label), t("calendars"), `/settings/calendars/${calendar.name}`, "calendar", calendar.name, ...bothOf(calendar.label));
  for (const hook of hooks.data?.items ?? []) put(hook.name, t("webhooks"), `/settings/webhooks/${hook.id}`, "globe", hook.url);
  for (const key of keys.data?.items ?? []) put(key.name, t("keys"), `/settings/keys?at=key-${key.id}`, "lock", key.hint);
  for (const pack of packs.data?.items ?? []) put(tr(pack.title) || pack.name, t("packs"), `/settings/packs?at=pack-${pack.name}`, "file", pack.name, ...bothOf(pack.title));
  for (const view of views.data?.items ?? []) {
    const object = session.objects.get(view.object);
    if (object) put(String(view.name), `${tr(object.label)} · ${t("view")}`, `/o/${view.object}?view=${view.id}`, "columns");
  }
  return out;
}
