import { useEffect, useRef } from "react";
import { create } from "zustand";

/*
 * Everything a person can do is an Action: one object with a name, a label, an icon, a key and what
 * it does. Buttons, shortcuts, the phone's bars and the command palette all take it from here.
 */
export interface Action {
  name: string;
  label: string;
  icon?: string;
  group?: string;
  /* What else it may be looked for by. */
  words?: string[];
  /* "n", "e", "mod+k", "g t" (one after the other), "?" */
  keys?: string;
  /* Also while typing in a field (palette, save). */
  isGlobal?: boolean;
  isHidden?: boolean;
  run(): void;
}

interface Registry {
  sets: readonly Action[][];
  /* By name; of two with one name the later one counts, until it goes. */
  actions: ReadonlyMap<string, Action>;
  add(actions: Action[]): () => void;
}

function merged(sets: readonly Action[][]) {
  return { sets, actions: new Map(sets.flat().map((action) => [action.name, action])) };
}

export const useActionRegistry = create<Registry>((set) => ({
  sets: [],
  actions: new Map(),
  add(actions) {
    set((state) => merged([...state.sets, actions]));
    return () => set((state) => merged(state.sets.filter((other) => other !== actions)));
  },
}));

/* Registers while the component is on screen; the latest closures run, whatever the deps say. */
export function useActions(actions: Action[]) {
  const latest = useRef(actions);
  latest.current = actions;
  const signature = actions.map((a) => `${a.name}|${a.label}|${a.keys ?? ""}|${a.isHidden ?? ""}`).join("\n");
  useEffect(() => {
    const stable = latest.current.map((action) => ({
      ...action,
      run: () => latest.current.find((other) => other.name === action.name)?.run(),
    }));
    return useActionRegistry.getState().add(stable);
  }, [signature]);
}

const isMac = typeof navigator !== "undefined" && /Mac|iPhone|iPad/.test(navigator.userAgent);

export function keyText(keys: string): string {
  return keys
    .split(" ")
    .map((chord) =>
      chord
        .split("+")
        .map((key) => (key === "mod" ? (isMac ? "⌘" : "Ctrl") : key === "shift" ? "⇧" : key.length === 1 ? key.toUpperCase() : key))
        .join(isMac ? "" : " "),
    )
    .join(" ");
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}

let prefix = "";
let prefixAt = 0;

function chordOf(event: KeyboardEvent): string {
  const mod = event.ctrlKey || event.metaKey ? "mod+" : "";
  return mod + (event.key.length === 1 ? event.key.toLowerCase() : event.key);
}

/* One listener for the whole page. Sequences ("g t") wait 900 ms for their second key. */
export function listenKeys(): () => void {
  const handle = (event: KeyboardEvent) => {
    if (event.isComposing || event.altKey) return;
    const chord = chordOf(event);
    const typing = isTyping(event.target) || document.querySelector("dialog[open]") !== null;
    const isSequence = prefix !== "" && event.timeStamp - prefixAt < 900;
    const wanted = isSequence ? `${prefix} ${chord}` : chord;
    for (const action of [...useActionRegistry.getState().actions.values()].reverse()) {
      if (!action.keys || (typing && !action.isGlobal)) continue;
      if (action.keys === wanted || action.keys === chord) {
        event.preventDefault();
        prefix = "";
        action.run();
        return;
      }
    }
    prefix = typing || chord.includes("+") ? "" : chord;
    prefixAt = event.timeStamp;
  };
  window.addEventListener("keydown", handle);
  return () => window.removeEventListener("keydown", handle);
}
