import "./admin.css";
import "./first_run.css";
import { useState } from "react";
import { Link, useLocation } from "wouter";
import { api, ApiError } from "@/base/api.ts";
import { setLater } from "@/base/first_run.ts";
import { useParams, useTitle } from "@/base/hooks.ts";
import { tr } from "@/base/i18n.ts";
import { thresholdMs } from "@/base/level.ts";
import { queryClient, useSession } from "@/base/session.ts";
import { spanText } from "@/field/duration/span.ts";
import { problemText } from "@/record/use.ts";
import { ask } from "@/ui/ask.tsx";
import { Button, FormRow, LevelShape, Notice } from "@/ui/basics.tsx";
import { Combobox } from "@/ui/combobox.tsx";
import { Icon } from "@/ui/icon.tsx";
import { toast } from "@/ui/layer.tsx";
import { calls, type FullPipeline } from "./calls.ts";
import { currencyOptions, zoneOptions } from "./company.tsx";
import { type Invite, PeopleStep } from "./first_run_people.tsx";
import { t } from "./first_run_texts.ts";
import { Samples } from "./samples.tsx";
import { refreshConfig } from "./saving.tsx";

/*
 * The first steps of a new workspace. Each is saved when it is left, any may be passed over; the whole
 * may be put off, and is never shown again once it was finished.
 */
const STEPS = ["company", "people", "pipeline", "sample", "done"] as const;
type Step = (typeof STEPS)[number];

export default function FirstRun() {
  useTitle(t("title"));
  const [params, setParams] = useParams();
  const [, navigate] = useLocation();
  const [invites, setInvites] = useState<Invite[]>([]);
  const [waiting, setWaiting] = useState(0);
  const step = STEPS.find((one) => one === params.get("step")) ?? "company";
  const at = STEPS.indexOf(step);
  /* People who were pasted and not added yet are not lost without a word. */
  const mayLeave = async () => step !== "people" || waiting === 0 ||
    ask({ title: t("people_left", { n: waiting }), text: t("people_left_hint"), yes: t("people_leave"), no: t("people_stay"), isDanger: true });
  const go = (to: Step) => void mayLeave().then((isLeft) => {
    if (!isLeft) return;
    setWaiting(0);
    setParams({ step: to }, true);
    window.scrollTo(0, 0);
  });
  const next = () => go(STEPS[at + 1]!);
  const leave = () => void mayLeave().then((isLeft) => { if (isLeft) { setLater(true); navigate("/"); } });
  const foot = { back: at > 0 ? () => go(STEPS[at - 1]!) : undefined, next, leave };
  return (
    <div className="welcome">
      <header><h1>{t("title")}</h1><p className="meta">{t("lead")}</p></header>
      <ol className="steps" aria-label={t("step_n", { n: at + 1 })}>
        {STEPS.map((one, i) => <li key={one} className={one === step ? "here" : i < at ? "past" : ""}><button type="button" aria-current={one === step ? "step" : undefined} onClick={() => go(one)}>{t(one)}</button></li>)}
      </ol>
      {step === "company" && <CompanyStep foot={foot} />}
      {step === "people" && <><section className="panel"><div className="body"><h2>{t("people")}</h2><PeopleStep invites={invites} onInvited={setInvites} onWaiting={setWaiting} /></div></section><Foot {...foot} /></>}
      {step === "pipeline" && <PipelineStep foot={foot} />}
      {step === "sample" && <><section className="panel"><div className="body"><h2>{t("sample")}</h2><p className="meta">{t("sample_lead")}</p><Samples /></div></section><Foot {...foot} /></>}
      {step === "done" && <DoneStep />}
    </div>
  );
}

interface FootProps { back?: (() => void) | undefined; next: () => void; leave: () => void; isBusy?: boolean }

function Foot({ back, next, leave, isBusy }: FootProps) {
  return (
    <footer>
      <Button kind="quiet" onClick={leave}>{t("later")}</Button><span className="grow" />
      {back && <Button onClick={back}>{t("back")}</Button>}
      <Button kind="primary" disabled={isBusy ?? false} onClick={next}>{t("next")}</Button>
    </footer>
  );
}

