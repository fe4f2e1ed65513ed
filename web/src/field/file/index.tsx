import "./file.css";
import { useRef } from "react";
import { api } from "@/base/api.ts";
import { Button } from "@/ui/basics.tsx";
import { Icon } from "@/ui/icon.tsx";
import type { FileInfo } from "@/base/types.ts";
import type { FieldType, InputProps, ViewProps } from "../field.ts";
import { canRecord, Recorder } from "./recorder.tsx";
import { t } from "../texts.ts";
import { sizeText, useFiles } from "./info.ts";
import { type Attachment, useAttachment } from "./upload.ts";

function idsOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.filter((id): id is string => typeof id === "string");
  return typeof value === "string" && value ? [value] : [];
}

/* A picture small, anything else by its name; either opens what it stands for. */
export function FileChips({ ids, isLarge }: { ids: string[]; isLarge?: boolean }) {
  const files = useFiles(ids);
  return (
    <span className={`files${isLarge ? " large" : ""}`}>
      {ids.map((id, i) => {
        const info = files[i];
        const isImage = info?.type.startsWith("image/") && info.type !== "image/heic";
        if (info === null) return <span key={id} className="filechip meta"><Icon name="file" size={16} />{t("file_gone")}</span>;
        if (info && isLarge && info.type.startsWith("audio/")) return <Sound key={id} info={info} id={id} />;
        return (
          <a key={id} href={api.fileUrl(id)} target="_blank" rel="noreferrer" className={isImage && isLarge ? "filepicture" : "filechip"}
            title={info ? `${info.name} · ${sizeText(info.size)}` : undefined} onClick={(event) => event.stopPropagation()}>
            {isImage && isLarge ? <img src={api.fileUrl(id)} alt={info?.name ?? ""} loading="lazy" /> : <><Icon name={isImage ? "image" : "file"} size={16} /><span className="cut">{info?.name ?? t("file_open")}</span></>}
          </a>
        );
      })}
    </span>
  );
}

function View({ value, isLong }: ViewProps) {
  const ids = idsOf(value);
  return ids.length === 0 ? null : <FileChips ids={ids} isLarge={isLong} />;
}

/* What was chosen, with how far it has got. */
export function AttachmentView({ attachment, onRemove }: { attachment: Attachment; onRemove: () => void }) {
  const percent = attachment.share === null ? null : Math.round(attachment.share * 100);
  return (
    <span className="attachment">
      {attachment.preview ? <img src={attachment.preview} alt="" /> : <Icon name="file" size={20} />}
      <span className="grow">
        <span className="cut">{attachment.name}</span>
        <span className="meta" role="status">
          {percent !== null ? t("file_sending", { n: percent }) : attachment.isOffline ? t("file_later") : sizeText(attachment.blob.size)}
        </span>
        {percent !== null && <i className="fileprogress" style={{ width: `${percent}%` }} />}
      </span>
      <Button kind="quiet" isSmall icon="close" aria-label={t("file_remove")} onClick={onRemove} />
    </span>
  );
}

/* A recording is heard where it stands. */
function Sound({ info, id }: { info: FileInfo; id: string }) {
  return <audio className="filesound" controls preload="none" src={api.fileUrl(id)} aria-label={info.name} onClick={(event) => event.stopPropagation()} />;
}

/* What the file dialog offers; the server looks at the content itself. */
const ACCEPTS = { any: undefined, image: "image/*", audio: "audio/*,.m4a,.mp3,.wav,.ogg,.webm" };

/* One press for the camera of a phone or the microphone, one for a file of the kind the field takes. */
export function FilePickers({ onPick, id, accept = "any" }: {
  onPick: (file: File | undefined) => void; id?: string; accept?: keyof typeof ACCEPTS;
}) {
  const camera = useRef<HTMLInputElement>(null);
  const files = useRef<HTMLInputElement>(null);
  const isTouch = typeof window !== "undefined" && window.matchMedia("(pointer: coarse)").matches;
  const take = (event: React.ChangeEvent<HTMLInputElement>) => {
    onPick(event.target.files?.[0]);
    event.target.value = "";
  };
  return (
    <span className="rowline">
      <input ref={camera} type="file" accept="image/*" capture="environment" hidden data-pick="camera" onChange={take} />
      <input ref={files} type="file" accept={ACCEPTS[accept]} hidden data-pick="file" onChange={take} />
      {isTouch && accept !== "audio" && <Button icon="camera" onClick={() => camera.current?.click()}>{t("file_photo")}</Button>}
      {accept === "audio" && canRecord() && <Recorder onDone={onPick} />}
      <Button id={id} icon={accept === "image" ? "image" : "file"} onClick={() => files.current?.click()}>
        {t(accept === "any" ? "file_add" : accept === "image" ? "file_image" : "file_audio")}
      </Button>
    </span>
  );
}

function Input({ field, value, onChange, id }: InputProps) {
  const { attachment, problem, pick, remove } = useAttachment((next) => onChange(next));
  const ids = idsOf(value);
  return (
    <span className="fileinput">
      {attachment ? <AttachmentView attachment={attachment} onRemove={remove} />
        : ids.length > 0 ? <span className="rowline"><FileChips ids={ids} /><Button kind="quiet" isSmall icon="close" aria-label={t("file_remove")} onClick={() => onChange(null)} /></span>
        : <FilePickers id={id} accept={field.accept} onPick={(file) => void pick(file)} />}
      {problem && <span className="formerror" role="alert">{problem}</span>}
    </span>
  );
}

export const file: FieldType = { View, Input, ops: ["blank", "not_blank"], width: 160 };
