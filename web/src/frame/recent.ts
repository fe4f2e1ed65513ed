/* Commands given from the palette on this device, newest first. */
const KEY = "leadline.commands";
const COUNT_MAX = 8;

export function usedCommands(): string[] {
  try {
    const list = JSON.parse(localStorage.getItem(KEY) ?? "[]") as string[];
    return Array.isArray(list) ? list : [];
  } catch {
    return [];
  }
}

export function rememberUsed(name: string) {
  try {
    localStorage.setItem(KEY, JSON.stringify([name, ...usedCommands().filter((other) => other !== name)].slice(0, COUNT_MAX)));
  } catch {
    /* Nothing is lost but a shortcut. */
  }
}
