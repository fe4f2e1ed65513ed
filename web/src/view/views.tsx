import { useState } from "react";
import { api, ApiError } from "@/base/api.ts";
import { queryClient } from "@/base/session.ts";
import { Button, FormRow, Notice, Segment } from "@/ui/basics.tsx";
import { Icon } from "@/ui/icon.tsx";
import { Dialog, MenuButton, type MenuItem, toast } from "@/ui/layer.tsx";
import type { ListState } from "./state.ts";
import { t } from "./texts.ts";

/* Saved views: pick one, keep what is on screen under a name, bring a saved one up to date. */
const CLEAN = { where: null, order: null, columns: null, q: null, layout: null, r: null };

export function ViewMenu({ state }: { state: ListState }) {
  const [isNaming, setNaming] = useState(false);
  const { views, view } = state;
  const pick = (choice: (typeof views)[number]): MenuItem => ({
    label: choice.label, isChecked: choice.key === view.key, icon: choice.layout === "board" ? "board" : undefined,
    run: () => state.set({ ...CLEAN, view: choice.key === views[0]!.key ? null : choice.key }, true),
  });
  const builtin = views.filter((choice) => !choice.saved);
  const mine = views.filter((choice) => choice.saved?.can_edit !== false && choice.saved);
  const others = views.filter((choice) => choice.saved && choice.saved.can_edit === false);
  const saved = view.saved;
  const refresh = () => void queryClient.invalidateQueries({ queryKey: ["views", state.object.name] });
  const update = async () => {
    try {
      await api.updateView(saved!.id, { where: state.where, order: state.order, columns: state.paths, layout: state.layout, ...(state.pipeline && { pipeline: state.pipeline }) });
      refresh();
      state.set({ where: null, order: null, columns: null, layout: null });
      toast(t("view_saved"));
    } catch (error) {
      toast(error instanceof ApiError ? error.message : String(error), { isBad: true });
    }
  };
  const remove = async () => {
    try {
      await api.removeView(saved!.id);
      refresh();
      state.set({ ...CLEAN, view: null });
      toast(t("view_deleted"));
    } catch (error) {
      toast(error instanceof ApiError ? error.message : String(error), { isBad: true });
    }
  };
  const items: MenuItem[] = [
    ...builtin.map(pick),
    ...(mine.length ? [{ isTitle: true, label: t("my_views") }, ...mine.map(pick)] : []),
    ...(others.length ? [{ isTitle: true, label: t("shared_views") }, ...others.map(pick)] : []),
    { isRule: true, label: "" },
    ...(saved && saved.can_edit !== false && state.isChanged ? [{ label: t("update_view", { name: view.label }), icon: "check", run: () => void update() }] : []),
    { label: t("save_view"), icon: "plus", run: () => setNaming(true) },
    ...(saved && saved.can_edit !== false ? [{ label: t("delete_view", { name: view.label }), icon: "trash", isDanger: true, run: () => void remove() }] : []),
  ];
  return (
    <>
      <MenuButton kind="quiet" label={t("view")} items={items} className="viewmenu">
        <span className="cut">{view.label}</span>
        {state.isChanged && <span className="changedmark" aria-hidden="true">•</span>}
        <Icon name="chevron-down" size={14} />
      </MenuButton>
      {isNaming && <SaveDialog state={state} onClose={() => setNaming(false)} onSaved={(id) => { refresh(); state.set({ ...CLEAN, view: id }); }} />}
    </>
  );
}

function SaveDialog({ state, onClose, onSaved }: { state: ListState; onClose: () => void; onSaved: (id: string) => void }) {
  const [name, setName] = useState("");
  const [shared, setShared] = useState<"me" | "team" | "all">("me");
  const [problem, setProblem] = useState<string | null>(null);
  const save = async () => {
    if (!name.trim()) return;
    try {
      const view = await api.createView({
        object: state.object.name, name: name.trim(), layout: state.layout, where: state.where, order: state.order,
        columns: state.paths, shared, ...(state.pipeline && { pipeline: state.pipeline }),
      });
      toast(t("view_saved"));
      onClose();
      onSaved(view.id);
    } catch (error) {
      setProblem(error instanceof ApiError ? (error.general([]) ?? error.message) : String(error));
    }
  };
  return (
    <Dialog title={t("save_view")} onClose={onClose} onSubmit={() => void save()}
      footer={<><Button onClick={onClose}>{t("cancel")}</Button><Button kind="primary" disabled={!name.trim()} onClick={() => void save()}>{t("save")}</Button></>}>
      <form className="body" onSubmit={(event) => { event.preventDefault(); void save(); }}>
        {problem && <Notice kind="bad">{problem}</Notice>}
        <FormRow label={t("view_name")} id="view-name" isRequired>
          <input id="view-name" className="input" autoFocus value={name} maxLength={60} onChange={(event) => setName(event.target.value)} />
        </FormRow>
        <FormRow label={t("view_shared")}>
          <Segment label={t("view_shared")} value={shared} onChange={setShared}
            options={(["me", "team", "all"] as const).map((value) => ({ value, label: t(`shared_${value}`) }))} />
        </FormRow>
      </form>
    </Dialog>
  );
}
