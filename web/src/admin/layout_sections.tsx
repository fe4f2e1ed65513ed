import { DndContext, type DragEndEvent, DragOverlay, MouseSensor, pointerWithin, TouchSensor, useDraggable, useDroppable, useSensor, useSensors } from "@dnd-kit/core";
import { useEffect, useRef, useState } from "react";
import { usePhone } from "@/base/hooks.ts";
import { tr } from "@/base/i18n.ts";
import type { LayoutDef, LayoutSection, ObjectDef } from "@/base/types.ts";
import { columnOf } from "@/object/object.ts";
import { useSession } from "@/base/session.ts";
import { Button, Segment } from "@/ui/basics.tsx";
import { Combobox } from "@/ui/combobox.tsx";
import { Icon } from "@/ui/icon.tsx";
import { ConditionInput } from "@/view/filter.tsx";
import { addSection, putField, putSection, removeSection, setCondition, setSection, step, stepField, unplaced } from "./layout_edit.ts";
import { t } from "./layout_texts.ts";

/*
 * The sections of a layout and the fields in them. Dragged with mouse or finger; by keyboard a field
 * is stepped with Alt and the arrows and keeps the focus, so that it can be stepped on.
 */
interface Props {
  object: ObjectDef;
  layout: LayoutDef;
  onChange: (layout: LayoutDef) => void;
}

export function LayoutSections({ object, layout, onChange }: Props) {
  const session = useSession();
  const isPhone = usePhone();
  const [dragged, setDragged] = useState<string | null>(null);
  const focused = useRef<string | null>(null);
  const free = unplaced(object, layout);
  const label = (name: string) => columnOf(session, object, name)?.label ?? name;
  const sensors = useSensors(useSensor(MouseSensor, { activationConstraint: { distance: 5 } }), useSensor(TouchSensor, { activationConstraint: { delay: 180, tolerance: 8 } }));
  useEffect(() => {
    if (focused.current) document.querySelector<HTMLElement>(`[data-field="${CSS.escape(focused.current)}"]`)?.focus();
    focused.current = null;
  }, [layout]);
  const onKey = (name: string) => (event: React.KeyboardEvent) => {
    const by = event.key === "ArrowUp" ? -1 : event.key === "ArrowDown" ? 1 : 0;
    if (by && event.altKey) {
      focused.current = name;
      onChange(stepField(layout, name, by));
    } else if (event.key === "Delete") onChange(putField(layout, name, null));
    else return;
    event.preventDefault();
  };
  const drop = (event: DragEndEvent) => {
    setDragged(null);
    const what = String(event.active.id);
    const where = /^at:(\d+):(\d+)$/.exec(String(event.over?.id ?? ""));
    const section = /^section:(\d+)$/.exec(what);
    if (section) {
      if (where) onChange(putSection(layout, Number(section[1]), Number(where[1])));
    } else if (where) onChange(putField(layout, what, { section: Number(where[1]), index: Number(where[2]) }));
    else if (event.over?.id === "free") onChange(putField(layout, what, null));
  };
  return (
    <DndContext sensors={sensors} collisionDetection={pointerWithin} onDragStart={(event) => setDragged(String(event.active.id))} onDragCancel={() => setDragged(null)} onDragEnd={drop}>
      <p className="meta">{t(isPhone ? "drag_hint_phone" : "drag_hint")}</p>
      {layout.sections.map((section, index) => (
        <SectionCard key={section.name} object={object} layout={layout} section={section} index={index} free={free} label={label} onChange={onChange} onKey={onKey} />
      ))}
      <Button icon="plus" onClick={() => onChange(addSection(layout, { zh: t("section_label_zh"), en: t("section_label_en") }))}>{t("section_new")}</Button>
      <FreeFields names={free} label={label} onPut={(name) => layout.sections.length > 0 && onChange(putField(layout, name, { section: layout.sections.length - 1, index: layout.sections.at(-1)!.fields.length }))} />
      <DragOverlay dropAnimation={null}>{dragged && <div className="layoutfield lifted">{dragged.startsWith("section:") ? tr(layout.sections[Number(dragged.slice(8))]?.label) : label(dragged)}</div>}</DragOverlay>
    </DndContext>
  );
}

