import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { listed, tr } from "@/base/i18n.ts";
import { locale } from "@/base/prefs.ts";
import { useSession } from "@/base/session.ts";
import { fieldOf } from "@/object/object.ts";
import { Failed, FormRow, Skeleton } from "@/ui/basics.tsx";
import { Combobox } from "@/ui/combobox.tsx";
import { Dialog } from "@/ui/layer.tsx";
import { calls, type Person, type Role } from "./calls.ts";
import { ACTS, type Cell } from "./role_edit.ts";
import { wordOf } from "./role_table.tsx";
import { t } from "./role_texts.ts";

/* As the server works it out for somebody: objects and fields, and how many records of how many. */
export function RolePreview({ role, people, onClose }: { role: Role; people: Person[]; onClose: () => void }) {
  const [person, setPerson] = useState<string | null>(people.find((other) => other.role === role.name && !other.disabled)?.id ?? null);
  const preview = useQuery({ queryKey: ["config", "role_preview", role.name, person], queryFn: () => calls.rolePreview(role.name, person), retry: false });
  const session = useSession();
  const seen = preview.data?.items.filter((item) => item.actions.read !== "none") ?? [];
  const unseen = preview.data?.items.filter((item) => item.actions.read === "none") ?? [];
  const label = (name: string) => tr(session.objects.get(name)?.label) || name;
  const names = (object: string, mode: string) => listed((preview.data?.items.find((item) => item.name === object)?.fields ?? [])
    .filter((field) => field.mode === mode).map((field) => tr(session.objects.get(object) && fieldOf(session.objects.get(object)!, field.name)?.label) || field.name));
  return (
    <Dialog isLarge title={t("preview_title", { role: tr(role.label) })} onClose={onClose}>
      <div className="body rolepreview">
        <FormRow id="preview-person" label={t("preview_person")} help={t("preview_hint")}>
          <Combobox id="preview-person" isClearable value={person} onChange={setPerson}
            options={people.filter((other) => !other.disabled).map((other) => ({ value: other.id, label: other.name, sub: other.region ?? "" }))} />
        </FormRow>
        {preview.isError ? <Failed isSmall error={preview.error} onRetry={() => void preview.refetch()} />
          : preview.isPending ? <Skeleton rows={6} /> : (
          <>
            <ul className="previewlist">
              {seen.map((item) => {
                const acts = ACTS.filter((act) => (item.actions[act] ?? "none") !== "none");
                return (
                  <li key={item.name}>
                    <span className="two previewname"><strong className="cut">{label(item.name)}</strong>
                      {item.total !== undefined && <span className="meta num">{t("preview_count", { count: item.count ?? 0, total: item.total })}</span>}</span>
                    <span className="grow previewwhat">
                      {item.total !== undefined && <i className="sharebar" aria-hidden="true"><b style={{ width: `${item.total ? Math.round(((item.count ?? 0) / item.total) * 100) : 0}%` }} /></i>}
                      <span className="grantline">{acts.map((act) => <span key={act} className="tag">{t(`act_${act}`)}{act === "create" || act === "import" ? "" : ` · ${wordOf(act, item.actions[act] === "formula" ? { formula: "" } : (item.actions[act] as Cell))}`}</span>)}</span>
                      {(["hidden", "masked", "readonly"] as const).map((mode) => names(item.name, mode) && <span key={mode} className="meta">{t(`preview_${mode}`, { names: names(item.name, mode) })}</span>)}
                    </span>
                  </li>
                );
              })}
            </ul>
            {unseen.length > 0 && <p className="meta">{t("preview_unseen")}{locale() === "zh" ? "：" : ": "}{listed(unseen.map((item) => label(item.name)))}</p>}
          </>
        )}
      </div>
    </Dialog>
  );
}