function CompanyStep({ foot }: { foot: FootProps }) {
  const { me } = useSession();
  const [draft, setDraft] = useState({ company: me.workspace.company, zone: me.workspace.zone, currency: me.workspace.currency });
  const [errors, setErrors] = useState<Record<string, string>>({});
  const [problem, setProblem] = useState<string | null>(null);
  const save = async () => {
    try {
      await api.saveSettings(draft);
      refreshConfig();
      foot.next();
    } catch (error) {
      setErrors(error instanceof ApiError ? error.byField() : {});
      setProblem(error instanceof ApiError ? error.general(["company", "zone", "currency"]) : problemText(error));
    }
  };
  return (
    <>
      <section className="panel"><div className="body">
        <h2>{t("company")}</h2><p className="meta">{t("company_lead")}</p>
        {problem && <Notice kind="bad">{problem}</Notice>}
        <FormRow id="w-company" label={t("company_name")} isRequired error={errors.company}><input id="w-company" className="input" maxLength={60} value={draft.company} onChange={(event) => setDraft({ ...draft, company: event.target.value })} /></FormRow>
        <FormRow id="w-zone" label={t("zone")} error={errors.zone}><Combobox id="w-zone" value={draft.zone} options={zoneOptions(draft.zone)} onChange={(zone) => zone && setDraft({ ...draft, zone })} /></FormRow>
        <FormRow id="w-currency" label={t("currency")} error={errors.currency}><Combobox id="w-currency" value={draft.currency} options={currencyOptions(draft.currency)} onChange={(currency) => currency && setDraft({ ...draft, currency })} /></FormRow>
      </div></section>
      <Foot {...foot} next={() => void save()} isBusy={!draft.company.trim()} />
    </>
  );
}

/* One of each object's pipelines is what new records take. */
function PipelineStep({ foot }: { foot: FootProps }) {
  const session = useSession();
  const pipelines = session.pipelines as readonly FullPipeline[];
  const [problem, setProblem] = useState<string | null>(null);
  const choose = async (chosen: FullPipeline) => {
    if (chosen.default) return;
    setProblem(null);
    try {
      await calls.pipelineChange(chosen.name, { default: true });
    } catch (error) {
      setProblem(problemText(error));
    }
    refreshConfig();
  };
  return (
    <>
      <section className="panel"><div className="body">
        <h2>{t("pipeline")}</h2><p className="meta">{t(pipelines.length ? "pipeline_lead" : "pipeline_none")}</p>
        {problem && <Notice kind="bad">{problem}</Notice>}
        <div className="pipelinechoice" role="radiogroup" aria-label={t("pipeline")}>
          {pipelines.map((pipeline) => (
            <button key={pipeline.name} type="button" role="radio" aria-checked={Boolean(pipeline.default)} onClick={() => void choose(pipeline)}>
              <span className="rowline"><strong className="grow">{tr(pipeline.label)}</strong>{pipeline.default && <span className="tag ink">{t("is_default")}</span>}<span className="meta">{t("stages_n", { n: pipeline.stages.length })}</span></span>
              <span className="meta">{pipeline.stages.map((stage) => tr(stage.label)).join(" → ")}</span>
              {pipeline.default && <Stalls pipeline={pipeline} />}
            </button>
          ))}
        </div>
      </div></section>
      <Foot {...foot} />
    </>
  );
}

const limitText = (limit: string) => spanText(thresholdMs(limit) ?? 0);

function Stalls({ pipeline }: { pipeline: FullPipeline }) {
  const stages = pipeline.stages.filter((stage) => stage.stall && Object.keys(stage.stall).length > 0);
  if (stages.length === 0) return null;
  return (
    <>
      <span className="meta">{t("thresholds")}</span>
      <span className="stallrows">
        {stages.map((stage) => (
          <span key={stage.name} className="rowline"><span className="grow cut">{tr(stage.label)}</span>
            {(["yellow", "orange", "red"] as const).map((level) => stage.stall?.[level] && <span key={level} className="rowline num"><span className={level}><LevelShape level={level} size={10} /></span>{limitText(stage.stall[level])}</span>)}</span>
        ))}
      </span>
    </>
  );
}

const NEXT = [
  { href: "/imports", icon: "import", name: "go_import" }, { href: "/settings/rules", icon: "alert", name: "go_rules" }, { href: "/settings/objects", icon: "box", name: "go_objects" },
] as const;

function DoneStep() {
  const [, navigate] = useLocation();
  const finish = (href: string) => {
    setLater(false);
    /* The session says so before "/" is asked where to go. */
    api.saveSettings({ setup_done: "yes" }).then(() => queryClient.invalidateQueries({ queryKey: ["session"] })).then(
      () => navigate(href),
      (error: unknown) => toast(problemText(error), { isBad: true }),
    );
  };
  return (
    <>
      <section className="panel"><div className="body">
        <h2>{t("done_title")}</h2><p className="meta">{t("done_lead")}</p>
        <ul className="nextlist">
          {NEXT.map(({ href, icon, name }) => (
            <li key={href}><Link href={href} onClick={(event) => { event.preventDefault(); finish(href); }}>
              <Icon name={icon} /><span className="grow two"><strong>{t(name)}</strong><span className="meta">{t(`${name}_hint`)}</span></span><Icon name="chevron-right" size={16} />
            </Link></li>
          ))}
        </ul>
      </div></section>
      <footer><span className="grow" /><Button kind="primary" onClick={() => finish("/")}>{t("finish")}</Button></footer>
    </>
  );
}
