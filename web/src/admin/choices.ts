import type { Choice } from "@/base/types.ts";
import { nameFor } from "./stage_edit.ts";

/*
 * Choices as lines of text: "高 | High", or "高 | High | high" with the API name. A line whose label
 * is that of a choice already there keeps its name, so that records do not lose their value.
 */
export function choicesText(choices: Choice[]): string {
  return choices.map(({ label }) => (label.zh === label.en ? label.zh : `${label.zh} | ${label.en}`)).join("\n");
}

export function parseChoices(text: string, known: Choice[]): Choice[] {
  const out: Choice[] = [];
  const taken = new Set<string>();
  const lines = text.split("\n").map((line) => line.trim()).filter(Boolean);
  lines.forEach((line, i) => {
    const [zh, en = zh, given] = line.split("|").map((part) => part.trim()) as [string, string?, string?];
    if (!zh) return;
    const label = { zh, en: en || zh };
    const same = known.find((other) => !taken.has(other.name) && (other.label.zh === zh || other.label.en === label.en)) ??
      /* A line that was only reworded stands where it stood. */
      (lines.length === known.length ? known[i] : undefined);
    const kept = same && !taken.has(same.name) ? same : undefined;
    const name = kept?.name ?? nameFor(given || label.en, [...taken, ...known.map((other) => other.name)]);
    taken.add(name);
    out.push({ ...(kept ?? {}), name, label });
  });
  return out;
}

/* One that was added by a click had no label yet: it is named by what it is called when it is kept for the first time. */
export function namedAnew(choices: Choice[], stored: readonly string[]): Choice[] {
  const taken = choices.filter((choice) => stored.includes(choice.name) || !/^choice(_\d+)?$/.test(choice.name)).map((choice) => choice.name);
  return choices.map((choice) => {
    if (taken.includes(choice.name)) return choice;
    const name = nameFor(/[a-z]/i.test(choice.label.en) ? choice.label.en : choice.label.zh, taken);
    taken.push(name);
    return { ...choice, name };
  });
}
