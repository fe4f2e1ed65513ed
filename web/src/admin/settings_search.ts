import { useQuery } from "@tanstack/react-query";
import { request } from "@/base/api.ts";
import type * as gen from "@/base/api.gen.ts";
import { dictionaries, tr } from "@/base/i18n.ts";
import { useSession } from "@/base/session.ts";
import type { Label } from "@/base/types.ts";
import { spells } from "@/formula/pinyin.ts";
import { calls } from "./calls.ts";
import { useCalendars } from "./calendars.tsx";
import { t } from "./texts.ts";

/*
 * One search over everything that has a name in the set-up, in Chinese, in English, by how the
 * Chinese is typed, or by API name. Every hit leads to the thing itself; ?at= names the place on a
 * screen that has several.
 */
export interface Hit { label: string; sub: string; href: string; icon: string }
export interface Entry extends Hit { words: string[] }

/* How well what was typed is met: 0 best, null not at all. */
export function rankOf(entry: Entry, typed: string): number | null {
  const needle = typed.toLowerCase();
  const label = entry.label.toLowerCase();
  if (label.startsWith(needle)) return 0;
  if (label.includes(needle)) return 1;
  const sound = spells(entry.label, needle);
  if (sound !== null) return 2 + sound;
  for (const word of entry.words) {
    if (word.toLowerCase().includes(needle)) return 4;
    if (spells(word, needle) !== null) return 5;
  }
  return null;
}

export function hitsOf(entries: Entry[], typed: string, most = 40): Hit[] {
  const met = entries.flatMap((entry, at) => {
    const rank = rankOf(entry, typed);
    return rank === null ? [] : [{ entry, rank, at }];
  });
  met.sort((a, b) => a.rank - b.rank || a.at - b.at);
  return met.slice(0, most).map(({ entry }) => entry);
}

/* Both languages of a text: whoever reads one may have heard the other. */
const both = (room: string, key: string): string[] => [...(dictionaries[room]?.[key] ?? [])];
const labels = (label: Label | null | undefined): string[] => (label ? [label.zh, label.en].filter(Boolean) : []);

/* Settings of the workspace: where each is set, and what else it is called. */
const SETTINGS: { name: string; room: string; key: string; section: string; icon: string; also?: string }[] = [
  { name: "company", room: "admin", key: "company_name", section: "company", icon: "building" },
  { name: "zone", room: "admin", key: "zone", section: "company", icon: "clock", also: "timezone 时间" },
  { name: "currency", room: "admin", key: "currency", section: "company", icon: "building", also: "金额 money" },
  { name: "otp_roles", room: "security", key: "two_step_roles", section: "security", icon: "lock", also: "otp totp 2fa mfa 动态码 验证器 双因素 two-step second factor" },
  { name: "bi_language", room: "security", key: "bi_language", section: "bi", icon: "chart", also: "报表 bi" },
  { name: "bi_personal", room: "security", key: "bi_personal", section: "bi", icon: "chart", also: "报表 隐私 脱敏 privacy bi" },
];

const ALSO: Record<string, string> = {
  users: "员工 账号 成员 邀请 invite accounts staff 登录设备 session", roles: "权限 rights permissions 脱敏 masking", keys: "api token 接口 令牌", webhooks: "回调 推送 integration 集成",
  calendars: "节假日 放假 调休 holiday workday 上班时间", layouts: "表单 form", packs: "升级 upgrade 导出配置", audit: "日志 log", security: "密码 password 安全",
  bi: "报表 postgres 视图", rules: "预警 提醒 自动 alert reminder", pipelines: "阶段 stage 门槛 gate", from_excel: "工作簿 workbook", company: "样例 sample",
};

export function useEntries(sections: readonly { name: string; icon: string }[], isOn: boolean): Entry[] {
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
  for (const section of sections) {
    const name = section.name as "users";
    put(t(name), t(`${name}_hint`), `/settings/${name}`, section.icon, name, ...both("admin", name), ALSO[name], ...both("admin", `${name}_hint`));
  }
  for (const setting of SETTINGS) {
    const words = both(setting.room, setting.key);
    put(tr({ zh: words[0] ?? setting.name, en: words[1] ?? setting.name }), t(setting.section as "company"), `/settings/${setting.section}?at=${setting.name}`, setting.icon, setting.name, setting.also, ...words);
  }
  for (const object of session.objects.values()) {
    put(tr(object.label), t("objects"), `/settings/objects/${object.name}`, "box", object.name, ...labels(object.label), ...labels(object.label_plural));
    if (object.menu || session.app.layouts?.[object.name]) put(tr(object.label), t("layouts"), `/settings/layouts/${object.name}`, "columns", object.name, ...labels(object.label));
    for (const field of object.fields) put(tr(field.label), `${tr(object.label)} · ${t("fields")}`, `/settings/objects/${object.name}?field=${field.name}`, "list", field.name, ...labels(field.label));
  }
  for (const pipeline of session.pipelines) {
    put(tr(pipeline.label), t("pipelines"), `/settings/pipelines/${pipeline.name}`, "pipeline", pipeline.name, ...labels(pipeline.label));
    for (const stage of pipeline.stages) put(tr(stage.label), `${tr(pipeline.label)} · ${t("stage")}`, `/settings/pipelines/${pipeline.name}?stage=${stage.name}`, "flag", stage.name, ...labels(stage.label));
  }
  for (const person of users.data?.items ?? []) put(person.name, t("users"), `/settings/users/${person.id}`, "person", person.login);
  for (const team of teams.data?.items ?? []) put(String(team.name), t("teams"), `/settings/teams/${team.id}`, "team");
  for (const role of roles.data?.items ?? []) put(tr(role.label), t("roles"), `/settings/roles/${role.name}`, "key", role.name, ...labels(role.label));
  for (const rule of rules.data?.items ?? []) put(tr(rule.label), t("rules"), `/settings/rules/${rule.name}`, "alert", rule.name, ...labels(rule.label));
  for (const calendar of calendars.data?.items ?? []) put(tr(calendar.label), t("calendars"), `/settings/calendars/${calendar.name}`, "calendar", calendar.name, ...labels(calendar.label));
  for (const hook of hooks.data?.items ?? []) put(hook.name, t("webhooks"), `/settings/webhooks/${hook.id}`, "globe", hook.url);
  for (const key of keys.data?.items ?? []) put(key.name, t("keys"), `/settings/keys?at=key-${key.id}`, "lock", key.hint);
  for (const pack of packs.data?.items ?? []) put(tr(pack.title) || pack.name, t("packs"), `/settings/packs?at=pack-${pack.name}`, "file", pack.name, ...labels(pack.title));
  for (const view of views.data?.items ?? []) {
    const object = session.objects.get(view.object);
    if (object) put(String(view.name), `${tr(object.label)} · ${t("view")}`, `/o/${view.object}?view=${view.id}`, "columns");
  }
  return out;
}
