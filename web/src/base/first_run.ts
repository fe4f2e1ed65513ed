import type { Session } from "./session.ts";

/* The first steps are due in a new workspace, for those who may set it up; put off on this device until asked for. */
const KEY = "leadline.setup_later";

export const isSetupOpen = ({ me }: Session) => !me.workspace.setup_done && Boolean(me.permissions.configure);
export const isSetupDue = (session: Session) => isSetupOpen(session) && localStorage.getItem(KEY) === null;

export function setLater(isLater: boolean) {
  if (isLater) localStorage.setItem(KEY, "1");
  else localStorage.removeItem(KEY);
}
