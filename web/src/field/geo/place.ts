import type { Value } from "@/base/types.ts";

export interface Place {
  lat: number;
  lng: number;
}

export function placeOf(value: Value | undefined): Place | null {
  const place = value as unknown as Place | null | undefined;
  return place && typeof place === "object" && typeof place.lat === "number" && typeof place.lng === "number" ? place : null;
}

export function placeText({ lat, lng }: Place): string {
  return `${lat.toFixed(6)}, ${lng.toFixed(6)}`;
}

/* "31.23, 121.47": latitude first; null when it is no place. */
export function readPlace(given: string): Place | null {
  const match = /^(-?\d{1,2}(?:\.\d+)?)\s*[, ]\s*(-?\d{1,3}(?:\.\d+)?)$/.exec(given.normalize("NFKC").trim());
  if (!match) return null;
  const [lat, lng] = [Number(match[1]), Number(match[2])];
  return Math.abs(lat) <= 90 && Math.abs(lng) <= 180 ? { lat, lng } : null;
}
