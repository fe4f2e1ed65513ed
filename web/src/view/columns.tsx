import { useState } from "react";
import { tr } from "@/base/i18n.ts";
import { useSession } from "@/base/session.ts";
import { columnOf, targetOf } from "@/object/object.ts";
import { Button } from "@/ui/basics.tsx";
import { Combobox } from "@/ui/combobox.tsx";
import { Popover } from "@/ui/layer.tsx";
import type { ListState } from "./state.ts";
import { t } from "./texts.ts";

/* Which columns, in which order; fields of what a record refers to can be columns too. */
export function ColumnChoice({ state }: { state: ListState }) {
  const session = useSession();
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const { object, paths } = state;
  const put = (next: string[]) => state.set({ columns: next.join(",") });
  const move = (index: number, by: number) => {
    const next = [...paths];
    const [path] = next.splice(index, 1);
    next.splice(index + by, 0, path!);
    put(next);
  };
  const options = [
    ...object.fields.map((field) => ({ value: field.name, label: tr(field.label) || field.name })),
    ...object.fields.flatMap((field) => (session.objects.get(targetOf(field) ?? "")?.fields ?? []).filter((other) => !other.system)
      .map((other) => ({ value: `${field.name}.${other.name}`, label: `${tr(field.label)} · ${tr(other.label)}` }))),
  ].filter((option) => !paths.includes(option.value));
  return (
    <>
      <Button kind="quiet" icon="columns" aria-label={t("columns")} aria-expanded={anchor !== null}
        onClick={(event) => setAnchor(anchor ? null : event.currentTarget)} />
      {anchor && (
        <Popover anchor={anchor} align="end" className="pad columnchoice" onClose={() => setAnchor(null)} label={t("column_choice")}>
          <h3>{t("column_choice")}</h3>
          <ul>
            {paths.map((path, index) => {
              const name = columnOf(session, object, path)?.label ?? path;
              return (
                <li key={path} className="rowline">
                  <span className="grow cut">{name}</span>
                  <Button kind="quiet" isSmall icon="chevron-up" aria-label={t("column_up", { name })} disabled={index === 0} onClick={() => move(index, -1)} />
                  <Button kind="quiet" isSmall icon="chevron-down" aria-label={t("column_down", { name })} disabled={index === paths.length - 1} onClick={() => move(index, 1)} />
                  <Button kind="quiet" isSmall icon="close" aria-label={name} disabled={paths.length === 1} onClick={() => put(paths.filter((other) => other !== path))} />
                </li>
              );
            })}
          </ul>
          <Combobox isSmall value={null} options={options} onChange={(path) => path && put([...paths, path])} />
          <Button kind="quiet" isSmall onClick={() => state.set({ columns: null })}>{t("reset")}</Button>
        </Popover>
      )}
    </>
  );
}
