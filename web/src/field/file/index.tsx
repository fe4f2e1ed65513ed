import { useRef, useState } from "react";
import { api, ApiError } from "@/base/api.ts";
import { Button } from "@/ui/basics.tsx";
import { Icon } from "@/ui/icon.tsx";
import { toast } from "@/ui/layer.tsx";
import type { FieldType, InputProps, ViewProps } from "../field.ts";
import { t } from "../texts.ts";

function idsOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.filter((id): id is string => typeof id === "string");
  return typeof value === "string" && value ? [value] : [];
}

function View({ value }: ViewProps) {
  const ids = idsOf(value);
  if (ids.length === 0) return null;
  return (
    <span className="rowline">
      {ids.map((id) => <a key={id} href={api.fileUrl(id)} target="_blank" rel="noreferrer" className="rowline"><Icon name="file" size={16} />{t("file_open")}</a>)}
    </span>
  );
}

function Input({ value, onChange }: InputProps) {
  const picker = useRef<HTMLInputElement>(null);
  const [isBusy, setBusy] = useState(false);
  const [name, setName] = useState<string | null>(null);
  const upload = async (file: File | undefined) => {
    if (!file) return;
    setBusy(true);
    try {
      const stored = await api.upload(file);
      setName(stored.name);
      onChange(stored.id);
    } catch (error) {
      toast(error instanceof ApiError ? error.message : String(error), { isBad: true });
    } finally {
      setBusy(false);
    }
  };
  return (
    <span className="rowline">
      <input ref={picker} type="file" hidden onChange={(event) => void upload(event.target.files?.[0])} />
      <Button icon="file" disabled={isBusy} onClick={() => picker.current?.click()}>{isBusy ? t("file_busy") : t("file_add")}</Button>
      {idsOf(value).length > 0 && <span className="cut meta">{name ?? t("file_open")}</span>}
    </span>
  );
}

export const file: FieldType = { View, Input, ops: ["blank", "not_blank"], width: 120 };
