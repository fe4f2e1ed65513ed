import { useMemo, useRef, useState } from "react";
import { tr } from "@/base/i18n.ts";
import type { Label, ObjectDef } from "@/base/types.ts";
import { Button, Empty } from "@/ui/basics.tsx";
import { Icon } from "@/ui/icon.tsx";
import { Dialog, Popover } from "@/ui/layer.tsx";
import { FormulaInput } from "./formula_input.tsx";
import { type Act, ACTS, type Cell, cellOf, hasOwnRow, isFormula, isSameCell, isYesNo, modesOf, nextCell, type RoleBody, SCOPES, type Scope, withCell, withoutRow } from "./role_edit.ts";
import { t } from "./role_texts.ts";

/*
 * The table of a role: objects down, actions across, in each cell for which records. The arrows
 * move among the cells, Enter opens the choices, the space bar takes the next one.
 */
export interface RoleRow {
  name: string;
  label: Label | null;
  object: ObjectDef | null;
}

interface Props {
  rows: RoleRow[];
  body: RoleBody;
  saved: RoleBody;
  other: { body: RoleBody; label: string } | null;
  onChange: (body: RoleBody) => void;
  onFields: (object: ObjectDef) => void;
}

export function wordOf(act: Act, cell: Cell): string {
  if (isFormula(cell)) return t("scope_formula");
  if (isYesNo(act)) return t(cell === "none" ? "scope_no" : "scope_yes");
  return t(`scope_${cell}`);
}

