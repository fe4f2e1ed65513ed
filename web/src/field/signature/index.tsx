import "./signature.css";
import { useEffect, useRef, useState } from "react";
import { api } from "@/base/api.ts";
import { Button } from "@/ui/basics.tsx";
import type { FieldType, InputProps, ViewProps } from "../field.ts";
import { t } from "../texts.ts";
import { useAttachment } from "../file/upload.ts";

/*
 * Drawn with a finger, a pen or the mouse. Kept as a picture: black on white whatever the screen's
 * colours are, since it will be printed.
 */
function View({ value, isLong }: ViewProps) {
  if (typeof value !== "string" || !value) return null;
  if (!isLong) return <span className="tag good">{t("signed")}</span>;
  return <a href={api.fileUrl(value)} target="_blank" rel="noreferrer"><img className="signature" src={api.fileUrl(value)} alt={t("signature")} /></a>;
}

const INK = "#111111";
const PAPER = "#ffffff";

type Point = [number, number];

function draw(canvas: HTMLCanvasElement, strokes: Point[][]) {
  const pen = canvas.getContext("2d")!;
  pen.fillStyle = PAPER;
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.strokeStyle = pen.fillStyle = INK;
  pen.lineWidth = Math.max(2, canvas.width / 250);
  pen.lineCap = pen.lineJoin = "round";
  for (const stroke of strokes) {
    const points = stroke.map(([x, y]): Point => [x * canvas.width, y * canvas.height]);
    pen.beginPath();
    pen.moveTo(...points[0]!);
    if (points.length === 1) pen.arc(...points[0]!, pen.lineWidth / 2, 0, 7);
    /* Through the middles between points, so that a fast hand stays round. */
    for (let i = 1; i < points.length; i += 1) {
      const [x, y] = points[i]!;
      const [lastX, lastY] = points[i - 1]!;
      pen.quadraticCurveTo(lastX, lastY, (x + lastX) / 2, (y + lastY) / 2);
    }
    if (points.length === 1) pen.fill();
    else pen.stroke();
  }
}

function Pad({ id, onDone }: { id?: string; onDone: (file: File) => void }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const strokes = useRef<Point[][]>([]);
  const [count, setCount] = useState(0);
  useEffect(() => {
    const pad = canvas.current!;
    const fit = () => {
      const { width, height } = pad.getBoundingClientRect();
      pad.width = Math.round(width * 2);
      pad.height = Math.round(height * 2);
      draw(pad, strokes.current);
    };
    fit();
    const watch = new ResizeObserver(fit);
    watch.observe(pad);
    return () => watch.disconnect();
  }, []);
  const at = (event: React.PointerEvent): Point => {
    const box = canvas.current!.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  };
  const clear = () => {
    strokes.current = [];
    setCount(0);
    draw(canvas.current!, []);
  };
  const done = () => canvas.current!.toBlob((blob) => blob && onDone(new File([blob], "signature.png", { type: "image/png" })), "image/png");
  return (
    <span className="signaturepad">
      <canvas ref={canvas} id={id} role="img" aria-label={t("sign_here")}
        onPointerDown={(event) => {
          if (event.button !== 0) return;
          event.currentTarget.setPointerCapture(event.pointerId);
          strokes.current.push([at(event)]);
          draw(canvas.current!, strokes.current);
        }}
        onPointerMove={(event) => {
          if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
          strokes.current.at(-1)?.push(at(event));
          draw(canvas.current!, strokes.current);
        }}
        onPointerUp={() => setCount(strokes.current.length)} onPointerCancel={() => setCount(strokes.current.length)} />
      {count === 0 && <span className="signhint meta" aria-hidden="true">{t("sign_here")}</span>}
      <span className="rowline">
        <Button isSmall kind="quiet" disabled={count === 0} onClick={clear}>{t("sign_clear")}</Button>
        <span className="grow" />
        <Button isSmall icon="check" disabled={count === 0} onClick={done}>{t("sign_done")}</Button>
      </span>
    </span>
  );
}

function Input({ value, onChange, id }: InputProps) {
  const { attachment, problem, pick, remove } = useAttachment((next) => onChange(next));
  const shown = attachment?.preview ?? (typeof value === "string" && value ? api.fileUrl(value) : null);
  return (
    <span className="fileinput">
      {shown ? (
        <span className="signatureshown">
          <img className="signature" src={shown} alt={t("signature")} />
          <Button kind="quiet" isSmall icon="undo" onClick={() => { remove(); onChange(null); }}>{t("sign_again")}</Button>
        </span>
      ) : <Pad id={id} onDone={(file) => void pick(file)} />}
      {problem && <span className="formerror" role="alert">{problem}</span>}
    </span>
  );
}

export const signature: FieldType = { View, Input, ops: ["blank", "not_blank"], width: 110 };
