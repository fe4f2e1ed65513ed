import { useCallback, useEffect, useRef } from "react";
import {
  type CollisionDetection, type DragEndEvent, type KeyboardCoordinateGetter, KeyboardSensor, MouseSensor, pointerWithin, rectIntersection, TouchSensor, useSensor, useSensors,
} from "@dnd-kit/core";

/* An arrow goes to the nearest other place that lies more in its direction than across. */
const toNeighbour: KeyboardCoordinateGetter = (event, { context: { collisionRect: box, droppableRects } }) => {
  const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.code];
  if (!way || !box) return undefined;
  const [ahead, aside] = way as [number, number];
  let [best, nearest] = [undefined as { x: number; y: number } | undefined, Infinity];
  for (const rect of droppableRects.values()) {
    const x = rect.left + rect.width / 2 - box.left - box.width / 2;
    const y = rect.top + rect.height / 2 - box.top - box.height / 2;
    const [besideX, besideY] = [Math.max(0, Math.abs(x) - rect.width / 2), Math.max(0, Math.abs(y) - rect.height / 2)];
    if (besideX + besideY === 0) continue; // here it is
    const [along, across] = [x * ahead + y * aside, ahead ? besideY : besideX];
    if (along <= across || along + across >= nearest) continue;
    nearest = along + across;
    best = { x: box.left + x, y: box.top + y };
  }
  return best;
};

/*
 * Records are dragged by mouse, by touch after a moment, and by keyboard (Space takes and lets go). The library tells
 * what the pointer was over when it last painted: where a quick hand lets go has not been painted yet, so targetOf()
 * asks again for that point. It answers the id of the droppable, or null.
 */
export function useDropping() {
  const painted = useRef<Parameters<CollisionDetection>[0] | null>(null);
  const released = useRef<{ x: number; y: number } | null>(null);
  useEffect(() => {
    const down = () => { released.current = null; };
    const up = (event: PointerEvent) => { released.current = { x: event.clientX, y: event.clientY }; };
    window.addEventListener("pointerdown", down, true);
    window.addEventListener("pointerup", up, true);
    return () => {
      window.removeEventListener("pointerdown", down, true);
      window.removeEventListener("pointerup", up, true);
    };
  }, []);
  const collisionDetection = useCallback<CollisionDetection>((args) => {
    painted.current = args;
    return args.pointerCoordinates ? pointerWithin(args) : rectIntersection(args);
  }, []);
  const sensors = useSensors(
    useSensor(MouseSensor, { activationConstraint: { distance: 6 } }),
    useSensor(TouchSensor, { activationConstraint: { delay: 220, tolerance: 8 } }),
    useSensor(KeyboardSensor, { keyboardCodes: { start: ["Space"], cancel: ["Escape"], end: ["Space", "Enter"] }, coordinateGetter: toNeighbour }),
  );
  const targetOf = (event: DragEndEvent): string | null => {
    const isByPointer = painted.current?.pointerCoordinates && released.current;
    const over = isByPointer ? pointerWithin({ ...painted.current!, pointerCoordinates: released.current })[0] : event.over;
    return typeof over?.id === "string" ? over.id : null;
  };
  return { sensors, collisionDetection, targetOf };
}
