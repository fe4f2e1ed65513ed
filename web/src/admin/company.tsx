import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { api, ApiError } from "@/base/api.ts";
import { locale } from "@/base/prefs.ts";
import { useSession } from "@/base/session.ts";
import type { Settings } from "@/base/types.ts";
import { Button, Failed, FormRow, Notice, Skeleton } from "@/ui/basics.tsx";
import { Combobox, type Option } from "@/ui/combobox.tsx";
import { Samples } from "./samples.tsx";
import { t as ft } from "./first_run_texts.ts";
import { samplesOf } from "./sample.ts";
import { saveChange } from "./saving.tsx";
import { t } from "./texts.ts";

/* Zones without daylight saving, as the server knows them; any other is an offset. */
const ZONES = [
  "Asia/Shanghai", "Asia/Urumqi", "Asia/Hong_Kong", "Asia/Macau", "Asia/Taipei", "Asia/Singapore", "Asia/Tokyo", "Asia/Seoul",
  "Asia/Bangkok", "Asia/Ho_Chi_Minh", "Asia/Kolkata", "Asia/Dubai", "UTC", "+00:00", "+01:00", "+02:00", "+03:00", "+05:00", "+06:00", "+07:00",
  "+08:00", "+09:00", "+10:00", "+11:00", "+12:00", "-03:00", "-05:00", "-06:00", "-07:00", "-08:00",
];
const CURRENCIES = ["CNY", "HKD", "TWD", "USD", "EUR", "JPY", "GBP", "SGD", "KRW", "VND", "THB", "INR", "AED"];

/* What people call them, before the code that is stored. */
function zoneName(zone: string): string {
  if (/^[+-]/.test(zone)) return "";
  const parts = new Intl.DateTimeFormat(locale(), { timeZone: zone, timeZoneName: "long" }).formatToParts();
  return parts.find((part) => part.type === "timeZoneName")?.value ?? "";
}

const optionsOf = (list: string[], value: string, nameOf: (code: string) => string): Option[] =>
  (list.includes(value) ? list : [value, ...list]).map((code) => {
    const name = nameOf(code);
    return { value: code, label: name && name !== code ? `${name} ${code}` : code };
  });
export const zoneOptions = (zone: string) => optionsOf(ZONES, zone, zoneName);
export const currencyOptions = (currency: string) =>
  optionsOf(CURRENCIES, currency, (code) => new Intl.DisplayNames(locale(), { type: "currency" }).of(code) ?? "");

/* The workspace itself: what it is called, which day it is there, what money is in. */
export function Company() {
  const session = useSession();
  const { me } = session;
  const found = useQuery({ queryKey: ["config", "settings"], queryFn: api.settings });
  if (found.isError) return <Failed error={found.error} onRetry={() => void found.refetch()} />;
  if (found.isPending) return <Skeleton rows={4} />;
  const facts: [string, string][] = [[t("demo_workspace"), t(me.workspace.demo ? "yes" : "no")], [t("version"), me.version ?? "—"]];
  return (
    <div className="settingspart">
      <section className="panel"><CompanyForm stored={found.data} /></section>
      {samplesOf(session).length > 0 && !me.workspace.demo && (
        <section className="panel"><header><h2>{ft("sample_panel")}</h2><span className="meta">{ft("sample_panel_hint")}</span></header><div className="body"><Samples /></div></section>
      )}
      <section className="panel">
        <dl className="facts">{facts.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>
      </section>
    </div>
  );
}

function CompanyForm({ stored }: { stored: Settings }) {
  const [draft, setDraft] = useState(stored);
  const [errors, setErrors] = useState<Record<string, string>>({});
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => setDraft(stored), [stored.company, stored.zone, stored.currency]);
  const names = ["company", "zone", "currency"] as const;
  const changed = names.filter((name) => draft[name].trim() !== stored[name]);
  const part = (from: Settings) => Object.fromEntries(changed.map((name) => [name, from[name].trim()]));
  const save = async () => {
    setErrors({});
    setProblem(null);
    const [next, before] = [part(draft), part(stored)];
    try {
      await saveChange(() => api.saveSettings(next), () => api.saveSettings(before));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setErrors(error.byField());
      setProblem(error.general([...names]));
    }
  };
  return (
    <form className="body companyform" onSubmit={(event) => { event.preventDefault(); void save(); }}>
      {problem && <Notice kind="bad">{problem}</Notice>}
      <FormRow label={t("company_name")} id="company" isRequired error={errors.company}>
        <input id="company" className="input" value={draft.company} maxLength={60} onChange={(event) => setDraft({ ...draft, company: event.target.value })} />
      </FormRow>
      <FormRow label={t("zone")} id="zone" error={errors.zone} help={t("zone_hint")}>
        <Combobox id="zone" value={draft.zone} options={zoneOptions(draft.zone)} onChange={(zone) => zone && setDraft({ ...draft, zone })} />
      </FormRow>
      <FormRow label={t("currency")} id="currency" error={errors.currency} help={t("currency_hint")}>
        <Combobox id="currency" value={draft.currency} options={currencyOptions(draft.currency)} onChange={(currency) => currency && setDraft({ ...draft, currency })} />
      </FormRow>
      {changed.length > 0 && (
        <footer className="savebar inline">
          <span className="grow">{t("unsaved")}</span>
          <Button onClick={() => setDraft(stored)}>{t("undo")}</Button>
          <Button kind="primary" type="submit">{t("save")}</Button>
        </footer>
      )}
    </form>
  );
}
