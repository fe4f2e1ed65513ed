import { ask } from "@/ui/ask.tsx";
import { t } from "./texts.ts";

/* Leaving with something unsent gives it up; that is said first. */
export function askToDiscard(count: number): Promise<boolean> {
  return ask({ title: t("leave_title", { n: count }), text: t("leave_text"), yes: t("leave_anyway"), isDanger: true });
}
