import { useQueries } from "@tanstack/react-query";
import { api } from "@/base/api.ts";
import type { FileInfo } from "@/base/types.ts";

/* Name and type of files by their ids: those asked for in the same moment are one request. */
const GATHER_MS = 20;
let waiting: Map<string, ((info: FileInfo | null) => void)[]> | null = null;

function infoOf(id: string): Promise<FileInfo | null> {
  return new Promise((resolve, reject) => {
    if (!waiting) {
      const batch = (waiting = new Map());
      setTimeout(() => {
        waiting = null;
        api.files([...batch.keys()]).then(
          ({ items }) => batch.forEach((tells, key) => tells.forEach((tell: (info: FileInfo | null) => void) => tell(items.find((item) => item.id === key) ?? null))),
          reject,
        );
      }, GATHER_MS);
    }
    waiting.set(id, [...(waiting.get(id) ?? []), resolve]);
  });
}

export function useFiles(ids: string[]): (FileInfo | null | undefined)[] {
  const found = useQueries({
    queries: ids.map((id) => ({ queryKey: ["file", id], queryFn: () => infoOf(id), staleTime: Infinity, retry: false })),
  });
  return found.map((query) => query.data);
}

export function sizeText(bytes: number): string {
  return bytes < 1024 * 1024 ? `${Math.max(1, Math.round(bytes / 1024))} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}
