/* Records seen on this device, newest first; for the palette and the log sheet's suggestions. */
export interface Recent {
  object: string;
  id: string;
  title: string;
}

const KEY = "leadline.recent";
const COUNT_MAX = 12;

export function recentRecords(): Recent[] {
  try {
    const list = JSON.parse(localStorage.getItem(KEY) ?? "[]") as Recent[];
    return Array.isArray(list) ? list : [];
  } catch {
    return [];
  }
}

export function rememberRecord(recent: Recent) {
  const rest = recentRecords().filter((other) => other.id !== recent.id);
  try {
    localStorage.setItem(KEY, JSON.stringify([recent, ...rest].slice(0, COUNT_MAX)));
  } catch {
    /* Nothing is lost but a suggestion. */
  }
}
