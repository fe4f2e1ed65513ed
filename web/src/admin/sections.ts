import type { Named } from "@/base/find.ts";
import { both } from "@/base/i18n.ts";
import { t } from "./texts.ts";

/* The set-up's sections, in the order of its menu. */
export const SECTIONS = [
  { name: "users", icon: "users", group: "group_people" },
  { name: "teams", icon: "team", group: "group_people" },
  { name: "roles", icon: "key", group: "group_people" },
  { name: "security", icon: "lock", group: "group_people" },
  { name: "audit", icon: "history", group: "group_people" },
  { name: "pipelines", icon: "pipeline", group: "group_process" },
  { name: "rules", icon: "alert", group: "group_process" },
  { name: "calendars", icon: "calendar", group: "group_process" },
  { name: "objects", icon: "box", group: "group_data" },
  { name: "layouts", icon: "columns", group: "group_data" },
  { name: "packs", icon: "file", group: "group_data" },
  { name: "from_excel", icon: "import", group: "group_data" },
  { name: "webhooks", icon: "globe", group: "group_links" },
  { name: "keys", icon: "key", group: "group_links" },
  { name: "bi", icon: "chart", group: "group_links" },
  { name: "company", icon: "building", group: "group_company" },
] as const;
export type SectionName = (typeof SECTIONS)[number]["name"];

const ALSO: Partial<Record<SectionName, string>> = {
  users: "员工 账号 成员 邀请 invite accounts staff 登录设备 session", roles: "权限 rights permissions 脱敏 masking", keys: "api token 接口 令牌", webhooks: "回调 推送 integration 集成",
  calendars: "节假日 放假 调休 holiday workday 上班时间", layouts: "表单 form", packs: "升级 upgrade 导出配置", audit: "日志 log", security: "密码 password 安全",
  bi: "报表 postgres 视图", rules: "预警 提醒 自动 alert reminder", pipelines: "阶段 stage 门槛 gate", from_excel: "工作簿 workbook", company: "样例 sample",
};

export interface SectionPage extends Named { name: SectionName; icon: string; href: string }

/* By name in both languages (whoever reads one may have heard the other), alone or behind the set-up's own. */
export function sectionPages(): SectionPage[] {
  const settings = both("admin", "settings");
  return SECTIONS.map(({ name, icon }) => ({
    name, icon, href: `/settings/${name}`, label: t(name),
    words: [name, ...both("admin", name), ...both("admin", name).map((word, at) => `${settings[at]} ${word}`), ALSO[name] ?? ""].filter(Boolean),
  }));
}
