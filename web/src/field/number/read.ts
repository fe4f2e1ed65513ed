/*
 * A number as people write it: "1,200", "￥3.5", "５０万", "1.2亿", "15%" (a fraction). Read and
 * shifted as text, so that an amount never becomes a floating number. null: not understood.
 */
export function readNumber(text: string, isWhole: boolean): string | null {
  const found = /^([-+]?\d+(?:\.\d+)?)(万|亿|%)?$/.exec(text.normalize("NFKC").replace(/[,¥$\s]/g, ""));
  if (!found) return null;
  const [, digits, unit] = found;
  if (!unit) return isWhole && digits!.includes(".") ? null : digits!.replace(/^\+/, "");
  const shift = unit === "万" ? 4 : unit === "亿" ? 8 : -2;
  const [whole, part = ""] = digits!.replace(/^[-+]/, "").split(".");
  const all = shift > 0 ? whole! + part.padEnd(shift, "0") : whole!.padStart(3, "0") + part;
  const cut = shift > 0 ? whole!.length + shift : Math.max(3, whole!.length) + shift;
  const rest = all.slice(cut);
  const out = `${digits!.startsWith("-") ? "-" : ""}${all.slice(0, cut).replace(/^0+(?=\d)/, "")}${/[1-9]/.test(rest) ? `.${rest}` : ""}`;
  return isWhole && out.includes(".") ? null : out;
}
