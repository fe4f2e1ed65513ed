import { api } from "@/base/api.ts";
import { queryClient } from "@/base/session.ts";
import { Button, Notice } from "@/ui/basics.tsx";
import { t } from "./texts.ts";
import { TwoStep } from "./two_step.tsx";

/* For whose role needs two-step log-in: nothing else opens before it is set up. */
export default function OtpGate() {
  const again = () => void queryClient.resetQueries({ queryKey: ["session"] });
  return (
    <main className="otpgate">
      <Notice kind="warn">{t("two_step_due")}</Notice>
      <TwoStep onChanged={again} />
      <div><Button kind="quiet" icon="exit" onClick={() => void api.signOut().finally(again)}>{t("sign_out")}</Button></div>
    </main>
  );
}
