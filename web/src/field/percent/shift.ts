/* Kept as a fraction, shown and typed as hundredths; shifted as text, so that 12.34 % stays that. */
export function shifted(text: string, places: number): string {
  const [, sign, whole, part = ""] = /^(-?)(\d*)\.?(\d*)$/.exec(text) ?? [];
  if (whole === undefined) return text;
  const digits = whole + part;
  const point = whole.length + places;
  const padded = point < 1 ? "0".repeat(1 - point) + digits : digits.padEnd(point, "0");
  const at = Math.max(1, point);
  const rest = padded.slice(at).replace(/0+$/, "");
  return `${sign}${padded.slice(0, at).replace(/^0+(?=\d)/, "")}${rest ? `.${rest}` : ""}`;
}
