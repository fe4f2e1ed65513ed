import { lazy, Suspense, useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { api, ApiError, request } from "@/base/api.ts";
import { tr } from "@/base/i18n.ts";
import { queryClient, useSession } from "@/base/session.ts";
import type { Label, View } from "@/base/types.ts";
import { Button, FormRow, Notice, Segment } from "@/ui/basics.tsx";
import { Icon } from "@/ui/icon.tsx";
import { Dialog, MenuButton, type MenuItem, toast, toastUndo } from "@/ui/layer.tsx";
import type { ListState, ViewChoice } from "./state.ts";
import { t } from "./texts.ts";

const ViewHistory = lazy(() => import("./view_history.tsx").then((room) => ({ default: room.ViewHistory })));
const ConfigHistory = lazy(() => import("@/admin/config_history.tsx").then((room) => ({ default: room.ConfigHistory })));

/* Saved views: pick one, keep what is on screen under a name, bring a saved one up to date, share it. */
const CLEAN = { where: null, order: null, columns: null, q: null, layout: null, group: null, look: null, r: null };
export const LAYOUT_ICONS = { grid: "list", board: "board", calendar: "calendar", gallery: "image" } as const;

/* What is on screen, as a view keeps it. */
function shownBy(state: ListState): Partial<View> {
  const { look } = state;
  return {
    where: state.where.trim(), order: state.order, columns: state.paths, layout: state.layout, group: state.group,
    pinned: look.pinned ?? null, density: look.density ?? null, colors: look.colors?.length ? look.colors : null,
    calendar: look.calendar?.date ? { date: look.calendar.date } : null, gallery: look.gallery ?? null, widths: look.widths ?? null,
    ...(state.pipeline && { pipeline: state.pipeline }),
  };
}

export function ViewMenu({ state }: { state: ListState }) {
  const session = useSession();
  const [editing, setEditing] = useState<"new" | View | null>(null);
  const [dialog, setDialog] = useState<"adopt" | "history" | null>(null);
  const { views, view } = state;
  const pick = (choice: ViewChoice): MenuItem => ({
    label: choice.label, isChecked: choice.key === view.key, icon: choice.layout && choice.layout !== "grid" ? LAYOUT_ICONS[choice.layout] : undefined,
    run: () => state.set({ ...CLEAN, view: choice.key }, true),
  });
  const group = (title: "my_views" | "team_views" | "shared_views", items: ViewChoice[]): MenuItem[] =>
    items.length ? [{ isTitle: true, label: t(title) }, ...items.map(pick)] : [];
  const saved = view.saved;
  /* Which of them may be changed here: one's own, and by who configures all. */
  const own = saved?.can_edit ? saved : view.app?.can_edit ? view.app : undefined;
  const mayConfigure = session.me.permissions.configure === true;
  const kept = views.filter((choice) => choice.saved);
  const refresh = () => void queryClient.invalidateQueries({ queryKey: ["views", state.object.name] });
  const run = async (act: () => Promise<unknown>, after: Record<string, string | null>, text: string) => {
    try {
      await act();
      refresh();
      state.set(after);
      toast(text);
    } catch (error) {
      toast(error instanceof ApiError ? error.message : String(error), { isBad: true });
    }
  };
  /* What several people used comes back from its history: as it was, its owner's. */
  const bringBack = async (gone: View) => {
    if (gone.shared === "me") return void await api.createView(gone);
    const { items } = await api.viewHistory(gone.id);
    await api.undoView(gone.id, items[0]!.id);
  };
  const remove = async (gone: View) => {
    try {
      await api.removeView(gone.id);
      refresh();
      state.set({ ...CLEAN, view: null });
      toastUndo(t("view_deleted"), () => void bringBack(gone).then(refresh, () => { toast(t("undo_failed"), { isBad: true }); }));
    } catch (error) {
      toast(error instanceof ApiError ? error.message : String(error), { isBad: true });
    }
  };
  const copyLink = () => {
    const url = new URL(window.location.href);
    if (!url.searchParams.has("view")) url.searchParams.set("view", view.key);
    url.searchParams.delete("r");
    void navigator.clipboard?.writeText(url.href).then(() => toast(t("view_link_copied")), () => undefined);
  };
  const items: MenuItem[] = [
    ...views.filter((choice) => !choice.saved).map(pick),
    ...group("my_views", kept.filter((choice) => choice.saved!.shared === "me")),
    ...group("team_views", kept.filter((choice) => choice.saved!.shared === "team")),
    ...group("shared_views", kept.filter((choice) => choice.saved!.shared === "all")),
    { isRule: true, label: "" },
    ...(own && state.isChanged ? [{
      label: t("update_view", { name: view.label }), icon: "check",
      run: () => void run(() => api.updateView(own.id, shownBy(state)), { ...CLEAN, view: own.id }, t("view_saved")),
    }] : []),
    { label: t("save_view"), icon: "plus", run: () => setEditing("new") },
    ...(own ? [{ label: t("edit_view", { name: view.label }), icon: "edit", run: () => setEditing(own) }] : []),
    ...((saved && saved.shared !== "me") || (view.app && mayConfigure) ? [{ label: t("view_history"), icon: "history", run: () => setDialog("history") }] : []),
    ...(saved && saved.shared !== "me" && mayConfigure ? [{ label: t("view_adopt"), icon: "box", run: () => setDialog("adopt") }] : []),
    ...(view.app && mayConfigure ? [{
      label: t("view_release"), icon: "exit",
      run: () => void run(async () => { const kept = await api.releaseView(view.key); state.set({ ...CLEAN, view: kept.id }); }, {}, t("view_released")),
    }] : []),
    { label: t("copy_view_link"), icon: "link", run: copyLink },
    ...(saved?.can_edit ? [{
      label: t("delete_view", { name: view.label }), icon: "trash", isDanger: true,
      run: () => void remove(saved),
    }] : []),
  ];
  return (
    <>
      <MenuButton kind="quiet" label={t("view")} items={items} className="viewmenu">
        <span className="cut">{view.label}</span>
        {state.isChanged && <span className="changedmark" aria-hidden="true">•</span>}
        <Icon name="chevron-down" size={14} />
      </MenuButton>
      {editing && (
        <SaveDialog view={editing === "new" ? null : editing} shown={shownBy(state)} object={state.object.name} onClose={() => setEditing(null)}
          onSaved={(id) => { refresh(); state.set(editing === "new" ? { ...CLEAN, view: id } : { view: id }); }} />
      )}
      {dialog === "adopt" && saved && <AdoptDialog view={saved} onClose={() => setDialog(null)} onDone={(id) => { refresh(); state.set({ ...CLEAN, view: id }); }} />}
      {dialog === "history" && (
        <Suspense fallback={null}>
          {saved ? <ViewHistory view={saved} onClose={() => setDialog(null)} onUndone={refresh} />
            : <ConfigHistory kind="view" name={view.key} title={view.label} onClose={() => { setDialog(null); refresh(); }} />}
        </Suspense>
      )}
    </>
  );
}

/* What it is called as configuration, in both languages. */
function AdoptDialog({ view, onClose, onDone }: { view: View; onClose: () => void; onDone: (id: string) => void }) {
  const [name, setName] = useState(`${view.object}_`);
  const [label, setLabel] = useState<Label>({ zh: view.name, en: view.name });
  const [errors, setErrors] = useState<Record<string, string>>({});
  const [problem, setProblem] = useState<string | null>(null);
  const isReady = /^[a-z][a-z0-9_]*[a-z0-9]$/.test(name) && label.zh.trim() !== "";
  const save = async () => {
    if (!isReady) return;
    try {
      const made = await api.adoptView(view.id, { name, label: { zh: label.zh.trim(), en: label.en.trim() || label.zh.trim() } });
      toast(t("view_adopted"));
      onClose();
      onDone(made.id);
    } catch (error) {
      setErrors(error instanceof ApiError ? error.byField() : {});
      setProblem(error instanceof ApiError ? error.general(["name"]) : String(error));
    }
  };
  return (
    <Dialog title={t("view_adopt_title")} onClose={onClose} onSubmit={() => void save()}
      footer={<><Button onClick={onClose}>{t("cancel")}</Button><Button kind="primary" disabled={!isReady} onClick={() => void save()}>{t("view_adopt_title")}</Button></>}>
      <form className="body" onSubmit={(event) => { event.preventDefault(); void save(); }}>
        {problem && <Notice kind="bad">{problem}</Notice>}
        <p className="meta">{t("view_adopt_help")}</p>
        {(["zh", "en"] as const).map((language) => (
          <FormRow key={language} label={t(`view_label_${language}`)} id={`adopt-${language}`} isRequired={language === "zh"}>
            <input id={`adopt-${language}`} className="input" value={label[language]} maxLength={60} onChange={(event) => setLabel({ ...label, [language]: event.target.value })} />
          </FormRow>
        ))}
        <FormRow label={t("view_adopt_name")} id="adopt-name" isRequired help={t("view_adopt_name_help")} error={errors.name}>
          <input id="adopt-name" className="input" value={name} maxLength={60} spellCheck={false} onChange={(event) => setName(event.target.value.trim().toLowerCase())} />
        </FormRow>
        <button type="submit" hidden />
      </form>
    </Dialog>
  );
}

/* Its name, whose it is, and for whom it is the first thing seen. */
function SaveDialog({ view, shown, object, onClose, onSaved }: {
  view: View | null; shown: Partial<View>; object: string; onClose: () => void; onSaved: (id: string) => void;
}) {
  const session = useSession();
  const [name, setName] = useState(view?.name ?? "");
  const [shared, setShared] = useState<View["shared"]>(view?.shared ?? "me");
  const [roles, setRoles] = useState<string[]>(view?.default_for ?? []);
  const [problem, setProblem] = useState<string | null>(null);
  const { intervene, configure } = session.me.permissions;
  const isApp = view !== null && !view.owner;
  const mayShare = intervene || configure || view?.shared !== undefined && view.shared !== "me";
  const known = useQuery({ queryKey: ["roles"], queryFn: () => request<{ items: { name: string; label: Label }[] }>("/roles"), enabled: configure && shared === "all" });
  const save = async () => {
    if (!name.trim()) return;
    const values = { name: name.trim(), ...(!isApp && { shared }), ...(configure && { default_for: shared === "all" && roles.length ? roles : null }) };
    try {
      const kept = view ? await api.updateView(view.id, values) : await api.createView({ ...(shown as View), object, shared, ...values });
      toast(t("view_saved"));
      onClose();
      onSaved(kept.id);
    } catch (error) {
      setProblem(error instanceof ApiError ? (error.general([]) ?? error.message) : String(error));
    }
  };
  return (
    <Dialog title={view ? t("edit_view", { name: view.name }) : t("save_view")} onClose={onClose} onSubmit={() => void save()}
      footer={<><Button onClick={onClose}>{t("cancel")}</Button><Button kind="primary" disabled={!name.trim()} onClick={() => void save()}>{t("save")}</Button></>}>
      <form className="body" onSubmit={(event) => { event.preventDefault(); void save(); }}>
        {problem && <Notice kind="bad">{problem}</Notice>}
        <FormRow label={t("view_name")} id="view-name" isRequired>
          <input id="view-name" className="input" autoFocus value={name} maxLength={60} onChange={(event) => setName(event.target.value)} />
        </FormRow>
        {!isApp && <FormRow label={t("view_shared")} help={t(mayShare ? `shared_${shared}_help` : "shared_denied")}>
          <Segment label={t("view_shared")} value={shared} onChange={setShared}
            options={(mayShare ? (["me", "team", "all"] as const) : (["me"] as const)).map((value) => ({ value, label: t(`shared_${value}`) }))} />
        </FormRow>}
        {configure && shared === "all" && (
          <FormRow label={t("view_default")} help={t("view_default_help")}>
            <div className="chips">
              {(known.data?.items ?? []).map((role) => (
                <button key={role.name} type="button" className="chip" aria-pressed={roles.includes(role.name)}
                  onClick={() => setRoles(roles.includes(role.name) ? roles.filter((other) => other !== role.name) : [...roles, role.name])}>{tr(role.label)}</button>
              ))}
            </div>
          </FormRow>
        )}
      </form>
    </Dialog>
  );
}
