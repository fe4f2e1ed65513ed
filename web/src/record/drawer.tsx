import "./record.css";
import { useEffect } from "react";
import { useLocation } from "wouter";
import { useActions } from "@/base/actions.ts";
import type { ObjectDef } from "@/base/types.ts";
import { Button, Failed, Skeleton } from "@/ui/basics.tsx";
import { RecordHead, RecordTabs } from "./body.tsx";
import { t } from "./texts.ts";
import { useRecord } from "./use.ts";

/* The record beside its list. The list keeps the keyboard: ↑ and ↓ walk it, Escape closes. */
export function RecordDrawer({ object, id, onClose, onStep }: {
  object: ObjectDef; id: string; onClose: () => void; onStep?: (by: 1 | -1) => void;
}) {
  const record = useRecord(object, id);
  const [, navigate] = useLocation();
  useActions([{ name: "close_drawer", label: t("close"), keys: "Escape", isHidden: true, run: onClose }]);
  useEffect(() => {
    document.querySelector(".drawer .drawerbody")?.scrollTo(0, 0);
  }, [id]);
  const controls = (
    <span className="drawercontrols">
      {onStep && <Button kind="quiet" icon="chevron-up" aria-label={t("previous")} onClick={() => onStep(-1)} />}
      {onStep && <Button kind="quiet" icon="chevron-down" aria-label={t("next")} onClick={() => onStep(1)} />}
      <Button kind="quiet" icon="expand" aria-label={t("expand")} onClick={() => navigate(`/o/${object.name}/${id}`)} />
      <Button kind="quiet" icon="close" aria-label={t("close")} onClick={onClose} />
    </span>
  );
  return (
    <aside className="drawer" aria-label={t("details")}>
      <div className="drawerbody scroll">
        {record.isError && <div className="drawerfail">{controls}<Failed error={record.error} onRetry={() => void record.refetch()} /></div>}
        {record.isPending && <Skeleton rows={8} />}
        {record.data && (
          <>
            <RecordHead object={object} row={record.data} onGone={onClose}>{controls}</RecordHead>
            <RecordTabs object={object} row={record.data} />
          </>
        )}
      </div>
    </aside>
  );
}
