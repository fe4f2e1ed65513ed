import { useState } from "react";
import { tr } from "@/base/i18n.ts";
import type { ObjectDef, ViewColor } from "@/base/types.ts";
import { typeOf } from "@/object/object.ts";
import { Button, FormRow, Segment } from "@/ui/basics.tsx";
import { Combobox } from "@/ui/combobox.tsx";
import { Dialog } from "@/ui/layer.tsx";
import { FilterPanel } from "./filter.tsx";
import { calendarField, dateFields, type ListState, type Look } from "./state.ts";
import { t } from "./texts.ts";

/* How the view looks: every choice is seen at once behind the dialog, and kept with the view. */
const COLORS: ViewColor["color"][] = ["red", "orange", "yellow", "green", "blue", "grey"];
const COLOR_COUNT_MAX = 8;
const PICTURES: string[] = ["file", "signature"];
const LONG = ["long_text", "file", "rich_text", "signature"];

export function DisplayDialog({ state, onClose }: { state: ListState; onClose: () => void }) {
  const { object, look, layout } = state;
  const set = (change: Look) => state.setLook(change);
  const groupable = object.fields.filter((field) => !LONG.includes(field.type) && field.name !== object.title_field);
  const pictures = object.fields.filter((field) => PICTURES.includes(field.type));
  return (
    <Dialog isLarge isKept title={t("display")} onClose={onClose} footer={<Button kind="primary" onClick={onClose}>{t("bulk_close")}</Button>}>
      <div className="body displaybody">
        {layout === "grid" && (
          <div className="displaypair">
            <FormRow id="view-group" label={t("group_by")}>
              <select id="view-group" className="input" value={state.group ?? ""} onChange={(event) => state.set({ group: event.target.value || (state.view.group ? " " : null) })}>
                <option value="">{t("group_none")}</option>
                {groupable.map((field) => <option key={field.name} value={field.name}>{tr(field.label)}</option>)}
              </select>
            </FormRow>
            <FormRow id="view-pinned" label={t("pinned")}>
              <select id="view-pinned" className="input" value={look.pinned ?? 0} onChange={(event) => set({ pinned: Number(event.target.value) })}>
                {[0, 1, 2, 3].map((n) => <option key={n}>{n}</option>)}
              </select>
            </FormRow>
            <FormRow label={t("density")}>
              <Segment label={t("density")} value={look.density ?? "comfortable"} onChange={(density) => set({ density })}
                options={(["comfortable", "compact"] as const).map((value) => ({ value, label: t(`density_${value}`) }))} />
            </FormRow>
          </div>
        )}
        {layout === "calendar" && (
          <FormRow id="view-date" label={t("calendar_date")}>
            <select id="view-date" className="input" value={calendarField(object, look)?.name} onChange={(event) => set({ calendar: { date: event.target.value } })}>
              {dateFields(object).map((field) => <option key={field.name} value={field.name}>{tr(field.label)}</option>)}
            </select>
          </FormRow>
        )}
        {layout === "gallery" && (
          <>
            <FormRow id="view-image" label={t("gallery_image")}>
              <select id="view-image" className="input" value={look.gallery?.image ?? ""} onChange={(event) => set({ gallery: { ...look.gallery, image: event.target.value || undefined } })}>
                <option value="">{t("gallery_image_none")}</option>
                {pictures.map((field) => <option key={field.name} value={field.name}>{tr(field.label)}</option>)}
              </select>
            </FormRow>
            <CardFields object={object} names={look.gallery?.fields ?? state.paths.filter((path) => path !== object.title_field).slice(0, 4)}
              onChange={(fields) => set({ gallery: { ...look.gallery, fields } })} />
          </>
        )}
        <Colors object={object} colors={look.colors ?? []} onChange={(colors) => set({ colors })} />
      </div>
    </Dialog>
  );
}

function CardFields({ object, names, onChange }: { object: ObjectDef; names: string[]; onChange: (names: string[]) => void }) {
  const options = object.fields.filter((field) => !names.includes(field.name) && typeOf(field) !== "file").map((field) => ({ value: field.name, label: tr(field.label) }));
  return (
    <FormRow label={t("gallery_fields")}>
      <div className="chips">
        {names.map((name) => (
          <button key={name} type="button" className="chip" aria-pressed="true" onClick={() => onChange(names.filter((other) => other !== name))}>
            {tr(object.fields.find((field) => field.name === name)?.label) || name} ×
          </button>
        ))}
        <div className="cardfieldadd"><Combobox isSmall value={null} options={options} ariaLabel={t("gallery_fields")} onChange={(name) => name && onChange([...names, name])} /></div>
      </div>
    </FormRow>
  );
}

function Colors({ object, colors, onChange }: { object: ObjectDef; colors: ViewColor[]; onChange: (colors: ViewColor[]) => void }) {
  const [keys, setKeys] = useState(() => colors.map((_, i) => i));
  const set = (index: number, change: Partial<ViewColor>) => onChange(colors.map((color, i) => (i === index ? { ...color, ...change } : color)));
  return (
    <section className="colorrules">
      <h3>{t("colors")}</h3>
      {colors.length > 0 && <p className="meta">{t("colors_help")}</p>}
      {colors.map((rule, index) => (
        <div key={keys[index] ?? index} className="colorrule">
          <div className="rowline">
            <div className="swatches" role="radiogroup" aria-label={t("colors")}>
              {COLORS.map((color) => (
                <button key={color} type="button" role="radio" aria-checked={rule.color === color} aria-label={t(`color_${color}`)} title={t(`color_${color}`)}
                  className={`swatch tint-${color}`} onClick={() => set(index, { color })} />
              ))}
            </div>
            <span className="grow" />
            <Button kind="quiet" isSmall icon="close" aria-label={t("color_remove")} onClick={() => {
              setKeys(keys.filter((_, i) => i !== index));
              onChange(colors.filter((_, i) => i !== index));
            }} />
          </div>
          <FilterPanel object={object} where={rule.where} onChange={(where) => set(index, { where })} />
        </div>
      ))}
      <Button isSmall icon="plus" disabled={colors.length >= COLOR_COUNT_MAX} onClick={() => {
        setKeys([...keys, Math.max(-1, ...keys) + 1]);
        onChange([...colors, { where: "", color: COLORS[colors.length % COLORS.length]! }]);
      }}>{t("color_add")}</Button>
    </section>
  );
}
