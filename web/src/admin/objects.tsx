import { useState } from "react";
import { useLocation } from "wouter";
import { ApiError } from "@/base/api.ts";
import { tr } from "@/base/i18n.ts";
import { useSession } from "@/base/session.ts";
import type { Label } from "@/base/types.ts";
import { problemText } from "@/record/use.ts";
import { Button, Empty, FormRow, Notice } from "@/ui/basics.tsx";
import { hasIcon, Icon } from "@/ui/icon.tsx";
import { Dialog } from "@/ui/layer.tsx";
import { apiNameFor, bothLabels, cleanName } from "./field_types.ts";
import { objectCalls, withWayBack } from "./object_calls.ts";
import { ObjectPage } from "./object_page.tsx";
import { ot } from "./object_texts.ts";
import { saveChange } from "./saving.tsx";

export { typeName } from "./field_types.ts";

/* What records are made of: all objects, one of them with its fields, a new one from a template. */
export function Objects({ item }: { item?: string }) {
  const session = useSession();
  const object = item ? session.objects.get(item) : undefined;
  return object ? <ObjectPage key={object.name} object={object} /> : <ObjectList />;
}

function ObjectList() {
  const session = useSession();
  const [, navigate] = useLocation();
  const [sought, setSought] = useState("");
  const [isNew, setNew] = useState(false);
  const all = [...session.objects.values()];
  const word = sought.trim().toLowerCase();
  const shown = all.filter((object) => !word || [object.name, object.label.zh, object.label.en].some((text) => text.toLowerCase().includes(word)));
  return (
    <div className="settingspart objects">
      <div className="settingsbar">
        <label className="settingssearch small"><Icon name="search" size={16} /><input value={sought} placeholder={ot("search_objects")} aria-label={ot("search_objects")} onChange={(event) => setSought(event.target.value)} /></label>
        <span className="grow" />
        <Button kind="primary" icon="plus" onClick={() => setNew(true)}>{ot("new_object")}</Button>
      </div>
      {shown.length === 0 ? <Empty icon="box" title={ot("none_found")} /> : (
        <ul className="objectcards">
          {shown.map((object) => (
            <li key={object.name}>
              <button type="button" onClick={() => navigate(`/settings/objects/${object.name}`)}>
                <span className="objecticon"><Icon name={hasIcon(object.icon) ? object.icon! : "box"} size={20} /></span>
                <span className="two"><strong className="cut">{tr(object.label)}</strong><code className="meta cut">{object.name}</code></span>
                <span className="meta num">{ot("fields_n", { n: object.fields.filter((field) => !field.system).length })}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
      {isNew && <NewObject taken={all.map((object) => object.name)} onClose={() => setNew(false)} onMade={(name) => { setNew(false); navigate(`/settings/objects/${name}`); }} />}
    </div>
  );
}

const both = (zh: string, en: string): Label => ({ zh, en });
const title = { name: "name", type: "text", label: both("名称", "Name"), required: true, title: true };
const note = { name: "note", type: "long_text", label: both("备注", "Note") };

/* A beginning that fits, to be changed at will. */
const TEMPLATES = {
  blank: { fields: [title] },
  list: { fields: [{ name: "number", type: "auto_number", pattern: "{yyyy}-{0000}", label: both("编号", "Number") }, title, { name: "day", type: "date", label: both("日期", "Date") }, note] },
  certificate: {
    fields: [
      { name: "number", type: "text", label: both("证号", "Number"), required: true, title: true, unique: true },
      { name: "kind", type: "choice", label: both("种类", "Kind"), choices: [{ name: "licence", label: both("许可证", "Licence") }, { name: "report", label: both("检测报告", "Test report") }, { name: "other", label: both("其他", "Other") }] },
      { name: "valid_until", type: "date", label: both("有效期至", "Valid until") },
      { name: "file", type: "file", label: both("附件", "File") },
      { name: "days_left", type: "formula", label: both("剩余天数", "Days left"), formula: "valid_until - TODAY()" },
    ],
  },
  deal: { pipeline: true, fields: [title, { name: "amount", type: "money", label: both("金额", "Amount") }, { name: "due", type: "date", label: both("截止日期", "Due") }, note] },
} as const;
type Template = keyof typeof TEMPLATES;

/* Records that move along stages need some to stand in. */
const firstPipeline = (object: string) => ({
  name: `${object}_standard`, object, default: true, label: both("标准流程", "Standard"),
  stages: [
    { name: "open", label: both("进行中", "Open"), kind: "open", probability: 0.5 },
    { name: "done", label: both("完成", "Done"), kind: "won", probability: 1 }, { name: "dropped", label: both("放弃", "Dropped"), kind: "lost", probability: 0 },
  ],
});

function NewObject({ taken, onClose, onMade }: { taken: string[]; onClose: () => void; onMade: (name: string) => void }) {
  const [label, setLabel] = useState<Label>({ zh: "", en: "" });
  const [given, setGiven] = useState<string | null>(null);
  const [template, setTemplate] = useState<Template>("blank");
  const [errors, setErrors] = useState<Record<string, string>>({});
  const [problem, setProblem] = useState<string | null>(null);
  const name = given ?? apiNameFor(label, taken, "object");
  const isReady = Boolean(label.zh.trim() || label.en.trim()) && /^[a-z]/.test(name);
  const create = async () => {
    setProblem(null);
    try {
      const [run, undo] = withWayBack(async () => {
        await objectCalls.create({ name, label: bothLabels(label), label_plural: bothLabels(label), menu: true, ...TEMPLATES[template] });
        if (template === "deal") await objectCalls.pipelineCreate(firstPipeline(name));
      }, "object", name);
      await saveChange(run, template === "deal" ? undefined : undo, ot("object_made", { name: tr(bothLabels(label)) }));
      onMade(name);
    } catch (error) {
      setErrors(error instanceof ApiError ? error.byField() : {});
      setProblem(problemText(error));
    }
  };
  return (
    <Dialog title={ot("new_object")} onClose={onClose} onSubmit={() => void (isReady && create())}
      footer={<><Button onClick={onClose}>{ot("cancel")}</Button><Button kind="primary" disabled={!isReady} onClick={() => void create()}>{ot("create")}</Button></>}>
      <div className="body newobject">
        <p className="meta">{ot("new_object_hint")}</p>
        {problem && <Notice kind="bad">{problem}</Notice>}
        <div className="formgrid">
          <FormRow id="o-zh" label={ot("label_zh")} isRequired><input id="o-zh" className="input" value={label.zh} onChange={(event) => setLabel({ ...label, zh: event.target.value })} /></FormRow>
          <FormRow id="o-en" label={ot("label_en")}><input id="o-en" className="input" value={label.en} onChange={(event) => setLabel({ ...label, en: event.target.value })} /></FormRow>
          <div className="wide"><FormRow id="o-name" label={ot("api_name")} help={ot("api_name_hint")} error={errors.name}><input id="o-name" className="input mono" value={name} onChange={(event) => setGiven(cleanName(event.target.value))} /></FormRow></div>
        </div>
        <h3>{ot("template")}</h3>
        <div className="templates" role="radiogroup" aria-label={ot("template")}>
          {(Object.keys(TEMPLATES) as Template[]).map((one) => (
            <button key={one} type="button" role="radio" aria-checked={template === one} className={template === one ? "here" : ""} onClick={() => setTemplate(one)}>
              <strong>{ot(`template_${one}`)}</strong><span className="meta">{ot(`template_${one}_hint`)}</span>
            </button>
          ))}
        </div>
      </div>
    </Dialog>
  );
}
