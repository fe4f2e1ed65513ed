import { queryClient } from "@/base/session.ts";
import { problemText } from "@/record/use.ts";
import { toast, toastUndo } from "@/ui/layer.tsx";
import { t } from "./texts.ts";

/*
 * Changes to the configuration: done, told, and put back by one tap. What others show follows from
 * the session's metadata, which is read again.
 */
export function refreshConfig() {
  for (const key of [["session"], ["config"], ["measures"]]) void queryClient.invalidateQueries({ queryKey: key });
}

export async function saveChange(run: () => Promise<unknown>, undo?: () => Promise<unknown>, text: string = t("saved")): Promise<void> {
  await run();
  refreshConfig();
  if (!undo) {
    toast(text);
    return;
  }
  toastUndo(text, () => {
    undo().then(
      () => { refreshConfig(); toast(t("undone_toast")); },
      (error: unknown) => toast(problemText(error), { isBad: true }),
    );
  });
}

/* For one-tap changes that have no form to show a problem in. */
export function saveNow(run: () => Promise<unknown>, undo?: () => Promise<unknown>, text?: string) {
  saveChange(run, undo, text).catch((error: unknown) => toast(problemText(error), { isBad: true }));
}
