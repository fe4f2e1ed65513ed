import { request } from "@/base/api.ts";
import type * as gen from "@/base/api.gen.ts";
import type { Calendar, Day } from "./calendar_days.ts";

const part = encodeURIComponent;

export const calendarCalls = {
  list: () => request<gen.CalendarList>("/calendars"),
  create: (body: Partial<Calendar>) => request<Calendar>("/calendars", { method: "POST", body }),
  change: (name: string, body: Record<string, unknown>) => request<Calendar>(`/calendars/${part(name)}`, { method: "PATCH", body }),
  days: (name: string, body: { days: Day[] | gen.CalendarDay[]; years?: number[] }) => request<Calendar>(`/calendars/${part(name)}/days`, { method: "POST", body }),
  remove: (name: string) => request<void>(`/calendars/${part(name)}`, { method: "DELETE" }),
};
