import { useQueries } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";
import { useLocation } from "wouter";
import { keyText, useActionRegistry } from "@/base/actions.ts";
import { api } from "@/base/api.ts";
import { met, type Named, RANK_LABEL } from "@/base/find.ts";
import { useDebounced, usePhone } from "@/base/hooks.ts";
import { listed, tr } from "@/base/i18n.ts";
import { useSession } from "@/base/session.ts";
import { recentRecords } from "@/object/recent.ts";
import { pluralOf, titleOf } from "@/object/object.ts";
import { Button } from "@/ui/basics.tsx";
import { Icon } from "@/ui/icon.tsx";
import { Dialog } from "@/ui/layer.tsx";
import { rememberUsed, usedCommands } from "./recent.ts";
import { screenOf } from "./screens.ts";
import { t } from "./texts.ts";

/*
 * Ctrl/⌘ K: every action and page by name, in both languages and by how the Chinese is typed, every
 * record by its words, and what was used and seen last. Commands that are called what was typed come
 * first, so that records found later move nothing away from under the hand.
 */
interface Hit {
  key: string;
  command?: string;
  group: string;
  icon: string;
  label: string;
  sub?: string;
  keys?: string;
  run: () => void;
}

interface Command extends Named {
  name: string;
  group: string;
  icon: string;
  shown?: string; /* in place of the label */
  keys?: string;
  isRare?: boolean; /* not listed before something is typed */
  run: () => void;
}

const COMMANDS_FIRST = 6;
const USED_SHOWN = 4;

export function Palette() {
  const [isOpen, setOpen] = useState(false);
  useEffect(() => {
    const open = () => setOpen(true);
    window.addEventListener("leadline:palette", open);
    return () => window.removeEventListener("leadline:palette", open);
  }, []);
  return isOpen ? <PaletteDialog onClose={() => setOpen(false)} /> : null;
}

/* The records found, and whether that is all there is to wait for. */
function useRecordHits(text: string): { records: Hit[]; isSettled: boolean } {
  const session = useSession();
  const [, navigate] = useLocation();
  const wanted = useDebounced(text.trim(), 140);
  const names = (session.app.search ?? []).filter((name) => session.objects.has(name));
  const found = useQueries({
    queries: names.map((name) => ({
      queryKey: ["search", name, wanted],
      queryFn: ({ signal }: { signal: AbortSignal }) => api.records(name, { q: wanted, limit: 5 }, signal),
      enabled: wanted.length > 0,
      staleTime: 30_000,
    })),
  });
  if (!wanted) {
    const records = recentRecords().filter((recent) => session.objects.has(recent.object)).slice(0, 6).map((recent) => ({
      key: `recent:${recent.id}`, group: t("group_recent"), icon: session.objects.get(recent.object)!.icon ?? "list",
      label: recent.title, sub: tr(session.objects.get(recent.object)!.label), run: () => navigate(`/o/${recent.object}/${recent.id}`),
    }));
    return { records, isSettled: true };
  }
  const records = found.flatMap((result, index) => {
    const object = session.objects.get(names[index]!)!;
    return (result.data?.items ?? []).map((row) => ({
      key: `${object.name}:${row.id}`, group: t("group_records"), icon: object.icon ?? "list",
      label: titleOf(object, row), sub: tr(object.label), run: () => navigate(`/o/${object.name}/${row.id}`),
    }));
  });
  return { records, isSettled: wanted === text.trim() && found.every((result) => !result.isPending) };
}

/* What the screens offer at the moment, and the pages of the set-up for those who may open it. */
function useCommands(): Command[] {
  const session = useSession();
  const [, navigate] = useLocation();
  const actions = useActionRegistry((state) => state.actions);
  const [pages, setPages] = useState<Command[]>([]);
  const settings = screenOf("settings")!;
  const mayOpen = settings.isAllowed!(session);
  useEffect(() => {
    if (!mayOpen) return;
    const group = settings.label!();
    void import("@/admin/sections.ts").then(({ sectionPages }) => setPages(sectionPages().map((page) => ({
      ...page, name: `settings:${page.name}`, group, shown: `${group} › ${page.label}`, isRare: true, run: () => navigate(page.href),
    })))).catch(() => undefined);
  }, [mayOpen]);
  return useMemo(() => [
    ...[...actions.values()].filter((action) => !action.isHidden).map((action) => ({
      name: action.name, label: action.label, words: action.words ?? [], group: action.group ?? t("group_do"), icon: action.icon ?? "spark",
      keys: action.keys ? keyText(action.keys) : undefined, run: action.run,
    })),
    ...pages,
  ], [actions, pages]);
}

