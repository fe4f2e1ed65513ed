import { tr } from "@/base/i18n.ts";
import { locale } from "@/base/prefs.ts";
import type { Label } from "@/base/types.ts";

/* The name of an object inside a sentence: "an opportunity", "商机". */
export function noun(label: Label | undefined, fallback = ""): string {
  const text = tr(label) || fallback;
  if (locale() === "zh" || !/^[A-Z]/i.test(text)) return text;
  /* Abbreviations keep their capitals. */
  const low = /^[A-Z]{2}/.test(text) ? text : text.charAt(0).toLowerCase() + text.slice(1);
  return `${/^[aeiou]/i.test(low) ? "an" : "a"} ${low}`;
}