export function RoleTable({ rows, body, saved, other, onChange, onFields }: Props) {
  const [text, setText] = useState("");
  const [place, setPlace] = useState({ row: "*", act: "read" as Act });
  const [picking, setPicking] = useState<{ anchor: HTMLElement; row: RoleRow; act: Act } | null>(null);
  const [writing, setWriting] = useState<{ row: RoleRow; act: Act } | null>(null);
  const table = useRef<HTMLTableElement>(null);
  const needle = text.trim().toLowerCase();
  const shown = useMemo(() => rows.filter((row) => `${row.name} ${row.label?.zh ?? ""} ${row.label?.en ?? ""}`.toLowerCase().includes(needle)), [rows, needle]);
  const here = shown.some((row) => row.name === place.row) ? place : { row: shown[0]?.name ?? "*", act: place.act };
  const move = (dy: number, dx: number) => {
    const y = Math.max(0, Math.min(shown.length - 1, shown.findIndex((row) => row.name === here.row) + dy));
    const x = Math.max(0, Math.min(ACTS.length - 1, ACTS.indexOf(here.act) + dx));
    const next = { row: shown[y]!.name, act: ACTS[x]! };
    setPlace(next);
    table.current?.querySelector<HTMLElement>(`[data-cell="${next.row}.${next.act}"]`)?.focus();
  };
  const onKey = (event: React.KeyboardEvent, row: RoleRow, act: Act) => {
    const steps: Record<string, [number, number]> = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    const step = steps[event.key];
    if (step) move(...step);
    else if (event.key === " ") onChange(withCell(body, row.name, act, nextCell(act, cellOf(body, row.name, act))));
    else return;
    event.preventDefault();
  };
  const pick = (row: RoleRow, act: Act, cell: Cell | "write") => {
    setPicking(null);
    if (cell === "write") setWriting({ row, act });
    else onChange(withCell(body, row.name, act, cell));
  };
  const labelOf = (row: RoleRow) => (row.name === "*" ? t("others") : tr(row.label) || row.name);
  return (
    <section className="panel roletable">
      <header>
        <div className="grow"><h2>{t("records")}</h2><p className="meta">{t("records_hint")}</p></div>
        <label className="settingssearch small"><Icon name="search" size={16} /><input value={text} onChange={(event) => setText(event.target.value)} placeholder={t("find_object")} aria-label={t("find_object")} /></label>
      </header>
      <div className="rolescroll scroll">
        <table ref={table} role="grid" aria-label={t("records")}>
          <thead><tr><th>{t("object")}</th>{ACTS.map((act) => <th key={act}>{t(`act_${act}`)}</th>)}<th>{t("fields")}</th></tr></thead>
          <tbody>
            {shown.map((row) => {
              const isOwn = hasOwnRow(body, row.name);
              const limited = modesOf(body, row.name).length;
              return (
                <tr key={row.name} className={isOwn ? "" : "follows"}>
                  <th scope="row"><div>
                    <span className="two">
                      <strong className="cut">{labelOf(row)}</strong>
                      <span className="meta cut">{row.name === "*" ? t("others_hint") : isOwn ? row.name : t("follows")}</span>
                    </span>
                    {isOwn && row.name !== "*" && <Button kind="quiet" isSmall icon="undo" aria-label={`${labelOf(row)}: ${t("follow_again")}`} onClick={() => onChange(withoutRow(body, row.name))} />}
                  </div></th>
                  {ACTS.map((act) => {
                    const cell = cellOf(body, row.name, act);
                    const theirs = other && cellOf(other.body, row.name, act);
                    const isChanged = !isSameCell(cell, cellOf(saved, row.name, act));
                    const isOther = theirs !== null && !isSameCell(cell, theirs);
                    return (
                      <td key={act} role="gridcell" data-act={t(`act_${act}`)}>
                        <button type="button" data-cell={`${row.name}.${act}`} tabIndex={here.row === row.name && here.act === act ? 0 : -1}
                          className={`scopecell ${isFormula(cell) ? "formula" : cell}${isChanged ? " changed" : ""}${isOther ? " other" : ""}`}
                          title={isFormula(cell) ? cell.formula : undefined} aria-haspopup="menu"
                          aria-label={`${labelOf(row)}, ${t(`act_${act}`)}: ${wordOf(act, cell)}`}
                          onFocus={() => setPlace({ row: row.name, act })} onKeyDown={(event) => onKey(event, row, act)}
                          onClick={(event) => setPicking({ anchor: event.currentTarget, row, act })}>
                          <Reach cell={cell} />
                          <span className="cut">{wordOf(act, cell)}</span>
                          {isOther && <span className="theirs cut">{wordOf(act, theirs)}</span>}
                        </button>
                      </td>
                    );
                  })}
                  <td data-act={t("fields")}>
                    {row.object && (
                      <button type="button" className={`fieldcell${limited ? " some" : ""}`} data-fields={row.name} onClick={() => onFields(row.object!)}>
                        {limited ? t("fields_n", { n: limited }) : t("fields_none")}<Icon name="chevron-right" size={16} />
                      </button>
                    )}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
        {shown.length === 0 && <Empty isSmall icon="search" title={t("no_object")} />}
      </div>
      {picking && (
        <ScopeMenu anchor={picking.anchor} act={picking.act} cell={cellOf(body, picking.row.name, picking.act)} hasFormula={picking.row.object !== null}
          onClose={() => setPicking(null)} onPick={(cell) => pick(picking.row, picking.act, cell)} />
      )}
      {writing && (
        <FormulaDialog row={writing.row} act={writing.act} label={labelOf(writing.row)} cell={cellOf(body, writing.row.name, writing.act)}
          onClose={() => setWriting(null)}
          onPick={(cell) => { setWriting(null); onChange(withCell(body, writing.row.name, writing.act, cell)); }} />
      )}
    </section>
  );
}

/* How far it reaches, as bars: to be read down a column without words. */
function Reach({ cell }: { cell: Cell }) {
  if (isFormula(cell)) return <i className="reach fx" aria-hidden="true">ƒ</i>;
  const steps: Record<Scope, number> = { none: 0, own: 1, team: 2, team_below: 3, region: 3, all: 4 };
  return <i className="reach" aria-hidden="true">{[1, 2, 3, 4].map((step) => <b key={step} className={step <= steps[cell] ? "on" : ""} />)}</i>;
}

function ScopeMenu({ anchor, act, cell, hasFormula, onClose, onPick }: {
  anchor: HTMLElement; act: Act; cell: Cell; hasFormula: boolean; onClose: () => void; onPick: (cell: Cell | "write") => void;
}) {
  const list = useRef<HTMLDivElement>(null);
  const scopes: readonly Scope[] = isYesNo(act) ? ["none", "all"] : SCOPES;
  const choose = (next: Cell | "write") => {
    onPick(next);
    anchor.focus();
  };
  const step = (event: React.KeyboardEvent) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    const buttons = Array.from(list.current!.querySelectorAll<HTMLElement>("button"));
    const index = buttons.indexOf(document.activeElement as HTMLElement);
    buttons[(index + (event.key === "ArrowDown" ? 1 : -1) + buttons.length) % buttons.length]?.focus();
  };
  return (
    <Popover anchor={anchor} onClose={onClose} role="menu" label={t(`act_${act}`)} className="scopemenu">
      <div ref={(element) => { if (element && !list.current) element.querySelector<HTMLElement>('[aria-checked="true"], button')?.focus(); list.current = element; }} onKeyDown={step}>
        {scopes.map((scope) => (
          <button key={scope} type="button" className="option" role="menuitemradio" aria-checked={!isFormula(cell) && cell === scope} onClick={() => choose(scope)}>
            <Reach cell={scope} />
            <span className="grow two"><span>{wordOf(act, scope)}</span>{!isYesNo(act) && <span className="meta">{t(`${scope}_hint`)}</span>}</span>
            {!isFormula(cell) && cell === scope && <Icon name="check" size={16} />}
          </button>
        ))}
        {!isYesNo(act) && hasFormula && (
          <button type="button" className="option" role="menuitemradio" aria-checked={isFormula(cell)} onClick={() => choose("write")}>
            <Reach cell={{ formula: "" }} />
            <span className="grow two"><span>{t("scope_formula")}…</span><span className="meta">{t("formula_hint")}</span></span>
            {isFormula(cell) && <Icon name="check" size={16} />}
          </button>
        )}
      </div>
    </Popover>
  );
}

function FormulaDialog({ row, act, label, cell, onClose, onPick }: {
  row: RoleRow; act: Act; label: string; cell: Cell; onClose: () => void; onPick: (cell: Cell) => void;
}) {
  const [text, setText] = useState(isFormula(cell) ? cell.formula : "");
  const [isOk, setIsOk] = useState(isFormula(cell));
  const submit = () => isOk && text.trim() && onPick({ formula: text.trim() });
  const choice = row.object?.fields.find((field) => field.type === "choice" && field.choices?.length && !field.system);
  const examples = ["owner = ME()", "IN_TEAM(owner, MY_TEAM())", choice && `${choice.name} = "${choice.choices![0]!.name}"`, "HOURS_SINCE(created_at) < 24"]
    .filter((example): example is string => Boolean(example) && (row.object?.fields.some((field) => field.name === "owner") || !example!.includes("owner")));
  return (
    <Dialog isLarge title={t("formula_title", { object: label, act: t(`act_${act}`) })} onClose={onClose} onSubmit={submit}
      footer={<><span className="grow" /><Button onClick={onClose}>{t("cancel")}</Button><Button kind="primary" disabled={!isOk || !text.trim()} onClick={submit}>{t("use")}</Button></>}>
      <div className="body scopeformula">
        <p className="meta">{t("formula_help")}</p>
        <FormulaInput object={row.name} value={text} isBoolean onChange={setText} onSubmit={submit}
          onState={(state) => setIsOk(state.isOk && (state.type === null || state.type === "boolean"))} />
        <div className="chips inline"><span className="meta">{t("formula_examples")}</span>
          {examples.map((example) => <button key={example} type="button" className="chip" onClick={() => setText(text.trim() ? `${text.trim()} AND ${example}` : example)}><code>{example}</code></button>)}
        </div>
      </div>
    </Dialog>
  );
}
