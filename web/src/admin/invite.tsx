import { type FormEvent, useState } from "react";
import { useLocation } from "wouter";
import { ApiError, request } from "@/base/api.ts";
import { useTitle } from "@/base/hooks.ts";
import { queryClient } from "@/base/session.ts";
import { Button, FormRow, Notice } from "@/ui/basics.tsx";
import { t } from "./texts.ts";

/* An invitation's link: the person sets a first password and is signed in. */
export default function Invite({ token }: { token: string }) {
  useTitle(t("welcome"));
  const [, navigate] = useLocation();
  const [password, setPassword] = useState("");
  const [again, setAgain] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const isSame = password === again;
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!password || !isSame) return;
    try {
      await request("/invitation", { method: "POST", body: { token, password } });
      queryClient.clear();
      navigate("/", { replace: true });
    } catch (error) {
      setProblem(error instanceof ApiError && (error.status === 404 || error.status === 401) ? t("invite_over") : (error as Error).message);
    }
  };
  return (
    <div className="login">
      <main className="loginbox">
        <header>
          <img src="/icon.svg" alt="" width={44} height={44} />
          <div><h1>{t("welcome")}</h1><p>{t("welcome_hint")}</p></div>
        </header>
        <form onSubmit={(event) => void submit(event)}>
          {problem && <Notice kind="bad">{problem}</Notice>}
          <FormRow id="i-password" label={t("choose_password")}><input id="i-password" className="input" type="password" autoComplete="new-password" autoFocus value={password} onChange={(event) => setPassword(event.target.value)} /></FormRow>
          <FormRow id="i-again" label={t("password_again")} error={again && !isSame ? t("password_differs") : null}><input id="i-again" className="input" type="password" autoComplete="new-password" value={again} onChange={(event) => setAgain(event.target.value)} /></FormRow>
          <Button kind="primary" className="wide" type="submit" disabled={!password || !isSame}>{t("start")}</Button>
        </form>
      </main>
    </div>
  );
}
