import { useState } from "react";

/*
 * Which groups of a view are folded, kept on this device. Groups are named by their values, so
 * that a group that comes back is as it was left.
 */
const KEY = "leadline.folded";
const VIEW_COUNT_MAX = 60;
const GROUP_COUNT_MAX = 200;

type Kept = Record<string, string[]>;

function read(): Kept {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    return kept && typeof kept === "object" ? (kept as Kept) : {};
  } catch {
    return {};
  }
}

/* The view used last stands last; those not used for long are forgotten. */
function write(view: string, groups: string[]) {
  const { [view]: _, ...others } = read();
  const all = Object.entries({ ...others, ...(groups.length > 0 && { [view]: groups.slice(-GROUP_COUNT_MAX) }) });
  try {
    localStorage.setItem(KEY, JSON.stringify(Object.fromEntries(all.slice(-VIEW_COUNT_MAX))));
  } catch {
    /* A full or forbidden store only means the choice is not remembered. */
  }
}

export function useFolded(view: string) {
  const [state, setState] = useState({ view, groups: new Set(read()[view] ?? []) as ReadonlySet<string> });
  const groups = state.view === view ? state.groups : new Set(read()[view] ?? []);
  const set = (next: ReadonlySet<string>) => {
    setState({ view, groups: next });
    write(view, [...next]);
  };
  return {
    has: (group: string) => groups.has(group),
    key: [...groups].join("\n"),
    set: (names: string[], isFolded: boolean) => {
      const next = new Set(groups);
      for (const name of names) {
        if (isFolded) next.add(name);
        else next.delete(name);
      }
      set(next);
    },
  };
}
