import { useEffect, useRef, useState } from "react";
import { api, ApiError } from "@/base/api.ts";

/*
 * One file on its way to the server: chosen, made smaller when it is a photo, uploaded while the
 * person goes on typing. Without a network it stays here, for whoever saves to keep it.
 */
export interface Attachment {
  name: string;
  blob: Blob;
  /* Of an image: to be shown at once. */
  preview: string | null;
  /* How much has gone; null when it is not going. */
  share: number | null;
  id: string | null;
  isOffline: boolean;
}

const SIDE_MAX = 2048;
const SMALL_BYTES = 400_000;

/* A phone's photo has ten times the bytes anybody will ever see; the rest of it stays as it is. */
export async function shrink(file: File): Promise<{ blob: Blob; name: string }> {
  if (!file.type.startsWith("image/") || file.type === "image/gif" || file.size < SMALL_BYTES) return { blob: file, name: file.name };
  try {
    const image = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, SIDE_MAX / Math.max(image.width, image.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(image.width * scale);
    canvas.height = Math.round(image.height * scale);
    canvas.getContext("2d")!.drawImage(image, 0, 0, canvas.width, canvas.height);
    image.close();
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.85));
    if (!blob || blob.size >= file.size) return { blob: file, name: file.name };
    return { blob, name: `${file.name.replace(/\.\w+$/, "")}.jpg` };
  } catch {
    return { blob: file, name: file.name };
  }
}

export function useAttachment(onId: (id: string | null) => void) {
  const [attachment, setAttachment] = useState<Attachment | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const going = useRef<{ stop: AbortController; done: Promise<Attachment | null> } | null>(null);
  const latest = useRef(attachment);
  latest.current = attachment;
  const put = (next: Attachment | null) => {
    if (latest.current?.preview && latest.current.preview !== next?.preview) URL.revokeObjectURL(latest.current.preview);
    latest.current = next;
    setAttachment(next);
  };
  useEffect(() => () => {
    if (latest.current?.preview) URL.revokeObjectURL(latest.current.preview);
  }, []);

  const send = async (start: Attachment, stop: AbortController): Promise<Attachment | null> => {
    const change = (part: Partial<Attachment>) => put({ ...latest.current!, ...part });
    try {
      const file = new File([start.blob], start.name, { type: start.blob.type });
      const stored = await api.upload(file, (share) => !stop.signal.aborted && change({ share }), stop.signal);
      change({ id: stored.id, share: null, isOffline: false });
      onId(stored.id);
    } catch (error) {
      if (stop.signal.aborted) return null;
      if (error instanceof ApiError && !error.isOffline && error.status < 500) {
        put(null);
        setProblem(error.general([]) ?? error.message);
        return null;
      }
      change({ share: null, isOffline: true });
    }
    return latest.current;
  };
  const pick = async (file: File | undefined) => {
    if (!file) return;
    going.current?.stop.abort();
    setProblem(null);
    const { blob, name } = await shrink(file);
    const stop = new AbortController();
    const start: Attachment = { name, blob, preview: blob.type.startsWith("image/") ? URL.createObjectURL(blob) : null, share: 0, id: null, isOffline: false };
    put(start);
    going.current = { stop, done: send(start, stop) };
  };
  /* Put back what was kept on the device. */
  const restore = (kept: { name: string; blob: Blob; sent?: string }) => put({
    name: kept.name, blob: kept.blob, preview: kept.blob.type.startsWith("image/") ? URL.createObjectURL(kept.blob) : null,
    share: null, id: kept.sent ?? null, isOffline: !kept.sent,
  });
  const remove = () => {
    going.current?.stop.abort();
    going.current = null;
    put(null);
    setProblem(null);
    onId(null);
  };
  /* When it has gone, or cannot go now. */
  const settle = async (): Promise<Attachment | null> => (going.current ? going.current.done : latest.current);
  return { attachment, problem, pick, restore, remove, settle };
}
