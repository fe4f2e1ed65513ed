import "./record.css";
import { useMemo } from "react";
import { useLocation } from "wouter";
import { useMedia, useTitle } from "@/base/hooks.ts";
import { tr } from "@/base/i18n.ts";
import { layoutOf, useSession } from "@/base/session.ts";
import type { ObjectDef } from "@/base/types.ts";
import { conditionsOf, isPlaced, NOTHING, useFormState } from "@/field/state.ts";
import { columnOf, titleOf } from "@/object/object.ts";
import { Button, Empty, Failed, Skeleton } from "@/ui/basics.tsx";
import { RecordHead, RecordTabs, Summary, useRecordActions } from "./body.tsx";
import { Details } from "./details.tsx";
import { InlineField } from "./inline.tsx";
import { RelatedLists, relationsShown } from "./related.tsx";
import { t } from "./texts.ts";
import { Timeline } from "./timeline.tsx";
import { type FullRow, useAsContext, useRecord } from "./use.ts";

/* The record as a page of its own. */
export default function RecordPage({ object: name, id }: { object: string; id: string }) {
  const session = useSession();
  const object = session.objects.get(name);
  if (!object) return <Empty icon="lock" title={t("related_none", { name })} />;
  return <Loaded object={object} id={id} />;
}

function Loaded({ object, id }: { object: ObjectDef; id: string }) {
  const record = useRecord(object, id);
  const [, navigate] = useLocation();
  const isTwoColumn = useMedia("(min-width: 1080px)");
  useTitle(record.data ? titleOf(object, record.data) : tr(object.label));
  const back = () => (window.history.length > 1 ? window.history.back() : navigate(`/o/${object.name}`));
  if (record.isError) return <Failed error={record.error} onRetry={() => void record.refetch()} />;
  if (!record.data) return <Skeleton rows={8} />;
  return (
    <div className="recordpage">
      <div className="recordback"><Button kind="quiet" isSmall icon="back" onClick={back}>{t("back")}</Button></div>
      <RecordHead object={object} row={record.data} onGone={() => navigate(`/o/${object.name}`)} />
      {isTwoColumn ? <TwoColumns object={object} row={record.data} /> : <RecordTabs object={object} row={record.data} />}
    </div>
  );
}

/* Lines need width: on a page with room they stand beside the details, not in them. */
function TwoColumns({ object, row }: { object: ObjectDef; row: FullRow }) {
  const session = useSession();
  useAsContext(object, row);
  useRecordActions(object, row);
  const layout = layoutOf(session, object.name);
  const conditions = useMemo(() => conditionsOf(layout), [layout]);
  const state = useFormState(object, NOTHING, row, conditions);
  const tables = object.fields.filter((field) => field.type === "sub_table" && row[field.name] !== undefined && state.isVisible(field.name) && isPlaced(layout, state, field.name))
    .flatMap((field) => columnOf(session, object, field.name) ?? []);
  return (
    <>
      <Summary object={object} row={row} />
      <div className="recordcolumns">
        <div className="recordmain">
          {tables.map((column) => (
            <section key={column.path} className="panel linespanel">
              <header><h2>{column.label}</h2></header>
              <div className="body"><InlineField object={object} row={row} column={column} /></div>
            </section>
          ))}
          <section className="panel"><div className="body"><Timeline object={object} row={row} /></div></section>
        </div>
        <aside>
          <section className="panel"><header><h2>{t("details")}</h2></header><div className="body"><Details object={object} row={row} without={tables.map((column) => column.path)} /></div></section>
          {relationsShown(session, object).length > 0 && <section className="panel"><div className="body"><RelatedLists object={object} row={row} /></div></section>}
        </aside>
      </div>
    </>
  );
}
