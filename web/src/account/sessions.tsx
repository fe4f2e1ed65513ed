import "./account.css";
import { useQuery } from "@tanstack/react-query";
import { relative } from "@/base/format.ts";
import { tr } from "@/base/i18n.ts";
import { queryClient, useSession } from "@/base/session.ts";
import { now, parseTime } from "@/base/time.ts";
import { problemText } from "@/record/use.ts";
import { Button } from "@/ui/basics.tsx";
import { Icon } from "@/ui/icon.tsx";
import { toast } from "@/ui/layer.tsx";
import { calls, type SessionSeen } from "./calls.ts";
import { deviceOf, isPhoneAgent } from "./device.ts";
import { t } from "./texts.ts";

const when = (time: string) => relative(parseTime(time) ?? 0, now());

/* Every place with a session; any but this one is ended with one tap. */
export function Sessions() {
  const found = useQuery({ queryKey: ["sessions"], queryFn: calls.sessions, retry: false });
  const end = (item: SessionSeen) => calls.sessionEnd(item.id).then(
    () => {
      void queryClient.invalidateQueries({ queryKey: ["sessions"] });
      toast(t("ended"));
    },
    (error: unknown) => toast(problemText(error), { isBad: true }),
  );
  if (!found.data) return null;
  return (
    <section className="panel">
      <header><h2>{t("sessions")}</h2></header>
      <ul className="sessionlist melist">
        {found.data.items.map((item) => (
          <li key={item.id}>
            <Icon name={isPhoneAgent(item.agent) ? "phone" : "screen"} />
            <span className="grow two">
              <span className="cut">{deviceOf(item.agent) || t("unknown_device")}</span>
              <span className="meta cut">{t("last_seen", { when: when(item.last_at), address: item.address })}</span>
            </span>
            {item.current ? <span className="tag ink">{t("this_one")}</span> : <Button isSmall onClick={() => void end(item)}>{t("end")}</Button>}
          </li>
        ))}
      </ul>
    </section>
  );
}

export function Exports() {
  const session = useSession();
  const found = useQuery({ queryKey: ["exports"], queryFn: calls.exports, retry: false });
  if (!found.data?.items.length) return null;
  return (
    <section className="panel">
      <header><h2>{t("exports")}</h2><span className="meta">{t("exports_hint")}</span></header>
      <ul className="sessionlist melist">
        {found.data.items.map((item) => (
          <li key={item.at + (item.detail?.export ?? "")}>
            <Icon name="export" />
            <span className="grow two">
              <span className="cut">{tr(session.objects.get(item.object ?? "")?.label_plural) || item.object}</span>
              <span className="meta cut">{relative(parseTime(item.at) ?? 0)} · {t("rows", { n: Number(item.detail?.rows ?? 0) })}</span>
            </span>
            <code className="meta">{item.detail?.export}.{item.detail?.format}</code>
          </li>
        ))}
      </ul>
    </section>
  );
}
