import "./account.css";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ApiError } from "@/base/api.ts";
import { queryClient } from "@/base/session.ts";
import { Button, FormRow, Notice } from "@/ui/basics.tsx";
import { Icon } from "@/ui/icon.tsx";
import { Dialog, toast } from "@/ui/layer.tsx";
import { calls } from "./calls.ts";
import { qrOf, qrPath } from "./qr.ts";
import { t } from "./texts.ts";

/* Two-step log-in: on or off, and the way from one to the other. */
export function TwoStep({ onChanged }: { onChanged?: () => void }) {
  const otp = useQuery({ queryKey: ["otp"], queryFn: calls.otp, retry: false });
  const [dialog, setDialog] = useState<"on" | "off" | null>(null);
  if (!otp.data) return null;
  const close = () => {
    setDialog(null);
    void queryClient.invalidateQueries({ queryKey: ["otp"] });
  };
  return (
    <section className="panel">
      <header><h2>{t("two_step")}</h2></header>
      <div className="body twostep">
        <span className={`twostepmark ${otp.data.on ? "on" : ""}`}><Icon name={otp.data.on ? "check" : "lock"} size={20} /></span>
        <p className="grow">{otp.data.on ? t("two_step_on", { n: otp.data.codes_left }) : t(otp.data.due ? "two_step_due" : "two_step_off")}</p>
        <Button kind={otp.data.on ? undefined : "primary"} onClick={() => setDialog(otp.data.on ? "off" : "on")}>{t(otp.data.on ? "turn_off" : "set_up")}</Button>
      </div>
      {dialog === "on" && <SetUp onClose={close} onDone={() => { close(); onChanged?.(); }} />}
      {dialog === "off" && <TurnOff onClose={close} />}
    </section>
  );
}

const sentence = (error: unknown) => (error instanceof ApiError ? (error.general([]) ?? error.message) : String(error));

/* Password, then the code to scan and its first digits, then the recovery codes. */
function SetUp({ onClose, onDone }: { onClose: () => void; onDone: () => void }) {
  const [password, setPassword] = useState("");
  const [digits, setDigits] = useState("");
  const [secret, setSecret] = useState<{ secret: string; uri: string } | null>(null);
  const [codes, setCodes] = useState<string[] | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const run = async (work: () => Promise<void>) => {
    setProblem(null);
    await work().catch((error: unknown) => setProblem(sentence(error)));
  };
  const begin = () => run(async () => setSecret(await calls.otpBegin(password)));
  const confirm = () => run(async () => {
    setCodes((await calls.otpConfirm(digits.replace(/\D/g, ""))).codes);
    toast(t("turned_on"));
  });
  if (codes) return <Codes codes={codes} onDone={onDone} />;
  if (!secret) {
    return (
      <Dialog title={t("two_step")} onClose={onClose} onSubmit={() => void begin()}
        footer={<><Button onClick={onClose}>{t("cancel")}</Button><Button kind="primary" disabled={!password} onClick={() => void begin()}>{t("next")}</Button></>}>
        <div className="body"><PasswordRow value={password} onChange={setPassword} problem={problem} /></div>
      </Dialog>
    );
  }
  const rows = qrOf(secret.uri);
  return (
    <Dialog title={t("two_step")} onClose={onClose} onSubmit={() => void confirm()}
      footer={<><Button onClick={onClose}>{t("cancel")}</Button><Button kind="primary" disabled={digits.replace(/\D/g, "").length !== 6} onClick={() => void confirm()}>{t("confirm")}</Button></>}>
      <div className="body otpsetup">
        <p>{t("scan")}</p>
        {rows && (
          <svg className="qr" viewBox={`0 0 ${rows.length + 8} ${rows.length + 8}`} role="img" aria-label={t("qr")} shapeRendering="crispEdges">
            <path fill="#fff" d={`M0 0h${rows.length + 8}v${rows.length + 8}H0z`} /><path fill="#000" d={qrPath(rows)} />
          </svg>
        )}
        <p className="meta">{t("by_hand")}<br /><code className="otpsecret">{secret.secret.match(/.{1,4}/g)!.join(" ")}</code></p>
        <FormRow label={t("code")} id="otp-digits" error={problem}>
          <input id="otp-digits" className="input otpdigits" inputMode="numeric" autoComplete="one-time-code" maxLength={7} autoFocus
            value={digits} onChange={(event) => setDigits(event.target.value)} />
        </FormRow>
      </div>
    </Dialog>
  );
}

function PasswordRow({ value, onChange, problem }: { value: string; onChange: (text: string) => void; problem: string | null }) {
  return (
    <FormRow label={t("password")} id="otp-password" error={problem}>
      <input id="otp-password" type="password" className="input" autoComplete="current-password" value={value} onChange={(event) => onChange(event.target.value)} />
    </FormRow>
  );
}

function Codes({ codes, onDone }: { codes: string[]; onDone: () => void }) {
  const copy = () => void navigator.clipboard?.writeText(codes.join("\n")).then(() => toast(t("copied")));
  return (
    <Dialog title={t("codes_title")} onClose={onDone}
      footer={<><Button icon="copy" onClick={copy}>{t("copy")}</Button><Button kind="primary" onClick={onDone}>{t("done")}</Button></>}>
      <div className="body">
        <Notice kind="warn">{t("codes_hint")}</Notice>
        <ol className="otpcodes">{codes.map((code) => <li key={code}><code>{code}</code></li>)}</ol>
      </div>
    </Dialog>
  );
}

function TurnOff({ onClose }: { onClose: () => void }) {
  const [password, setPassword] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const remove = async (event?: FormEvent) => {
    event?.preventDefault();
    try {
      await calls.otpRemove(password);
      toast(t("turned_off"));
      onClose();
    } catch (error) {
      setProblem(sentence(error));
    }
  };
  return (
    <Dialog title={t("turn_off_title")} onClose={onClose} onSubmit={() => void remove()}
      footer={<><Button onClick={onClose}>{t("cancel")}</Button><Button kind="danger" disabled={!password} onClick={() => void remove()}>{t("turn_off")}</Button></>}>
      <div className="body"><p>{t("turn_off_hint")}</p><PasswordRow value={password} onChange={setPassword} problem={problem} /></div>
    </Dialog>
  );
}
