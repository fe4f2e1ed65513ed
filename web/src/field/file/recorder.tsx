import { useEffect, useRef, useState } from "react";
import { Button } from "@/ui/basics.tsx";
import { t } from "../texts.ts";

/* Speaks into the microphone until it is stopped; what browsers record is what the server takes. */
const KINDS: [string, string][] = [["audio/webm;codecs=opus", "webm"], ["audio/mp4", "m4a"], ["audio/ogg;codecs=opus", "ogg"]];
const LENGTH_MAX_S = 30 * 60;

export function canRecord(): boolean {
  return typeof MediaRecorder !== "undefined" && "mediaDevices" in navigator && KINDS.some(([type]) => MediaRecorder.isTypeSupported(type));
}

function clock(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

export function Recorder({ onDone }: { onDone: (file: File) => void }) {
  const recorder = useRef<MediaRecorder | null>(null);
  const [seconds, setSeconds] = useState<number | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const stop = () => recorder.current?.state === "recording" && recorder.current.stop();
  useEffect(() => {
    if (seconds === null) return;
    if (seconds >= LENGTH_MAX_S) return void stop();
    const timer = setTimeout(() => setSeconds(seconds + 1), 1000);
    return () => clearTimeout(timer);
  }, [seconds]);
  /* Left in the middle: nothing is kept, and the microphone is let go. */
  useEffect(() => () => {
    const open = recorder.current;
    if (!open) return;
    open.onstop = null;
    if (open.state === "recording") open.stop();
    open.stream.getTracks().forEach((track) => track.stop());
  }, []);
  const start = async () => {
    setProblem(null);
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
      const [type, ending] = KINDS.find(([kind]) => MediaRecorder.isTypeSupported(kind))!;
      const parts: Blob[] = [];
      const made = (recorder.current = new MediaRecorder(stream, { mimeType: type }));
      made.ondataavailable = (event) => parts.push(event.data);
      made.onstop = () => {
        stream.getTracks().forEach((track) => track.stop());
        recorder.current = null;
        setSeconds(null);
        onDone(new File(parts, `${t("record_name")}.${ending}`, { type: type.split(";")[0] }));
      };
      made.start();
      setSeconds(0);
    } catch {
      setProblem(t("record_denied"));
    }
  };
  return (
    <>
      {seconds === null ? <Button icon="mic" onClick={() => void start()}>{t("record")}</Button>
        : <Button icon="mic" isOn onClick={stop}><span role="timer" className="num">{t("record_stop", { time: clock(seconds) })}</span></Button>}
      {problem && <span className="formerror" role="alert">{problem}</span>}
    </>
  );
}