const hitOf = (command: Command, group: string, sub?: string): Hit => ({
  key: `${group}:${command.name}`, command: command.name, group, icon: command.icon, label: command.shown ?? command.label, sub, keys: command.keys, run: command.run,
});

/* Nothing typed: what was used last, what was seen last, and what else there is. */
function hitsAtFirst(commands: Command[], records: Hit[]): Hit[] {
  const used = usedCommands().flatMap((name) => commands.find((command) => command.name === name) ?? []).slice(0, USED_SHOWN);
  const rest = commands.filter((command) => !command.isRare && !used.includes(command));
  return [...used.map((command) => hitOf(command, t("group_used"))), ...records, ...rest.map((command) => hitOf(command, command.group))];
}

function hitsOf(commands: Command[], typed: string, records: Hit[]): Hit[] {
  const used = usedCommands();
  const age = (command: Command) => (used.includes(command.name) ? used.indexOf(command.name) : used.length);
  const found = met([...commands].sort((a, b) => age(a) - age(b)), typed);
  const first = found.filter(({ rank }) => rank <= RANK_LABEL).slice(0, COMMANDS_FIRST);
  const rest = found.filter((one) => !first.includes(one));
  const show = (list: typeof found, group: string) => list.map(({ thing }) => hitOf(thing, group, thing.shown ? undefined : thing.group));
  return [...show(first, t("group_commands")), ...records, ...show(rest, t(first.length > 0 ? "group_more" : "group_commands"))];
}

function PaletteDialog({ onClose }: { onClose: () => void }) {
  const [text, setText] = useState("");
  const [active, setActive] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const isPhone = usePhone();
  const commands = useCommands();
  const { records, isSettled } = useRecordHits(text);
  const session = useSession();
  const names = listed((session.app.search ?? []).flatMap((name) => session.objects.get(name) ?? []).map(pluralOf));
  const hint = t("search_hint", { names });
  const typed = text.trim();
  const hits = useMemo(() => (typed ? hitsOf(commands, typed, records) : hitsAtFirst(commands, records)), [typed, commands, records]);
  const at = Math.min(active, Math.max(0, hits.length - 1));
  const run = (hit: Hit | undefined) => {
    if (!hit) return;
    if (hit.command) rememberUsed(hit.command);
    onClose();
    /* After the dialog has given its focus back, so that what opens next can take it. */
    setTimeout(hit.run, 0);
  };
  const onKey = (event: React.KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      setActive(Math.max(0, Math.min(hits.length - 1, at + (event.key === "ArrowDown" ? 1 : -1))));
    } else if (event.key === "Enter") {
      event.preventDefault();
      run(hits[at]);
    }
  };
  return (
    <Dialog title="" label={t("search")} hasNoHeader isTop onClose={onClose}>
      <div className="palette">
        <div className="paletteinput">
          <Icon name="search" />
          <input autoFocus placeholder={hint} aria-label={hint} value={text} role="combobox"
            aria-expanded="true" aria-controls="palette-list" aria-activedescendant={hits[at] ? `palette-${at}` : undefined}
            onChange={(event) => { setText(event.target.value); setActive(0); }} onKeyDown={onKey} />
          <kbd>Esc</kbd>
          {isPhone && <Button kind="quiet" icon="close" aria-label={t("close")} onClick={onClose} />}
        </div>
        <div ref={list} id="palette-list" className="palettelist scroll" role="listbox">
          {hits.map((hit, index) => (
            <div key={hit.key}>
              {hits[index - 1]?.group !== hit.group && <div className="poptitle">{hit.group}</div>}
              <div id={`palette-${index}`} className="option" role="option" aria-selected={index === at}
                ref={index === at ? (el) => el?.scrollIntoView({ block: "nearest" }) : undefined}
                onPointerMove={() => index !== at && setActive(index)} onClick={() => run(hit)}>
                <Icon name={hit.icon} size={16} />
                <span className="grow cut">{hit.label}</span>
                {hit.sub && <span className="sub">{hit.sub}</span>}
                {hit.keys && <kbd>{hit.keys}</kbd>}
              </div>
            </div>
          ))}
          {hits.length === 0 && isSettled && <p className="palettenone" role="status">{t("search_none", { text: text.trim() })}</p>}
        </div>
      </div>
    </Dialog>
  );
}
