import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { api } from "@/base/api.ts";
import { duration } from "@/base/format.ts";
import { quote } from "@/base/formula.ts";
import { useNow } from "@/base/hooks.ts";
import { tr } from "@/base/i18n.ts";
import { useSession } from "@/base/session.ts";
import { parseTime } from "@/base/time.ts";
import type { ObjectDef, Row } from "@/base/types.ts";
import { pipelineOf } from "@/object/object.ts";
import { MenuButton } from "@/ui/layer.tsx";
import { useMove } from "./move.tsx";
import { t } from "./texts.ts";
import { canOn, type FullRow } from "./use.ts";

/* The stage bar: every stage of the pipeline, the days spent in each, one click to move. */
export function useStays(object: ObjectDef, id: string) {
  return useQuery({
    queryKey: ["stays", object.name, id],
    queryFn: () => api.records("stage_stay", {
      where: `record = ${quote(id)}`, order: "entered_at", limit: 200,
      fields: ["stage", "entered_at", "left_at", "move", "by", "by.name", "reason"],
    }),
    enabled: object.pipeline,
  });
}

export function stayTimes(stays: Row[], nowMs: number): Map<string, number> {
  const out = new Map<string, number>();
  for (const stay of stays) {
    const from = parseTime(stay.entered_at as string);
    if (from === null) continue;
    const to = parseTime(stay.left_at as string | null) ?? nowMs;
    out.set(String(stay.stage), (out.get(String(stay.stage)) ?? 0) + Math.max(0, to - from));
  }
  return out;
}

export function StageBar({ object, row }: { object: ObjectDef; row: FullRow }) {
  const session = useSession();
  const nowMs = useNow(60_000);
  const stays = useStays(object, row.id);
  const { move, dialog } = useMove(object);
  const current = useRef<HTMLLIElement>(null);
  const pipeline = pipelineOf(session, object.name, row);
  useEffect(() => {
    const item = current.current;
    const list = item?.parentElement;
    if (item && list) list.scrollLeft = item.offsetLeft - list.clientWidth / 2 + item.offsetWidth / 2;
  }, [row.stage]);
  if (!pipeline) return null;

  const times = stayTimes(stays.data?.items ?? [], nowMs);
  const canMove = canOn(session, object.name, row, "move");
  const lost = pipeline.stages.filter((stage) => stage.kind === "lost");
  const isLost = lost.some((stage) => stage.name === row.stage);
  const path = pipeline.stages.filter((stage) => stage.kind !== "lost");
  const index = path.findIndex((stage) => stage.name === row.stage);
  return (
    <div className="stagebar">
      <ol className="scroll">
        {path.map((stage, i) => {
          const isHere = stage.name === row.stage;
          const spent = times.get(stage.name);
          const state = isHere ? "here" : i < index || (isLost && spent !== undefined) ? "past" : "ahead";
          return (
            <li key={stage.name} ref={isHere ? current : undefined} className={`${state} ${stage.kind}`}>
              <button type="button" disabled={!canMove || isHere} aria-current={isHere ? "step" : undefined}
                title={isHere ? undefined : t("move_to", { stage: tr(stage.label) })} onClick={() => void move(row, stage.name)}>
                <span className="cut">{tr(stage.label)}</span>
                <span className="num">{spent === undefined ? "" : duration(spent)}</span>
              </button>
            </li>
          );
        })}
      </ol>
      {isLost && <span className="lostmark">{tr(lost.find((stage) => stage.name === row.stage)!.label)}</span>}
      {!isLost && canMove && lost.length > 0 && (
        <MenuButton kind="quiet" isSmall label={tr(lost[0]!.label)} align="end"
          items={lost.map((stage) => ({ label: t("move_to", { stage: tr(stage.label) }), icon: "close", run: () => void move(row, stage.name) }))}>
          {tr(lost[0]!.label)}
        </MenuButton>
      )}
      {dialog}
    </div>
  );
}
