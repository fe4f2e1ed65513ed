import "./mobile.css";
import { type FormEvent, useState } from "react";
import { Link } from "wouter";
import { api, ApiError } from "@/base/api.ts";
import { relative } from "@/base/format.ts";
import { usePhone, useTitle } from "@/base/hooks.ts";
import { tr } from "@/base/i18n.ts";
import { dropPending, type Pending, usePending } from "@/base/pending.ts";
import { usePrefs } from "@/base/prefs.ts";
import { useCounts, useSession } from "@/base/session.ts";
import { openPalette, setLocale, tabsOf, useNav, useSignOut } from "@/base/nav.ts";
import { Exports, Sessions } from "@/account/sessions.tsx";
import { TwoStep } from "@/account/two_step.tsx";
import { Avatar, Button, FormRow, Notice, Segment } from "@/ui/basics.tsx";
import { ask } from "@/ui/ask.tsx";
import { Icon } from "@/ui/icon.tsx";
import { toast } from "@/ui/layer.tsx";
import { askToDiscard } from "./leave.ts";
import { t } from "./texts.ts";

/* Me: who I am, what else there is on a phone, preferences, password. */
export default function MePage() {
  const session = useSession();
  const { me } = session;
  const prefs = usePrefs();
  const isPhone = usePhone();
  const counts = useCounts().data;
  const signOut = useSignOut();
  useTitle(t("me"));
  const nav = useNav();
  const tabs = new Set(tabsOf(session.app, nav).flatMap((tab) => ("screen" in tab ? [`${tab.screen}:${tab.object ?? ""}`] : [])));
  const more = nav.filter((entry) => !tabs.has(`${entry.screen}:${entry.object ?? ""}`));
  return (
    <div className="me">
      <header className="mehead">
        <Avatar name={me.user.name} isBig />
        <span className="grow">
          <h1>{me.user.name}</h1>
          <span className="meta">{[me.user.role_label ? tr(me.user.role_label) : me.user.role, me.user.team_name, me.workspace.company].filter(Boolean).join(" · ")}</span>
        </span>
      </header>
      {isPhone && (
        <ul className="panel melist">
          <li><Link href="/inbox"><Icon name="bell" /><span className="grow">{t("inbox")}</span>{counts && counts.unread > 0 && <span className="badge loud">{counts.unread}</span>}<Icon name="chevron-right" size={16} /></Link></li>
          <li><button type="button" onClick={() => openPalette()}><Icon name="search" /><span className="grow">{t("search")}</span><Icon name="chevron-right" size={16} /></button></li>
          {more.map((entry) => <li key={entry.key}><Link href={entry.href}><Icon name={entry.icon} /><span className="grow">{entry.label}</span><Icon name="chevron-right" size={16} /></Link></li>)}
        </ul>
      )}
      <PendingList />
      <section className="panel">
        <header><h2>{t("preferences")}</h2></header>
        <div className="body mepref">
          <FormRow label={t("theme")}><Segment label={t("theme")} value={prefs.theme} onChange={(theme) => prefs.set({ theme })}
            options={(["system", "light", "dark"] as const).map((value) => ({ value, label: t(`theme_${value}`) }))} /></FormRow>
          <FormRow label={t("language")}><Segment label={t("language")} value={prefs.locale} onChange={setLocale}
            options={[{ value: "zh", label: "中文" }, { value: "en", label: "English" }]} /></FormRow>
        </div>
      </section>
      <Password />
      <TwoStep />
      <Sessions />
      <Exports />
      <Button icon="exit" onClick={() => void signOut(askToDiscard)}>{t("sign_out")}</Button>
      {me.version && <p className="meta">{t("version", { v: me.version })}</p>}
    </div>
  );
}

function PendingList() {
  const session = useSession();
  const items = usePending((state) => state.items);
  const discard = async (item: Pending) => {
    if (await ask({ title: t("discard_title", { name: item.title }), text: t("discard_text"), yes: t("discard"), isDanger: true })) await dropPending(item.id);
  };
  if (items.length === 0) return null;
  return (
    <section className="panel">
      <header><h2>{t("pending")}</h2><span className="meta">{t("pending_hint")}</span></header>
      <ul className="melist">
        {items.map((item) => (
          <li key={item.id} className="mepending">
            <span className="grow">
              <span className="cut">{item.title}</span>
              <span className="meta">{relative(item.at)}{item.files.length > 0 && ` · ${t("with_file")}`}</span>
              {item.problem && <span className="formerror">{item.problem}</span>}
            </span>
            {item.problem && session.app.log?.object === item.object && <Link className="btn small" href={`/me?log=pending:${item.id}`}>{t("correct")}</Link>}
            {item.problem && <Button isSmall kind="danger" onClick={() => void discard(item)}>{t("discard")}</Button>}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Password() {
  const [old, setOld] = useState("");
  const [next, setNext] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const save = async (event: FormEvent) => {
    event.preventDefault();
    setProblem(null);
    try {
      await api.changePassword(old, next);
      setOld("");
      setNext("");
      toast(t("changed"));
    } catch (error) {
      setProblem(error instanceof ApiError ? (error.general([]) ?? error.message) : String(error));
    }
  };
  return (
    <section className="panel">
      <header><h2>{t("password")}</h2></header>
      <form className="body mepref" onSubmit={(event) => void save(event)}>
        {problem && <Notice kind="bad">{problem}</Notice>}
        <FormRow label={t("old")} id="old-password"><input id="old-password" type="password" className="input" autoComplete="current-password" value={old} onChange={(event) => setOld(event.target.value)} /></FormRow>
        <FormRow label={t("next")} id="next-password"><input id="next-password" type="password" className="input" autoComplete="new-password" value={next} onChange={(event) => setNext(event.target.value)} /></FormRow>
        <div><Button type="submit" disabled={!old || !next}>{t("save")}</Button></div>
      </form>
    </section>
  );
}
