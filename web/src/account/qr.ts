/*
 * A QR code (ISO/IEC 18004) of bytes at error level M, versions 1 to 20: enough for the address
 * of a one-time password. Drawn here, so that the secret in it goes nowhere else.
 */
const ECC = [10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26];
const BLOCKS = [1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16];

/* Codewords a version holds, data and error correction together. */
function codewords(version: number): number {
  let bits = (16 * version + 128) * version + 64;
  if (version >= 2) {
    const marks = Math.floor(version / 7) + 2;
    bits -= (25 * marks - 10) * marks - 55;
    if (version >= 7) bits -= 36;
  }
  return bits >> 3;
}

const capacity = (version: number) => codewords(version) - ECC[version - 1]! * BLOCKS[version - 1]!;

/* ---- Reed-Solomon over GF(256) mod 0x11d ---- */
function multiply(a: number, b: number): number {
  let out = 0;
  for (let i = 7; i >= 0; i--) {
    out = (out << 1) ^ ((out >> 7) * 0x11d);
    out ^= ((b >> i) & 1) * a;
  }
  return out;
}

function divisor(degree: number): number[] {
  const out = [...Array<number>(degree - 1).fill(0), 1];
  let root = 1;
  for (let i = 0; i < degree; i++) {
    for (let k = 0; k < degree; k++) out[k] = multiply(out[k]!, root) ^ (out[k + 1] ?? 0);
    root = multiply(root, 2);
  }
  return out;
}

function remainder(data: number[], by: number[]): number[] {
  const out = by.map(() => 0);
  for (const byte of data) {
    const factor = byte ^ out.shift()!;
    out.push(0);
    by.forEach((coefficient, i) => (out[i]! ^= multiply(coefficient, factor)));
  }
  return out;
}

/* Head, bytes, padding; cut into blocks, each with its correction; read across them. */
function stream(bytes: Uint8Array, version: number): number[] {
  const size = capacity(version);
  const bits: number[] = [];
  const put = (value: number, count: number) => {
    for (let i = count - 1; i >= 0; i--) bits.push((value >> i) & 1);
  };
  put(4, 4);
  put(bytes.length, version < 10 ? 8 : 16);
  for (const byte of bytes) put(byte, 8);
  put(0, Math.min(4, size * 8 - bits.length));
  put(0, (8 - (bits.length % 8)) % 8);
  for (let pad = 0xec; bits.length < size * 8; pad ^= 0xec ^ 0x11) put(pad, 8);
  const data = Array.from({ length: size }, (_, i) => parseInt(bits.slice(i * 8, i * 8 + 8).join(""), 2));

  const count = BLOCKS[version - 1]!, ecc = ECC[version - 1]!;
  const short = Math.floor(size / count), longs = size % count, by = divisor(ecc);
  const blocks: number[][] = [];
  for (let i = 0, at = 0; i < count; i++) {
    const length = short + (i >= count - longs ? 1 : 0);
    blocks.push(data.slice(at, at + length));
    at += length;
  }
  const checks = blocks.map((block) => remainder(block, by));
  const out: number[] = [];
  for (let i = 0; i <= short; i++) for (const block of blocks) if (i < block.length) out.push(block[i]!);
  for (let i = 0; i < ecc; i++) for (const check of checks) out.push(check[i]!);
  return out;
}

/* ---- the square ---- */
function alignments(version: number): number[] {
  if (version === 1) return [];
  const count = Math.floor(version / 7) + 2, size = version * 4 + 17;
  const step = Math.floor((version * 8 + count * 3 + 5) / (count * 4 - 4)) * 2;
  const out = [6];
  for (let at = size - 7; out.length < count; at -= step) out.splice(1, 0, at);
  return out;
}