function SectionCard({ object, layout, section, index, free, label, onChange, onKey }: Props & {
  section: LayoutSection; index: number; free: string[]; label: (name: string) => string; onKey: (name: string) => (event: React.KeyboardEvent) => void;
}) {
  const drag = useDraggable({ id: `section:${index}` });
  const name = tr(section.label);
  const [isConditional, setConditional] = useState(Boolean(section.visible_if));
  /* Whose condition is open. */
  const [asked, setAsked] = useState<string | null>(null);
  const set = (change: Partial<LayoutSection>) => onChange(setSection(layout, index, change));
  return (
    <section ref={drag.setNodeRef} className={`panel layoutsection${drag.isDragging ? " ghost" : ""}`} aria-label={name}>
      <header>
        <span className="grip" {...drag.listeners} aria-hidden="true"><Icon name="dots" size={16} /></span>
        <input className="input small" aria-label={t("section_zh")} value={section.label.zh ?? ""} onChange={(event) => set({ label: { ...section.label, zh: event.target.value } })} />
        <input className="input small" aria-label={t("section_en")} value={section.label.en ?? ""} onChange={(event) => set({ label: { ...section.label, en: event.target.value } })} />
        <Button kind="quiet" isSmall icon="chevron-up" aria-label={t("section_up", { name })} disabled={index === 0} onClick={() => onChange({ ...layout, sections: step(layout.sections, index, -1) })} />
        <Button kind="quiet" isSmall icon="chevron-down" aria-label={t("section_down", { name })} disabled={index === layout.sections.length - 1} onClick={() => onChange({ ...layout, sections: step(layout.sections, index, 1) })} />
        <Button kind="quiet" isSmall icon="trash" aria-label={t("section_remove", { name })} onClick={() => onChange(removeSection(layout, index))} />
      </header>
      <div className="layoutsectionset">
        <Segment label={t("columns")} value={section.columns === 2 ? "2" : "1"} onChange={(columns) => set({ columns: Number(columns) })} options={[{ value: "1", label: t("one_column") }, { value: "2", label: t("two_columns") }]} />
        <button type="button" className="chip" aria-pressed={Boolean(section.folded)} onClick={() => set({ folded: !section.folded })}>{t("folded")}</button>
        <button type="button" className="chip" aria-pressed={isConditional} onClick={() => {
          if (isConditional && section.visible_if) set({ visible_if: undefined });
          setConditional(!isConditional);
        }}>{t("condition_add")}</button>
      </div>
      {isConditional && <div className="layoutcondition"><span className="meta">{t("condition")}</span><ConditionInput object={object} label={t("condition")} value={section.visible_if ?? ""} onChange={(visible_if) => set({ visible_if })} /></div>}
      <ol className={section.columns === 2 ? "two" : undefined}>
        {section.fields.map((field, at) => (
          <FieldSlot key={field} id={field} at={`at:${index}:${at}`} label={label(field)} onKey={onKey(field)} onRemove={() => onChange(putField(layout, field, null))}
            isConditional={Boolean(layout.fields_if?.[field]?.trim())} isAsked={asked === field} onAsk={() => setAsked(asked === field ? null : field)}>
            {asked === field && (
              <div className="fieldcondition">
                <span className="rowline"><span className="meta grow">{t("condition")}</span>
                  {layout.fields_if?.[field] && <Button kind="quiet" isSmall onClick={() => { onChange(setCondition(layout, field, null)); setAsked(null); }}>{t("condition_remove")}</Button>}</span>
                <ConditionInput object={object} label={t("condition")} value={layout.fields_if?.[field] ?? ""} onChange={(formula) => onChange(setCondition(layout, field, formula))} />
              </div>
            )}
          </FieldSlot>
        ))}
        <EndSlot at={`at:${index}:${section.fields.length}`} isEmpty={section.fields.length === 0} />
      </ol>
      <div className="layoutadd"><Combobox isSmall value={null} options={free.map((field) => ({ value: field, label: label(field) }))} placeholder={t("field_add")} ariaLabel={t("field_add")}
        onChange={(field) => field && onChange(putField(layout, field, { section: index, index: section.fields.length }))} /></div>
    </section>
  );
}

function FieldSlot({ id, at, label, onKey, onRemove, isConditional, isAsked, onAsk, children }: {
  id: string; at: string; label: string; onKey: (event: React.KeyboardEvent) => void; onRemove: () => void;
  isConditional: boolean; isAsked: boolean; onAsk: () => void; children?: React.ReactNode;
}) {
  const drag = useDraggable({ id });
  const drop = useDroppable({ id: at });
  return (
    <li ref={drop.setNodeRef} className={[drop.isOver && "over", isAsked && "asked"].filter(Boolean).join(" ") || undefined}>
      <span ref={drag.setNodeRef} className={`layoutfield${drag.isDragging ? " ghost" : ""}`}>
        <button type="button" className="grow cut" data-field={id} aria-label={t("field_move", { name: label })} {...drag.listeners} onKeyDown={onKey}>{label}</button>
        <Button kind="quiet" isSmall icon="filter" isOn={isConditional} aria-expanded={isAsked} aria-label={t("field_condition", { name: label })} onClick={onAsk} />
        <Button kind="quiet" isSmall icon="close" aria-label={t("field_remove", { name: label })} onClick={onRemove} />
      </span>
      {children}
    </li>
  );
}

function EndSlot({ at, isEmpty }: { at: string; isEmpty: boolean }) {
  const drop = useDroppable({ id: at });
  return <li ref={drop.setNodeRef} className={`endslot${drop.isOver ? " over" : ""}`}>{isEmpty && <span className="meta">{t("drop_here")}</span>}</li>;
}

function FreeFields({ names, label, onPut }: { names: string[]; label: (name: string) => string; onPut: (name: string) => void }) {
  const drop = useDroppable({ id: "free" });
  return (
    <section ref={drop.setNodeRef} className={`freefields${drop.isOver ? " over" : ""}`}>
      <h3>{t("unplaced")}</h3>
      <p className="meta">{t(names.length ? "unplaced_hint" : "all_placed")}</p>
      <div className="chips">{names.map((name) => <FreeField key={name} name={name} label={label(name)} onPut={() => onPut(name)} />)}</div>
    </section>
  );
}

function FreeField({ name, label, onPut }: { name: string; label: string; onPut: () => void }) {
  const drag = useDraggable({ id: name });
  return <button ref={drag.setNodeRef} type="button" className={`chip${drag.isDragging ? " ghost" : ""}`} {...drag.listeners} onClick={onPut}>{label}</button>;
}
