import "./barcode.css";
import { useEffect, useRef, useState } from "react";
import { Button } from "@/ui/basics.tsx";
import { Dialog } from "@/ui/layer.tsx";
import { type FieldType, type InputProps, TEXT_OPS, type ViewProps } from "../field.ts";
import { t } from "../texts.ts";

/* Not in the types yet: what the browser says it can. */
interface Detector {
  detect: (source: HTMLVideoElement) => Promise<{ rawValue: string }[]>;
}
type DetectorMaker = new () => Detector;

function detectorMaker(): DetectorMaker | null {
  const maker = (globalThis as { BarcodeDetector?: DetectorMaker }).BarcodeDetector;
  return maker && "mediaDevices" in navigator ? maker : null;
}

const LOOK_MS = 150;

function View({ value }: ViewProps) {
  return value ? <span className="num cut barcode">{String(value)}</span> : null;
}

/* The camera until something is read. */
function Scanner({ make, onRead, onClose }: { make: DetectorMaker; onRead: (code: string) => void; onClose: () => void }) {
  const video = useRef<HTMLVideoElement>(null);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    let stream: MediaStream | null = null;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isOver = false;
    const look = async (detector: Detector) => {
      if (isOver || !video.current) return;
      try {
        const found = video.current.readyState >= 2 ? await detector.detect(video.current) : [];
        if (!isOver && found[0]?.rawValue) return onRead(found[0].rawValue);
      } catch { /* a frame that cannot be read: the next one */ }
      timer = setTimeout(() => void look(detector), LOOK_MS);
    };
    navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } }).then(
      async (got) => {
        stream = got;
        if (isOver || !video.current) return got.getTracks().forEach((track) => track.stop());
        video.current.srcObject = got;
        await video.current.play();
        void look(new make());
      },
      () => setProblem(t("scan_no_camera")),
    );
    return () => {
      isOver = true;
      clearTimeout(timer);
      stream?.getTracks().forEach((track) => track.stop());
    };
  }, []);
  return (
    <Dialog title={t("scan")} onClose={onClose} footer={<Button onClick={onClose}>{t("cancel")}</Button>}>
      <div className="body scanner">
        {problem ? <p role="alert">{problem}</p> : <video ref={video} muted playsInline aria-label={t("scan_hint")} />}
        {!problem && <p className="meta">{t("scan_hint")}</p>}
      </div>
    </Dialog>
  );
}

/* A hand scanner types like a keyboard and ends with Enter, which must not send the form. */
function Input({ value, onChange, id, isInvalid, autoFocus }: InputProps) {
  const [isScanning, setScanning] = useState(false);
  const make = detectorMaker();
  return (
    <span className="barcodeinput">
      <input id={id} className="input num" autoComplete="off" spellCheck={false} value={typeof value === "string" ? value : ""} autoFocus={autoFocus}
        aria-invalid={isInvalid || undefined} onChange={(event) => onChange(event.target.value || null)}
        onKeyDown={(event) => event.key === "Enter" && event.currentTarget.form && event.preventDefault()} />
      {make && <Button icon="camera" onClick={() => setScanning(true)}>{t("scan")}</Button>}
      {make && isScanning && (
        <Scanner make={make} onClose={() => setScanning(false)} onRead={(code) => {
          setScanning(false);
          onChange(code);
        }} />
      )}
    </span>
  );
}

export const barcode: FieldType = { View, Input, ops: TEXT_OPS, width: 150 };
