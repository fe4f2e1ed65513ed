import type { ReactNode } from "react";
import { hrefOf } from "../url/index.tsx";

/*
 * Markdown as React elements. There is no HTML anywhere on the way: what a person wrote can only
 * become text inside elements made here, so nothing in it can run. Headings, lists, quotes, code,
 * rules, bold, italic, struck, links; all else is shown as it is written.
 */
const DEPTH_MAX = 6;

/* What an inline mark begins with, and what becomes of what it holds. */
const INLINE: { pattern: RegExp; make: (match: RegExpExecArray, key: number, depth: number) => ReactNode }[] = [
  { pattern: /`([^`\n]+)`/, make: (m, key) => <code key={key}>{m[1]}</code> },
  {
    pattern: /\[([^\]\n]+)\]\(([^)\s]+)\)/,
    make: (m, key, depth) => {
      const href = hrefOf(m[2]);
      return href ? <a key={key} href={href} target="_blank" rel="noreferrer noopener">{inline(m[1]!, depth + 1)}</a> : m[0];
    },
  },
  { pattern: /\*\*(?=\S)([^\n]+?\S?)\*\*/, make: (m, key, depth) => <strong key={key}>{inline(m[1]!, depth + 1)}</strong> },
  { pattern: /~~(?=\S)([^\n]+?)~~/, make: (m, key, depth) => <del key={key}>{inline(m[1]!, depth + 1)}</del> },
  { pattern: /(?<![\w*])\*(?=\S)([^*\n]+)\*(?![\w*])/, make: (m, key, depth) => <em key={key}>{inline(m[1]!, depth + 1)}</em> },
  { pattern: /(?<!\w)_(?=\S)([^_\n]+)_(?!\w)/, make: (m, key, depth) => <em key={key}>{inline(m[1]!, depth + 1)}</em> },
  {
    pattern: /https?:\/\/[^\s<>"')\]]+[^\s<>"')\].,;:!?，。；：！？）]/,
    make: (m, key) => {
      const href = hrefOf(m[0]);
      return href ? <a key={key} href={href} target="_blank" rel="noreferrer noopener">{m[0]}</a> : m[0];
    },
  },
];

export function inline(text: string, depth = 0): ReactNode[] {
  if (depth > DEPTH_MAX) return [text];
  const out: ReactNode[] = [];
  let rest = text;
  while (rest) {
    let first: { match: RegExpExecArray; make: (typeof INLINE)[number]["make"] } | null = null;
    for (const { pattern, make } of INLINE) {
      const match = pattern.exec(rest);
      if (match && (!first || match.index < first.match.index)) first = { match, make };
    }
    if (!first) break;
    if (first.match.index > 0) out.push(rest.slice(0, first.match.index));
    out.push(first.make(first.match, out.length, depth));
    rest = rest.slice(first.match.index + first.match[0].length);
  }
  if (rest) out.push(rest);
  return out;
}

interface Block {
  kind: "p" | "h" | "ul" | "ol" | "quote" | "code" | "hr";
  lines: string[];
  level?: number;
}

export function blocks(source: string): Block[] {
  const out: Block[] = [];
  const lines = source.replace(/\r\n?/g, "\n").split("\n");
  const last = () => out.at(-1);
  let isOpen = false;
  for (let i = 0; i < lines.length; i += 1) {
    const line = lines[i]!;
    const fence = /^\s*```/.test(line);
    if (fence) {
      const end = lines.findIndex((other, k) => k > i && /^\s*```\s*$/.test(other));
      const stop = end < 0 ? lines.length : end;
      out.push({ kind: "code", lines: lines.slice(i + 1, stop) });
      i = stop;
      isOpen = false;
      continue;
    }
    if (!line.trim()) {
      isOpen = false;
      continue;
    }
    const heading = /^(#{1,4})\s+(.*?)\s*#*$/.exec(line);
    const item = /^\s*(?:[-*+]|(\d{1,9})[.)])\s+(.*)$/.exec(line);
    const quote = /^\s*>\s?(.*)$/.exec(line);
    if (heading) {
      out.push({ kind: "h", lines: [heading[2]!], level: heading[1]!.length });
      isOpen = false;
    } else if (/^\s*([-*_])(?:\s*\1){2,}\s*$/.test(line)) {
      out.push({ kind: "hr", lines: [] });
      isOpen = false;
    } else if (item) {
      const kind = item[1] ? "ol" : "ul";
      if (last()?.kind === kind && isOpen) last()!.lines.push(item[2]!);
      else out.push({ kind, lines: [item[2]!], level: item[1] ? Number(item[1]) : undefined });
      isOpen = true;
    } else if (quote) {
      if (last()?.kind === "quote" && isOpen) last()!.lines.push(quote[1]!);
      else out.push({ kind: "quote", lines: [quote[1]!] });
      isOpen = true;
    } else if (isOpen && (last()?.kind === "ul" || last()?.kind === "ol")) {
      last()!.lines.push(`${last()!.lines.pop()}\n${line.trim()}`);
    } else if (isOpen && last()?.kind === "p") {
      last()!.lines.push(line);
    } else {
      out.push({ kind: "p", lines: [line] });
      isOpen = true;
    }
  }
  return out;
}

/* Lines of one paragraph stay lines: that is how people who do not know Markdown write. */
function lined(lines: string[]): ReactNode[] {
  return lines.flatMap((line, i) => (i === 0 ? inline(line) : [<br key={`b${i}`} />, ...inline(line)].map((node, k) =>
    typeof node === "string" || k === 0 ? node : <span key={`s${i}.${k}`}>{node}</span>)));
}

export function Markdown({ source }: { source: string }) {
  return (
    <div className="markdown">
      {blocks(source).map((block, key) => {
        switch (block.kind) {
          case "h": {
            const Tag = (["h3", "h4", "h5", "h6"] as const)[block.level! - 1]!;
            return <Tag key={key}>{inline(block.lines[0]!)}</Tag>;
          }
          case "ul": return <ul key={key}>{block.lines.map((line, i) => <li key={i}>{lined(line.split("\n"))}</li>)}</ul>;
          case "ol": return <ol key={key} start={block.level}>{block.lines.map((line, i) => <li key={i}>{lined(line.split("\n"))}</li>)}</ol>;
          case "quote": return <blockquote key={key}>{lined(block.lines)}</blockquote>;
          case "code": return <pre key={key}><code>{block.lines.join("\n")}</code></pre>;
          case "hr": return <hr key={key} />;
          default: return <p key={key}>{lined(block.lines)}</p>;
        }
      })}
    </div>
  );
}

/* One line of it, without its marks: for lists. */
export function plainOf(source: string): string {
  return source.replace(/```[\s\S]*?```/g, " ").replace(/^\s*(#{1,4}|[-*+]|\d+[.)]|>)\s+/gm, "")
    .replace(/\[([^\]]+)\]\([^)]*\)/g, "$1").replace(/(\*\*|~~|`)/g, "").replace(/\s+/g, " ").trim();
}
