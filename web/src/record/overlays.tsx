import { lazy, Suspense, useEffect } from "react";
import { useParams } from "@/base/hooks.ts";
import { sendPending, usePending } from "@/base/pending.ts";
import { queryClient, useSession } from "@/base/session.ts";
import { toast } from "@/ui/layer.tsx";
import { t } from "./texts.ts";

/* Dialogs that any screen can open, each by a word in the URL: ?log=…, ?create=object. */
const LogSheet = lazy(() => import("./log.tsx").then((module) => ({ default: module.LogSheet })));
const CreateDialog = lazy(() => import("./create.tsx").then((module) => ({ default: module.CreateDialog })));

export function Overlays() {
  const session = useSession();
  const [params, setParams] = useParams();
  const log = params.get("log");
  const create = params.get("create");
  const preset = /^(\w+):([\w-]+)$/.exec(params.get("with") ?? "");
  const object = create ? session.objects.get(create) : undefined;
  usePendingSender();
  return (
    <Suspense fallback={null}>
      {log && session.app.log && session.objects.has(session.app.log.object) && (
        <LogSheet key={log} wanted={log} onClose={() => setParams({ log: null })} />
      )}
      {object && (
        <CreateDialog key={create} object={object} preset={preset ? { field: preset[1]!, id: preset[2]! } : null}
          onClose={() => setParams({ create: null, with: null })} />
      )}
    </Suspense>
  );
}

const RETRY_MS = 30_000;
/* The network is there again, or the server is. */
const BACK = ["online", "leadline:back"];

function usePendingSender() {
  const hasPending = usePending((state) => state.items.some((item) => !item.problem));
  useEffect(() => {
    if (!hasPending) return;
    const send = () => void sendPending((item) => {
      toast(t("log_sent", { name: item.title }));
      void queryClient.invalidateQueries();
    });
    send();
    const timer = setInterval(send, RETRY_MS);
    for (const name of BACK) window.addEventListener(name, send);
    return () => {
      clearInterval(timer);
      for (const name of BACK) window.removeEventListener(name, send);
    };
  }, [hasPending]);
}
