import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { create } from "zustand";
import { api, ApiError } from "@/base/api.ts";
import { permission, queryClient, type Session, useSession } from "@/base/session.ts";
import type { ObjectDef, Row, Value } from "@/base/types.ts";
import { columnsOf, fieldsFor, titleOf } from "@/object/object.ts";
import { rememberRecord } from "@/object/recent.ts";
import { layoutOf, objectConfig } from "@/base/session.ts";

/* One record: read with the names of what it refers to, written with its version. */
export type FullRow = Row & { can?: Record<string, boolean> };

function recordFields(session: Session, object: ObjectDef): string[] {
  const config = objectConfig(session, object.name);
  const own = object.fields.map((field) => field.name);
  const layout = layoutOf(session, object.name);
  const paths = [config.card?.sub, config.card?.phone, config.board?.sub, ...(layout.summary ?? []), ...layout.sections.flatMap((section) => section.fields)];
  return fieldsFor(columnsOf(session, object, [...own, ...paths]));
}

export function useRecord(object: ObjectDef, id: string) {
  const session = useSession();
  return useQuery({
    queryKey: ["record", object.name, id],
    queryFn: () => api.record(object.name, id, recordFields(session, object)) as Promise<FullRow>,
  });
}

export function canOn(session: Session, object: string, row: FullRow, what: "update" | "delete" | "move" | "assign"): boolean {
  const own = row.can?.[what];
  if (own !== undefined) return own;
  const may = permission(session, object);
  if (what === "delete") return may.delete ?? false;
  return (what === "assign" ? may.assign : undefined) ?? may.update ?? false;
}

export function refreshRecord(object: string, id: string) {
  void queryClient.invalidateQueries({ queryKey: ["record", object, id] });
  void queryClient.invalidateQueries({ queryKey: ["history", object, id] });
  void queryClient.invalidateQueries({ queryKey: ["stays", object, id] });
  void queryClient.invalidateQueries({ queryKey: ["records", object] });
  void queryClient.invalidateQueries({ queryKey: ["aggregate", object] });
  void queryClient.invalidateQueries({ queryKey: ["related"] });
  void queryClient.invalidateQueries({ queryKey: ["cards"] });
}

export async function saveFields(object: string, row: Row, values: Record<string, Value>): Promise<Row> {
  const saved = await api.update(object, row.id, row.version, values);
  refreshRecord(object, row.id);
  return saved;
}

export function problemText(error: unknown): string {
  return error instanceof ApiError ? (error.general([]) ?? error.message) : error instanceof Error ? error.message : String(error);
}

/* The record a person is looking at: what N logs against, what the palette acts on. */
export interface Context {
  object: string;
  id: string;
  title: string;
}

export const useContextRecord = create<{ record: Context | null }>(() => ({ record: null }));

export function useAsContext(object: ObjectDef, row: Row | undefined) {
  const title = row ? titleOf(object, row) : "";
  const id = row?.id;
  useEffect(() => {
    if (!id) return;
    const record = { object: object.name, id, title };
    rememberRecord(record);
    useContextRecord.setState({ record });
    return () => {
      if (useContextRecord.getState().record?.id === id) useContextRecord.setState({ record: null });
    };
  }, [object.name, id, title]);
}
