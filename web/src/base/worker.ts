/*
 * Registers the service worker (worker.js at the root of the build) and tells when another build
 * has taken over, so that the person can change to it when it suits them.
 */
const LOOK_MS = 60 * 60_000;

export function startWorker(onNewVersion: () => void) {
  if (!import.meta.env.PROD || !("serviceWorker" in navigator)) return;
  const { serviceWorker } = navigator;
  /* The first one to take over is not news. */
  let isFirst = serviceWorker.controller === null;
  serviceWorker.addEventListener("controllerchange", () => {
    if (!isFirst) onNewVersion();
    isFirst = false;
  });
  void serviceWorker.register("/worker.js", { updateViaCache: "none" }).then((registration?: ServiceWorkerRegistration) => {
    if (!registration) return; /* a browser that keeps workers out */
    const look = () => void registration.update().catch(() => undefined);
    setInterval(look, LOOK_MS);
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && look());
    window.addEventListener("leadline:back", look);
  }, () => undefined);
}
