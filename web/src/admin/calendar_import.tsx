import { useQuery } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { request } from "@/base/api.ts";
import type * as gen from "@/base/api.gen.ts";
import { useDebounced } from "@/base/hooks.ts";
import { tr } from "@/base/i18n.ts";
import type { Label } from "@/base/types.ts";
import { Button, Failed, FormRow, Notice, TextArea } from "@/ui/basics.tsx";
import { Dialog } from "@/ui/layer.tsx";
import { calendarCalls } from "./calendar_calls.ts";
import type { Calendar } from "./calendar_days.ts";
import { kindText, PlanDialog, weekdayText } from "./calendar_plan.tsx";
import { t } from "./calendar_texts.ts";

/*
 * A published arrangement: pasted, read by the server as one writes, what was not understood quoted
 * with its line; then the plan, then kept. Nothing changes before that.
 */
const READ_MS = 350;

/* Chinese text files are UTF-8 or GB18030. */
async function textOf(file: File): Promise<string> {
  const bytes = await file.arrayBuffer();
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("gb18030").decode(bytes);
  }
}

export function ImportDialog({ calendar, year, onClose, onYear }: { calendar: Calendar; year: number; onClose: () => void; onYear: (year: number) => void }) {
  const [text, setText] = useState("");
  const [assumed, setAssumed] = useState(String(year));
  const [isWhole, setWhole] = useState<boolean | null>(null);
  const [isPlanned, setPlanned] = useState(false);
  const file = useRef<HTMLInputElement>(null);
  const asked = useDebounced(text, READ_MS);
  const yearGiven = /^\d{4}$/.test(assumed) ? Number(assumed) : undefined;
  const read = useQuery({
    queryKey: ["calendar_read", asked, yearGiven], enabled: asked.trim().length > 0, retry: false,
    queryFn: () => request<gen.CalendarText>("/calendars/read", { method: "POST", body: { text: asked, ...(yearGiven ? { year: yearGiven } : {}) } }),
  });
  const found = asked.trim() ? read.data : undefined;
  const days = found?.days ?? [];
  const arrangedYear = found?.year ?? null;
  const isReplacing = arrangedYear !== null && (isWhole ?? found?.whole ?? false);
  const body = { days: days.map(({ line: _line, ...day }) => day), ...(isReplacing ? { years: [arrangedYear] } : {}) };
  if (isPlanned) {
    return (
      <PlanDialog title={t("import_title")} name={calendar.name} change={{ kind: "calendar_days", name: calendar.name, body }}
        run={() => calendarCalls.days(calendar.name, body)} onBack={() => setPlanned(false)} onClose={onClose}
        onDone={() => onYear(arrangedYear ?? Number(days[0]!.on.slice(0, 4)))} />
    );
  }
  return (
    <Dialog isLarge title={t("import_title")} onClose={onClose}
      footer={<>
        <Button icon="file" onClick={() => file.current?.click()}>{t("import_file")}</Button>
        <span className="grow" />
        <Button onClick={onClose}>{t("cancel")}</Button>
        <Button kind="primary" disabled={days.length === 0 || asked !== text} onClick={() => setPlanned(true)}>{t("next")}</Button>
      </>}>
      <div className="body calimport">
        <input ref={file} type="file" hidden accept=".csv,.txt,text/plain,text/csv" onChange={(event) => {
          const picked = event.target.files?.[0];
          event.target.value = "";
          if (picked) void textOf(picked).then(setText);
        }} />
        <FormRow id="cal-text" label={t("import_text")} help={t("import_hint")}
          aside={<label className="calyearof"><span className="meta">{t("import_year")}</span>
            <input className="input small num" inputMode="numeric" maxLength={4} value={assumed} aria-label={t("import_year")} onChange={(event) => setAssumed(event.target.value.replace(/\D/g, ""))} /></label>}>
          <TextArea id="cal-text" value={text} rows={6} onChange={(next) => { setText(next); setWhole(null); }} />
        </FormRow>
        {read.isError && <Failed error={read.error} isSmall />}
        {found && (
          <>
            <p className="calfound" aria-live="polite"><strong>{days.length > 0 ? t("found_n", { n: days.length }) : t("found_none")}</strong></p>
            {found.refused.length > 0 && (
              <Notice kind="warn">
                <strong>{t("refused_n", { n: found.refused.length })}</strong>
                <ul className="calrefused">{found.refused.map((one, i) => <li key={i}><span className="meta num">{t("line_n", { n: one.line })}</span><q>{one.text}</q><span>{one.message}</span></li>)}</ul>
              </Notice>
            )}
            {arrangedYear !== null && days.length > 0 && (
              <label className="check"><input type="checkbox" checked={isReplacing} onChange={(event) => setWhole(event.target.checked)} />{t("whole_year", { y: arrangedYear })}</label>
            )}
            {days.length > 0 && (
              <div className="calplandays scroll"><table className="table">
                <thead><tr><th>{t("col_day")}</th><th>{t("col_kind")}</th><th>{t("col_name")}</th></tr></thead>
                <tbody>{[...days].sort((a, b) => a.on.localeCompare(b.on)).map((day) => (
                  <tr key={day.on}><td className="num">{day.on} <span className="meta">{weekdayText(day.on)}</span></td><td>{kindText(day.kind, false)}</td><td>{tr(day.label as Label | undefined)}</td></tr>
                ))}</tbody>
              </table></div>
            )}
            {found.passed.length > 0 && (
              <details className="calpassed"><summary className="meta">{t("passed_n", { n: found.passed.length })}</summary>
                <ul>{found.passed.map((one, i) => <li key={i}><span className="meta num">{t("line_n", { n: one.line })}</span> {one.text}</li>)}</ul></details>
            )}
          </>
        )}
      </div>
    </Dialog>
  );
}
