import { useState } from "react";
import { useLocation } from "wouter";
import { useParams, usePhone } from "@/base/hooks.ts";
import { tr } from "@/base/i18n.ts";
import { useSession } from "@/base/session.ts";
import type { ObjectDef } from "@/base/types.ts";
import { problemText } from "@/record/use.ts";
import { Button, FormRow, Notice } from "@/ui/basics.tsx";
import { hasIcon, Icon } from "@/ui/icon.tsx";
import { Dialog, MenuButton } from "@/ui/layer.tsx";
import { ConfigHistory } from "./config_history.tsx";
import { useDragOrder } from "@/ui/drag_order.ts";
import { FieldEditor } from "./field_editor.tsx";
import { bothLabels, cleanName, type Definition, isComputed, typeName } from "./field_types.ts";
import { ObjectJobs } from "./jobs.tsx";
import { objectCalls, withWayBack } from "./object_calls.ts";
import { RemoveDialog } from "./object_plan.tsx";
import { ot } from "./object_texts.ts";
import { saveChange, saveNow } from "./saving.tsx";

type ObjectMore = ObjectDef & { aliases?: string[]; builtin?: boolean; search?: string[]; inherit?: string[]; indexes?: string[][]; unique?: string[][]; owner?: boolean; menu?: boolean };

/* One object: its fields in their order, and what holds for the whole. */
export function ObjectPage({ object: given }: { object: ObjectDef }) {
  const object = given as ObjectMore;
  const [, navigate] = useLocation();
  const [params, setParams] = useParams();
  const [part, setPart] = useState<"properties" | "history" | "remove" | null>(null);
  const wanted = params.get("field");
  const open = wanted && wanted !== "new" ? (object.fields.find((field) => field.name === wanted) as Definition | undefined) : undefined;
  const close = () => setPart(null);
  const isPhone = usePhone();
  /* To what is made of it; on a phone in the menu. */
  const ways = object.builtin ? [] : [
    { label: ot("open_list"), icon: "list", run: () => navigate(`/o/${object.name}`) },
    { label: ot("open_layout"), icon: "columns", run: () => navigate(`/settings/layouts/${object.name}`) },
  ];
  return (
    <div className="settingspart objects">
      <nav className="crumbs"><button type="button" className="linklike" onClick={() => navigate("/settings/objects")}>{ot("all_objects")}</button><Icon name="chevron-right" size={14} /><span>{tr(object.label)}</span></nav>
      <ObjectJobs object={object} />
      <section className="panel">
        <header>
          <span className="objecticon"><Icon name={hasIcon(object.icon) ? object.icon! : "box"} size={20} /></span>
          <span className="two"><h2>{tr(object.label)}</h2><code className="meta">{object.name}</code></span>
          <span className="grow" />
          {!isPhone && ways.map((way) => <Button key={way.label} isSmall kind="quiet" icon={way.icon} onClick={way.run}>{way.label}</Button>)}
          <Button isSmall icon="settings" onClick={() => setPart("properties")}>{ot("properties")}</Button>
          <MenuButton icon="dots" label={ot("history")} items={[
            ...(isPhone ? ways : []),
            { label: ot("history"), icon: "history", run: () => setPart("history") },
            { label: ot("delete_object"), icon: "trash", run: () => setPart("remove") },
          ]} />
          <Button isSmall kind="primary" icon="plus" onClick={() => setParams({ field: "new" }, true)}>{ot("new_field")}</Button>
        </header>
        <FieldTable object={object} onOpen={(name) => setParams({ field: name }, true)} />
      </section>
      {(wanted === "new" || open) && !part && <FieldEditor key={wanted} object={object} field={open ?? null} onClose={() => setParams({ field: null })} onHistory={() => setPart("history")} />}
      {part === "properties" && <Properties object={object} onClose={close} />}
      {part === "history" && <ConfigHistory kind="object" name={object.name} title={tr(object.label)} onClose={close} />}
      {part === "remove" && <RemoveDialog title={ot("delete_object_title", { name: tr(object.label) })} change={{ kind: "object", name: object.name, body: null }} onClose={close}
        onRemove={async () => { await saveChange(...withWayBack(() => objectCalls.remove(object.name), "object", object.name), ot("removed", { name: tr(object.label) })); navigate("/settings/objects"); }} />}
    </div>
  );
}

