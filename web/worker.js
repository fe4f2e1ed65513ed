/*
 * The service worker: the app itself without a network. It keeps the files of this build and
 * nothing else; what people read and write is kept per person by the page (src/base/seen.ts,
 * pending.ts), never here. The build fills in the two names below (vite.config.ts).
 */
const VERSION = "__VERSION__";
const FILES = __FILES__;
const PREFIX = "leadline-app-";
const CACHE = PREFIX + VERSION;
const PAGE = "/index.html";
const PAGE_WAIT_MS = 3000;

self.addEventListener("install", (event) => {
  self.skipWaiting();
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(FILES.map((path) => new Request(path, { cache: "no-cache" })))));
});

/* The build before this one stays: a page that still runs it asks for its parts as it goes. */
self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    const old = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== CACHE);
    for (const name of old.slice(0, -1)) await caches.delete(name);
    await self.clients.claim();
  })());
});

/* The server's page when it answers in time, so that a new build is picked up; else the kept one. */
async function page(request) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), PAGE_WAIT_MS);
  try {
    const answer = await fetch(request.url, { signal: stop.signal, credentials: "same-origin" });
    if (answer.status < 500) return answer;
  } catch {
    /* Read from the cache below. */
  } finally {
    clearTimeout(timer);
  }
  return (await (await caches.open(CACHE)).match(PAGE)) ?? Response.error();
}

async function file(request) {
  return (await caches.match(request, { ignoreVary: true })) ?? fetch(request);
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  const isOwn = url.origin === self.location.origin && request.method === "GET";
  if (!isOwn || /^\/(api\/|healthz|readyz|metrics)/.test(url.pathname)) return;
  if (request.mode === "navigate") event.respondWith(page(request));
  else if (FILES.includes(url.pathname) || url.pathname.startsWith("/assets/")) event.respondWith(file(request));
});
