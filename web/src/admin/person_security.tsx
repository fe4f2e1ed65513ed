import "@/account/account.css";
import { useQuery } from "@tanstack/react-query";
import { request } from "@/base/api.ts";
import { relative } from "@/base/format.ts";
import { queryClient } from "@/base/session.ts";
import { now, parseTime } from "@/base/time.ts";
import type { Otp, SessionSeen } from "@/account/calls.ts";
import { deviceOf, isPhoneAgent } from "@/account/device.ts";
import { t as at } from "@/account/texts.ts";
import { problemText } from "@/record/use.ts";
import { ask } from "@/ui/ask.tsx";
import { Button } from "@/ui/basics.tsx";
import { Icon } from "@/ui/icon.tsx";
import { toast } from "@/ui/layer.tsx";
import type { Person } from "./calls.ts";
import { t } from "./security_texts.ts";

/* Somebody's second factor and where they are logged in, for those who manage people. */
const part = encodeURIComponent;

export function PersonSecurity({ person }: { person: Person }) {
  const otp = useQuery({ queryKey: ["person_otp", person.id], queryFn: () => request<Otp>(`/users/${part(person.id)}/otp`), retry: false });
  const sessions = useQuery({ queryKey: ["person_sessions", person.id], queryFn: () => request<{ items: SessionSeen[] }>(`/sessions?person=${part(person.id)}`), retry: false });
  const run = async (work: () => Promise<unknown>, done: string) => {
    try {
      await work();
      toast(done);
    } catch (error) {
      toast(problemText(error), { isBad: true });
    }
    void queryClient.invalidateQueries({ queryKey: ["person_otp", person.id] });
    void queryClient.invalidateQueries({ queryKey: ["person_sessions", person.id] });
  };
  const reset = async () => {
    if (!await ask({ title: t("otp_reset_title", { name: person.name }), text: t("otp_reset_text"), yes: t("otp_reset"), isDanger: true })) return;
    await run(() => request(`/users/${part(person.id)}/otp`, { method: "DELETE" }), t("otp_reset_done", { name: person.name }));
  };
  const end = (id: string) => run(() => request(`/sessions/${part(id)}`, { method: "DELETE" }), at("ended"));
  if (!otp.data && !sessions.data) return null;
  return (
    <section className="wide personsecurity">
      <h3>{t("person_security")}</h3>
      <ul className="sessionlist melist">
        {otp.data && (
          <li className="persontwostep">
            <Icon name={otp.data.on ? "check" : "lock"} />
            <span className="grow two"><span>{at("two_step")}</span>
              <span className="meta">{otp.data.on ? t("otp_is_on", { n: otp.data.codes_left }) : t(otp.data.due ? "otp_is_due" : "otp_is_off")}</span></span>
            {otp.data.on && <Button isSmall kind="danger" onClick={() => void reset()}>{t("otp_reset")}</Button>}
          </li>
        )}
        {(sessions.data?.items ?? []).map((item) => (
          <li key={item.id}>
            <Icon name={isPhoneAgent(item.agent) ? "phone" : "screen"} />
            <span className="grow two"><span className="cut">{deviceOf(item.agent) || at("unknown_device")}</span>
              <span className="meta cut">{at("last_seen", { when: relative(parseTime(item.last_at) ?? 0, now()), address: item.address })}</span></span>
            {item.current ? <span className="tag ink">{at("this_one")}</span> : <Button isSmall onClick={() => void end(item.id)}>{at("end")}</Button>}
          </li>
        ))}
        {sessions.data?.items.length === 0 && <li className="meta">{t("no_sessions")}</li>}
      </ul>
    </section>
  );
}
