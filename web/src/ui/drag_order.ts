import { useState, type DragEvent, type HTMLAttributes, type KeyboardEvent } from "react";

export function moved<T>(list: T[], from: number, to: number): T[] {
  if (from === to || from < 0 || to < 0 || from >= list.length || to >= list.length) return list;
  const out = [...list];
  out.splice(to, 0, ...out.splice(from, 1));
  return out;
}

/* Rows put in another order: by dragging, or with Alt and the arrows. */
export function useDragOrder<T>(list: T[], onOrder: (list: T[]) => void) {
  const [from, setFrom] = useState<number | null>(null);
  const [over, setOver] = useState<number | null>(null);
  const end = () => { setFrom(null); setOver(null); };
  return {
    row: (i: number): HTMLAttributes<HTMLElement> => ({
      className: over === i && from !== null && from !== i ? (from < i ? "dropbelow" : "dropabove") : "",
      onDragOver: (event: DragEvent) => { if (from !== null) { event.preventDefault(); setOver(i); } },
      onDrop: (event: DragEvent) => { if (from !== null) { event.preventDefault(); onOrder(moved(list, from, i)); } end(); },
    }),
    handle: (i: number): HTMLAttributes<HTMLElement> => ({
      draggable: true, tabIndex: 0, role: "button",
      onDragStart: (event: DragEvent) => { event.dataTransfer.effectAllowed = "move"; setFrom(i); },
      onDragEnd: end,
      onKeyDown: (event: KeyboardEvent) => {
        const by = event.key === "ArrowUp" ? -1 : event.key === "ArrowDown" ? 1 : 0;
        if (!event.altKey || !by) return;
        event.preventDefault();
        onOrder(moved(list, i, i + by));
      },
    }),
  };
}
