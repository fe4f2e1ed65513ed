import { useState } from "react";
import { tr } from "@/base/i18n.ts";
import type { ObjectDef } from "@/base/types.ts";
import { Button, Empty, Segment } from "@/ui/basics.tsx";
import { Icon } from "@/ui/icon.tsx";
import { Dialog } from "@/ui/layer.tsx";
import { type Mode, MODES, modeOf, modesOf, revealOf, type RevealWay, type RoleBody, withMode, withReveal } from "./role_edit.ts";
import { t } from "./role_texts.ts";

/* What the role sees of one object's fields, and whether masked values may be shown. */
export function RoleFields({ object, body, onChange, onClose }: {
  object: ObjectDef; body: RoleBody; onChange: (body: RoleBody) => void; onClose: () => void;
}) {
  const [text, setText] = useState("");
  const [isOnlyLimited, setIsOnlyLimited] = useState(false);
  const needle = text.trim().toLowerCase();
  const limited = modesOf(body, object.name);
  const fields = object.fields.filter((field) =>
    (!isOnlyLimited || limited.some((entry) => entry.field === field.name)) &&
    `${field.name} ${field.label?.zh ?? ""} ${field.label?.en ?? ""}`.toLowerCase().includes(needle));
  const hasMasked = limited.some((entry) => entry.mode === "masked");
  return (
    <Dialog isLarge isKept title={t("fields_of", { object: tr(object.label) })} onClose={onClose}
      footer={<><span className="grow" /><Button kind="primary" onClick={onClose}>{t("close")}</Button></>}>
      <div className="body rolefields">
        <div className="rolefieldbar">
          <label className="settingssearch small"><Icon name="search" size={16} /><input value={text} onChange={(event) => setText(event.target.value)} placeholder={t("find_field")} aria-label={t("find_field")} /></label>
          <button type="button" className="chip" aria-pressed={isOnlyLimited} onClick={() => setIsOnlyLimited(!isOnlyLimited)}>{t("only_limited")}{limited.length > 0 && ` · ${limited.length}`}</button>
        </div>
        <p className="meta">{t("modes_hint")}</p>
        <ul className="modelist">
          {fields.map((field) => (
            <li key={field.name} data-field={field.name}>
              <span className="grow two"><span className="cut">{tr(field.label) || field.name}</span><code className="meta cut">{field.name}</code></span>
              <Segment<Mode> isQuiet label={tr(field.label) || field.name} value={modeOf(body, object.name, field.name)}
                options={MODES.map((mode) => ({ value: mode, label: t(`mode_${mode}`) }))}
                onChange={(mode) => onChange(withMode(body, object.name, field.name, mode))} />
            </li>
          ))}
        </ul>
        {fields.length === 0 && <Empty isSmall icon="search" title={t("no_field")} />}
        <div className={`revealline${hasMasked ? "" : " off"}`}>
          <span className="grow two"><strong>{t("reveal")}</strong><span className="meta">{t("reveal_hint")}</span></span>
          <Segment<RevealWay> isQuiet label={t("reveal")} value={revealOf(body, object.name)}
            options={(["no", "yes", "reason"] as const).map((way) => ({ value: way, label: t(`reveal_${way}`) }))}
            onChange={(way) => onChange(withReveal(body, object.name, way))} />
        </div>
      </div>
    </Dialog>
  );
}
