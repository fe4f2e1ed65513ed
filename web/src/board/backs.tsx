import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { api } from "@/base/api.ts";
import { absolute } from "@/base/format.ts";
import { allOf, idIn } from "@/base/formula.ts";
import { tr } from "@/base/i18n.ts";
import { parseTime } from "@/base/time.ts";
import type { ObjectDef, PipelineDef, Row } from "@/base/types.ts";
import { titleOf } from "@/object/object.ts";
import { Empty, Failed, Skeleton } from "@/ui/basics.tsx";
import { Icon } from "@/ui/icon.tsx";
import { Dialog } from "@/ui/layer.tsx";
import { quoteText, type Rows } from "./funnel_figures.ts";
import type { Panel } from "./scope.tsx";
import { t } from "./texts.ts";

/*
 * Moves to an earlier stage: how often from where to where, and behind each figure the moves, with the
 * reasons given. `back` in the URL is "<from>~<to>".
 */
const SHOWN = 200;

function stageLabel(pipeline: PipelineDef, name: unknown): string {
  return tr(pipeline.stages.find((stage) => stage.name === name)?.label) || String(name ?? "");
}

function moveText(pipeline: PipelineDef, from: unknown, to: unknown): string {
  return t("regression", { from: stageLabel(pipeline, to), to: stageLabel(pipeline, from) });
}

export function Regressions({ object, pipeline, rows, where, panel }: {
  object: ObjectDef; pipeline: PipelineDef; rows: Rows; where: string; panel: Panel;
}) {
  const sorted = [...rows].sort((a, b) => Number(b["COUNT()"]) - Number(a["COUNT()"])).slice(0, 6);
  const [from, to] = (new URLSearchParams(window.location.search).get("back") ?? "").split("~");
  return (
    <div className="regressions">
      <span className="meta">{t("regressions")}</span>
      {sorted.map((row) => {
        const key = `${String(row.entered_from)}~${String(row.stage)}`;
        return (
          <button key={key} type="button" className="tag" onClick={() => panel.set({ back: key }, true)}>
            <Icon name="undo" size={12} />{moveText(pipeline, row.entered_from, row.stage)}<strong className="num">{String(row["COUNT()"])}</strong>
          </button>
        );
      })}
      {from && to && (
        <Dialog isLarge title={`${t("regressions")} ${moveText(pipeline, from, to)}`} onClose={() => panel.set({ back: null })}>
          <div className="body drill"><Moves object={object} where={allOf(where, `entered_from = ${quoteText(from)}`, `stage = ${quoteText(to)}`)} /></div>
        </Dialog>
      )}
    </div>
  );
}

function Moves({ object, where }: { object: ObjectDef; where: string }) {
  const moves = useQuery({
    queryKey: ["records", "stage_stay", "back", object.name, where], retry: false,
    queryFn: async () => {
      const stays = await api.records("stage_stay", { where, order: "-entered_at", limit: SHOWN, fields: ["record", "entered_at", "by", "by.name", "reason"] });
      const ids = [...new Set(stays.items.map((row) => String(row.record)))];
      const records = ids.length === 0 ? [] : (await api.records(object.name, { where: idIn(ids), limit: SHOWN, fields: [object.title_field] })).items;
      return { stays: stays.items, titles: new Map(records.map((row) => [row.id, titleOf(object, row)])), hasMore: stays.next !== null };
    },
  });
  if (moves.isError) return <Failed isSmall error={moves.error} onRetry={() => void moves.refetch()} />;
  if (moves.isPending) return <Skeleton rows={4} />;
  const { stays, titles, hasMore } = moves.data;
  if (stays.length === 0) return <Empty isSmall title={t("no_records")} />;
  return (
    <>
      <ul className="drilllist">
        {stays.map((row) => <MoveRow key={row.id} object={object} row={row} title={titles.get(String(row.record)) ?? String(row.record)} />)}
      </ul>
      <p className="meta">{hasMore ? t("records_more", { n: SHOWN }) : t("records_count", { n: stays.length })}</p>
    </>
  );
}

function MoveRow({ object, row, title }: { object: ObjectDef; row: Row; title: string }) {
  return (
    <li>
      <Link href={`/o/${object.name}/${String(row.record)}`}>
        <span className="grow drilltitle">
          <strong className="cut">{title}</strong>
          <span className="drillmeta">
            <span className="cut">{[row["by.name"], absolute(parseTime(String(row.entered_at)) ?? 0)].filter(Boolean).map(String).join(" · ")}</span>
            {row.reason ? <span className="cut">{String(row.reason)}</span> : null}
          </span>
        </span>
        <Icon name="chevron-right" size={16} />
      </Link>
    </li>
  );
}