const MASKS: ((x: number, y: number) => boolean)[] = [
  (x, y) => (x + y) % 2 === 0, (_, y) => y % 2 === 0, (x) => x % 3 === 0, (x, y) => (x + y) % 3 === 0,
  (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2 === 0, (x, y) => ((x * y) % 2) + ((x * y) % 3) === 0,
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2 === 0, (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2 === 0,
];

class Square {
  readonly size: number;
  readonly dark: boolean[][];
  readonly isFixed: boolean[][];
  constructor(readonly version: number) {
    this.size = version * 4 + 17;
    this.dark = Array.from({ length: this.size }, () => Array<boolean>(this.size).fill(false));
    this.isFixed = Array.from({ length: this.size }, () => Array<boolean>(this.size).fill(false));
    this.patterns();
  }

  set(x: number, y: number, dark: boolean) {
    if (x < 0 || y < 0 || x >= this.size || y >= this.size) return;
    this.dark[y]![x] = dark;
    this.isFixed[y]![x] = true;
  }

  private rings(cx: number, cy: number, reach: number, isDark: (ring: number) => boolean) {
    for (let dy = -reach; dy <= reach; dy++) for (let dx = -reach; dx <= reach; dx++) this.set(cx + dx, cy + dy, isDark(Math.max(Math.abs(dx), Math.abs(dy))));
  }

  private patterns() {
    const { size, version } = this;
    for (let i = 0; i < size; i++) {
      this.set(6, i, i % 2 === 0);
      this.set(i, 6, i % 2 === 0);
    }
    for (const [x, y] of [[3, 3], [size - 4, 3], [3, size - 4]] as const) this.rings(x, y, 4, (ring) => ring !== 2 && ring !== 4);
    const marks = alignments(version), last = marks.length - 1;
    marks.forEach((x, i) => marks.forEach((y, k) => {
      const isFinder = (i === 0 && k === 0) || (i === 0 && k === last) || (i === last && k === 0);
      if (!isFinder) this.rings(x, y, 2, (ring) => ring !== 1);
    }));
    this.format(0);
    if (version < 7) return;
    let rest = version;
    for (let i = 0; i < 12; i++) rest = (rest << 1) ^ ((rest >> 11) * 0x1f25);
    const bits = (version << 12) | rest;
    for (let i = 0; i < 18; i++) {
      const isDark = ((bits >> i) & 1) === 1, a = size - 11 + (i % 3), b = Math.floor(i / 3);
      this.set(a, b, isDark);
      this.set(b, a, isDark);
    }
  }

  /* Level M is 0. */
  format(mask: number) {
    let rest = mask;
    for (let i = 0; i < 10; i++) rest = (rest << 1) ^ ((rest >> 9) * 0x537);
    const bits = ((mask << 10) | rest) ^ 0x5412, { size } = this;
    const bit = (i: number) => ((bits >> i) & 1) === 1;
    for (let i = 0; i <= 5; i++) this.set(8, i, bit(i));
    this.set(8, 7, bit(6));
    this.set(8, 8, bit(7));
    this.set(7, 8, bit(8));
    for (let i = 9; i < 15; i++) this.set(14 - i, 8, bit(i));
    for (let i = 0; i < 8; i++) this.set(size - 1 - i, 8, bit(i));
    for (let i = 8; i < 15; i++) this.set(8, size - 15 + i, bit(i));
    this.set(8, size - 8, true);
  }

  /* Two columns at a time, up and down, from the right; the timing column is stepped over. */
  fill(bytes: number[]) {
    let at = 0;
    for (let right = this.size - 1; right >= 1; right -= 2) {
      if (right === 6) right = 5;
      const isUp = ((right + 1) & 2) === 0;
      for (let i = 0; i < this.size; i++) {
        const y = isUp ? this.size - 1 - i : i;
        for (const x of [right, right - 1]) {
          if (this.isFixed[y]![x] || at >= bytes.length * 8) continue;
          this.dark[y]![x] = ((bytes[at >> 3]! >> (7 - (at & 7))) & 1) === 1;
          at++;
        }
      }
    }
  }

  mask(number: number) {
    const isFlipped = MASKS[number]!;
    for (let y = 0; y < this.size; y++) for (let x = 0; x < this.size; x++) if (!this.isFixed[y]![x] && isFlipped(x, y)) this.dark[y]![x] = !this.dark[y]![x];
  }

  /* How hard it is to read: long runs, squares, what looks like a finder, too dark or too light. */
  penalty(): number {
    const { size, dark } = this;
    let out = 0, darks = 0;
    for (const isColumn of [false, true]) {
      for (let a = 0; a < size; a++) {
        let line = "";
        for (let b = 0; b < size; b++) line += (isColumn ? dark[b]![a] : dark[a]![b]) ? "1" : "0";
        for (const run of line.match(/0+|1+/g)!) if (run.length >= 5) out += run.length - 2;
        for (let b = 0; b + 11 <= size; b++) {
          const part = line.slice(b, b + 11);
          if (part === "10111010000" || part === "00001011101") out += 40;
        }
      }
    }
    for (let y = 0; y < size; y++) {
      for (let x = 0; x < size; x++) {
        const is = dark[y]![x];
        if (is) darks++;
        if (x + 1 < size && y + 1 < size && is === dark[y]![x + 1] && is === dark[y + 1]![x] && is === dark[y + 1]![x + 1]) out += 3;
      }
    }
    return out + Math.floor(Math.abs((darks * 20) / (size * size) - 10)) * 10;
  }
}

/* Rows of dark or light squares; null when the text is too long. */
export function qrOf(text: string, wantedMask?: number): boolean[][] | null {
  const bytes = new TextEncoder().encode(text);
  let version = 1;
  while (version <= 20 && capacity(version) * 8 < 4 + (version < 10 ? 8 : 16) + bytes.length * 8) version++;
  if (version > 20) return null;
  const words = stream(bytes, version);
  let best: Square | null = null, least = Infinity;
  for (let mask = 0; mask < 8; mask++) {
    if (wantedMask !== undefined && mask !== wantedMask) continue;
    const square = new Square(version);
    square.fill(words);
    square.mask(mask);
    square.format(mask);
    const penalty = square.penalty();
    if (penalty >= least) continue;
    best = square;
    least = penalty;
  }
  return best!.dark;
}

/* As one path of an SVG, with the quiet zone of four squares. */
export function qrPath(rows: boolean[][]): string {
  return rows.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x + 4} ${y + 4}h1v1h-1z`] : []))).join("");
}
