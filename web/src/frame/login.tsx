import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useEffect, useState } from "react";
import { useLocation, useSearch } from "wouter";
import { api, ApiError } from "@/base/api.ts";
import { useTitle } from "@/base/hooks.ts";
import { tr } from "@/base/i18n.ts";
import { locale, usePrefs } from "@/base/prefs.ts";
import { setLeaving } from "@/base/seen.ts";
import { queryClient } from "@/base/session.ts";
import { Avatar, Button, FormRow, Notice } from "@/ui/basics.tsx";
import { t } from "./texts.ts";

/* Login: two fields; in a demo workspace also one button per role. */
export function Login({ hasSession }: { hasSession: boolean }) {
  const [, navigate] = useLocation();
  const next = new URLSearchParams(useSearch()).get("next");
  const [login, setLogin] = useState("");
  const [password, setPassword] = useState("");
  const [otp, setOtp] = useState<string | null>(null); // null: not asked for yet
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const demo = useQuery({ queryKey: ["demo"], queryFn: api.demo, retry: false, staleTime: Infinity });
  useTitle(t("sign_in"));

  const go = () => navigate(next?.startsWith("/") && !next.startsWith("//") ? next : "/", { replace: true });
  useEffect(() => {
    if (hasSession) go();
  }, [hasSession]);

  const enter = async (name: string, secret: string, digits?: string) => {
    setBusy(true);
    setProblem(null);
    try {
      await api.signIn(name, secret, digits);
      setLeaving(false);
      queryClient.clear();
      go();
    } catch (error) {
      const isAsked = error instanceof ApiError && error.errors.some(({ field }) => field === "otp");
      const isFirst = isAsked && digits === undefined;
      setOtp(isAsked ? "" : null);
      setProblem(isFirst ? null : sentence(error));
    } finally {
      setBusy(false);
    }
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (login.trim() && password) void enter(login.trim(), password, otp?.trim() || undefined);
  };
  const logins = demo.data?.logins ?? [];
  return (
    <div className="login">
      <main className="loginbox">
        <header>
          <img src="/icon.svg" alt="" width={44} height={44} />
          <div>
            <h1>{t("product")}</h1>
            <p>{t("tagline")}</p>
          </div>
          <LanguageButton />
        </header>
        <form onSubmit={submit}>
          {problem && <Notice kind="bad">{problem}</Notice>}
          <FormRow label={t("login")} id="login">
            <input id="login" className="input" autoComplete="username" autoCapitalize="none" spellCheck={false}
              autoFocus={logins.length === 0} value={login} onChange={(event) => setLogin(event.target.value)} />
          </FormRow>
          <FormRow label={t("password")} id="password">
            <input id="password" className="input" type="password" autoComplete="current-password" value={password}
              onChange={(event) => setPassword(event.target.value)} />
          </FormRow>
          {otp !== null && (
            <FormRow label={t("otp")} id="otp" help={t("otp_help")}>
              <input id="otp" className="input" autoComplete="one-time-code" spellCheck={false} autoCapitalize="none" autoFocus maxLength={11}
                value={otp} onChange={(event) => setOtp(event.target.value)} />
            </FormRow>
          )}
          <Button kind="primary" className="wide" type="submit" disabled={isBusy || !login.trim() || !password || otp === ""}>{t("sign_in")}</Button>
        </form>
        {logins.length > 0 && (
          <section className="demo" aria-label={t("demo_title")}>
            <h2>{t("demo_title")}</h2>
            <ul>
              {logins.map((entry) => (
                <li key={entry.login}>
                  <button type="button" disabled={isBusy} onClick={() => void enter(entry.login, entry.password)}>
                    <Avatar name={entry.name} isBig />
                    <span className="grow">
                      <strong>{entry.name}</strong>
                      <span className="meta">{entry.role_label ? tr(entry.role_label) : entry.role}</span>
                    </span>
                  </button>
                </li>
              ))}
            </ul>
          </section>
        )}
      </main>
    </div>
  );
}

function sentence(error: unknown): string {
  if (!(error instanceof ApiError)) return String(error);
  if (error.status === 429) return t("wait", { n: error.retryAfterSeconds ?? 30 });
  if (error.status === 401) return error.detail || t("wrong");
  return error.message;
}

function LanguageButton() {
  const set = usePrefs((prefs) => prefs.set);
  return (
    <Button kind="quiet" isSmall icon="globe" onClick={() => set({ locale: locale() === "zh" ? "en" : "zh" })}>
      {locale() === "zh" ? "English" : "中文"}
    </Button>
  );
}