function FieldTable({ object, onOpen }: { object: ObjectMore; onOpen: (name: string) => void }) {
  const session = useSession();
  const own = object.fields.filter((field) => !field.system) as unknown as Definition[];
  const system = object.fields.filter((field) => field.system);
  const drag = useDragOrder(own, (list) => saveNow(...withWayBack(() => objectCalls.change(object.name, { field_order: list.map((field) => field.name) }), "object", object.name), ot("order_saved")));
  const about = (field: Definition) => {
    if (field.formula) return <code>{field.formula}</code>;
    if (field.choices?.length) return field.choices.filter((choice) => !choice.hidden).map((choice) => tr(choice.label)).join(" · ");
    return field.help ? tr(field.help) : "";
  };
  return (
    <div className="scroll">
      <table className="table fieldtable">
        <tbody>
          {own.map((field, i) => {
            const row = drag.row(i);
            return (
              <tr key={field.name} {...row} className={`clickable ${row.className ?? ""}`} onClick={() => onOpen(field.name)}>
                <td className="handlecell" onClick={(event) => event.stopPropagation()}><span className="draghandle" title={ot("drag")} aria-label={`${ot("drag")} ${tr(field.label)}`} {...drag.handle(i)}><Icon name="list" size={14} /></span></td>
                <td><button type="button" className="linklike" onClick={() => onOpen(field.name)}>{tr(field.label)}</button>{field.required && <span className="need" title={ot("required")}> *</span>}<code className="meta undername">{field.name}</code></td>
                <td>{typeName(field.type)}{field.to ? <span className="meta"> → {tr(session.objects.get(field.to)?.label) || field.to}</span> : null}</td>
                <td className="cut fieldmore">{about(field)}</td>
                <td className="right">{field.title && <span className="tag">{ot("title_field")}</span>}{field.unique && <span className="tag">{ot("unique")}</span>}{field.filling && <span className="tag">{ot("filling")}</span>}{isComputed(field.type) && <span className="tag ink">{ot("computed")}</span>}</td>
              </tr>
            );
          })}
          {system.map((field) => (
            <tr key={field.name} className="systemfield"><td /><td>{tr(field.label)}<code className="meta undername">{field.name}</code></td><td>{typeName(field.type)}</td><td className="fieldmore" /><td className="right"><span className="tag">{ot("built_in")}</span></td></tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const ICONS = ["box", "building", "target", "contact", "log", "flag", "file", "calendar", "chart", "funnel", "key", "lock", "star", "spark", "mail", "phone", "image", "globe", "clock", "map-pin"];

function Properties({ object, onClose }: { object: ObjectMore; onClose: () => void }) {
  const [, navigate] = useLocation();
  const [label, setLabel] = useState(object.label);
  const [plural, setPlural] = useState(object.label_plural ?? object.label);
  const [name, setName] = useState(object.name);
  const [icon, setIcon] = useState(object.icon ?? "box");
  const [hasOwner, setOwner] = useState(object.owner !== false);
  const [hasPipeline, setPipeline] = useState(Boolean(object.pipeline));
  const [hasMenu, setMenu] = useState(Boolean(object.menu));
  const [search, setSearch] = useState(object.search ?? []);
  const [inherit, setInherit] = useState(object.inherit ?? []);
  const [indexes, setIndexes] = useState(object.indexes ?? []);
  const [unique, setUnique] = useState(object.unique ?? []);
  const [title, setTitle] = useState(object.title_field);
  const [problem, setProblem] = useState<string | null>(null);
  const fields = object.fields.filter((field) => field.stored !== false) as unknown as Definition[];
  const own = fields.filter((field) => !field.system);
  const texts = own.filter((field) => ["text", "long_text", "phone", "mail", "url", "barcode", "region", "auto_number", "rich_text"].includes(field.type));
  const references = own.filter((field) => field.type === "reference");
  const save = async () => {
    const groups = (list: string[][]) => (list.filter((group) => group.length > 1).length ? list.filter((group) => group.length > 1) : null);
    try {
      await saveChange(...withWayBack(() => objectCalls.change(object.name, {
        name, title_field: title, label: bothLabels(label), label_plural: bothLabels(plural), icon, owner: hasOwner, pipeline: hasPipeline, menu: hasMenu || null,
        search: search.length ? search : false, inherit: inherit.length ? inherit : null, indexes: groups(indexes), unique: groups(unique),
      }), "object", name), ot("object_saved", { name: tr(bothLabels(label)) }));
      onClose();
      if (name !== object.name) navigate(`/settings/objects/${name}`);
    } catch (error) {
      setProblem(problemText(error));
    }
  };
  const input = (id: string, text: string, value: string, put: (value: string) => void) => <FormRow id={id} label={text}><input id={id} className="input" value={value} onChange={(event) => put(event.target.value)} /></FormRow>;
  return (
    <Dialog isLarge title={ot("properties")} onClose={onClose} onSubmit={() => void save()}
      footer={<><span className="grow" /><Button onClick={onClose}>{ot("cancel")}</Button><Button kind="primary" onClick={() => void save()}>{ot("save")}</Button></>}>
      <div className="body fieldeditor">
        {problem && <Notice kind="bad">{problem}</Notice>}
        <div className="formgrid">
          {input("p-zh", ot("label_zh"), label.zh, (zh) => setLabel({ ...label, zh }))}
          {input("p-en", ot("label_en"), label.en, (en) => setLabel({ ...label, en }))}
          {input("p-pzh", ot("plural_zh"), plural.zh, (zh) => setPlural({ ...plural, zh }))}
          {input("p-pen", ot("plural_en"), plural.en, (en) => setPlural({ ...plural, en }))}
          <FormRow id="p-name" label={ot("api_name")} help={object.aliases?.length ? `${ot("former_names")}: ${object.aliases.join(", ")}` : ot("api_name_hint")}><input id="p-name" className="input mono" value={name} onChange={(event) => setName(cleanName(event.target.value))} /></FormRow>
          <FormRow id="p-title" label={ot("title_field")} help={ot("title_field_hint")}>
            <select id="p-title" className="input" value={title} onChange={(event) => setTitle(event.target.value)}>{own.map((field) => <option key={field.name} value={field.name}>{tr(field.label)}</option>)}</select>
          </FormRow>
          <div className="wide"><FormRow label={ot("icon")}><span className="iconpick" role="radiogroup" aria-label={ot("icon")}>
            {ICONS.map((one) => <button key={one} type="button" role="radio" aria-checked={icon === one} aria-label={one} className={icon === one ? "here" : ""} onClick={() => setIcon(one)}><Icon name={one} size={18} /></button>)}
          </span></FormRow></div>
          <div className="wide chips">
            <button type="button" className="chip" aria-pressed={hasOwner} title={ot("owner_hint")} onClick={() => setOwner(!hasOwner)}>{ot("owner")}</button>
            <button type="button" className="chip" aria-pressed={hasPipeline} title={ot("pipeline_hint")} onClick={() => setPipeline(!hasPipeline)}>{ot("pipeline")}</button>
            <button type="button" className="chip" aria-pressed={hasMenu} title={ot("menu_hint")} onClick={() => setMenu(!hasMenu)}>{ot("menu")}</button>
          </div>
          <div className="wide"><Several label={ot("search")} fields={texts} value={search} onChange={setSearch} /></div>
          {references.length > 0 && <div className="wide"><Several label={ot("inherit")} hint={ot("inherit_hint")} fields={references} value={inherit} onChange={setInherit} /></div>}
          <div className="wide"><Groups label={ot("unique_together")} hint={ot("unique_together_hint")} fields={own} value={unique} onChange={setUnique} /></div>
          <div className="wide"><Groups label={ot("indexes")} hint={ot("indexes_hint")} fields={fields} value={indexes} onChange={setIndexes} /></div>
        </div>
      </div>
    </Dialog>
  );
}

function Several({ label, hint, fields, value, onChange }: { label: string; hint?: string; fields: Definition[]; value: string[]; onChange: (value: string[]) => void }) {
  return (
    <FormRow label={label} help={hint}>
      <span className="chips">{fields.map((field) => {
        const isOn = value.includes(field.name);
        return <button key={field.name} type="button" className="chip" aria-pressed={isOn} onClick={() => onChange(isOn ? value.filter((one) => one !== field.name) : [...value, field.name])}>{tr(field.label)}</button>;
      })}</span>
    </FormRow>
  );
}

/* Combinations of fields, in their order. */
function Groups({ label, hint, fields, value, onChange }: { label: string; hint: string; fields: Definition[]; value: string[][]; onChange: (value: string[][]) => void }) {
  const labelOf = (name: string) => tr(fields.find((field) => field.name === name)?.label) || name;
  const put = (at: number, group: string[]) => onChange(value.map((one, i) => (i === at ? group : one)));
  return (
    <FormRow label={label} help={hint}>
      <span className="fieldgroups">
        {value.map((group, i) => (
          <span key={i} className="chips">
            {group.map((name) => <button key={name} type="button" className="chip" aria-pressed onClick={() => put(i, group.filter((one) => one !== name))}>{labelOf(name)} ×</button>)}
            <select className="input" aria-label={ot("add_field_to")} value="" onChange={(event) => put(i, [...group, event.target.value])}>
              <option value="">{ot("add_field_to")}</option>{fields.filter((field) => !group.includes(field.name)).map((field) => <option key={field.name} value={field.name}>{tr(field.label)}</option>)}
            </select>
            <Button kind="quiet" isSmall icon="close" aria-label={ot("remove")} onClick={() => onChange(value.filter((_, at) => at !== i))} />
          </span>
        ))}
        <Button isSmall kind="quiet" icon="plus" onClick={() => onChange([...value, []])}>{ot("add_group")}</Button>
      </span>
    </FormRow>
  );
}
