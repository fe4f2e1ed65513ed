import "./geo.css";
import { useState } from "react";
import type { Value } from "@/base/types.ts";
import { Button } from "@/ui/basics.tsx";
import { Icon } from "@/ui/icon.tsx";
import type { FieldType, InputProps, ViewProps } from "../field.ts";
import { t } from "../texts.ts";
import { type Place, placeOf, placeText, readPlace } from "./place.ts";

/* Opened by whatever shows maps on this device; nothing is asked of another server from here. */
function View({ value, isLong }: ViewProps) {
  const place = placeOf(value);
  if (!place) return null;
  const text = placeText(place);
  if (!isLong) return <span className="num cut">{text}</span>;
  return <a className="geolink num" href={`geo:${place.lat},${place.lng}`}><Icon name="map-pin" size={16} />{text}</a>;
}

function Input({ value, onChange, id, isInvalid, autoFocus }: InputProps) {
  const [typed, setTyped] = useState<string | null>(null);
  const [isAsking, setAsking] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const place = placeOf(value);
  const shown = typed ?? (place ? placeText(place) : typeof value === "string" ? value : "");
  const isBad = shown.trim() !== "" && readPlace(shown) === null;
  const put = (next: Place | string | null) => onChange(next as unknown as Value);
  /* What cannot be read goes on as it is, to be refused by name. */
  const change = (text: string) => {
    setTyped(text);
    put(text.trim() === "" ? null : (readPlace(text) ?? text.trim()));
  };
  const here = () => {
    setAsking(true);
    setProblem(null);
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        setAsking(false);
        setTyped(null);
        put({ lat: Number(coords.latitude.toFixed(6)), lng: Number(coords.longitude.toFixed(6)) });
      },
      (error) => {
        setAsking(false);
        setProblem(t(error.code === error.PERMISSION_DENIED ? "geo_denied" : "geo_failed"));
      },
      { enableHighAccuracy: true, timeout: 15_000, maximumAge: 60_000 },
    );
  };
  return (
    <span className="geoinput">
      <span className="rowline">
        <input id={id} className="input num" inputMode="text" autoComplete="off" value={shown} autoFocus={autoFocus} placeholder={t("geo_hint")}
          aria-invalid={isInvalid || isBad || undefined} onChange={(event) => change(event.target.value)} onBlur={() => !isBad && setTyped(null)} />
        {"geolocation" in navigator && <Button icon="map-pin" disabled={isAsking} onClick={here}>{t(isAsking ? "geo_asking" : "geo_here")}</Button>}
      </span>
      {(isBad || problem) && <span className="formerror" role="alert">{problem ?? t("geo_bad")}</span>}
    </span>
  );
}

export const geo: FieldType = { View, Input, ops: ["blank", "not_blank"], width: 170 };
