import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig, type PluginOption } from "vite";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/* worker.js with the names of everything that was built; its content changes with any of them. */
function worker(): PluginOption {
  return {
    name: "worker",
    apply: "build",
    /* When all names are final. */
    writeBundle({ dir }) {
      const built = readdirSync(`${dir}/assets`).sort().map((name) => `/assets/${name}`);
      const fixed = readdirSync(here("./public")).sort().map((name) => `/${name}`);
      const source = readFileSync(here("./worker.js"), "utf8");
      const hash = createHash("sha256").update(source).update(built.join());
      for (const name of ["/index.html", ...fixed]) hash.update(readFileSync(`${dir}${name}`));
      writeFileSync(`${dir}/worker.js`, source
        .replace("__VERSION__", hash.digest("hex").slice(0, 16))
        .replace("__FILES__", JSON.stringify(["/index.html", ...fixed, ...built])));
    },
  };
}

/*
 * Two ways to run in development:
 *   npm run dev                          against dev/mock.ts (believable data, nothing stored)
 *   LEADLINE_API=http://127.0.0.1:8080 npm run dev     against a running server
 * The build goes where the Makefile picks it up for embedding.
 */
export default defineConfig(async ({ command }) => {
  const server = process.env.LEADLINE_API;
  const plugins: PluginOption[] = [react(), worker()];
  if (command === "serve" && !server && !process.env.VITEST) {
    plugins.push([(await import("./dev/mock.ts")).mock()]);
  }
  return {
    plugins,
    resolve: { alias: { "@": here("./src") } },
    build: {
      outDir: process.env.LEADLINE_WEB_OUT ?? here("../build/web/dist"),
      emptyOutDir: true,
      target: "es2022",
      modulePreload: { polyfill: false },
      chunkSizeWarningLimit: 700,
    },
    preview: { proxy: server ? { "/api": { target: server, changeOrigin: false } } : undefined },
    server: {
      port: Number(process.env.PORT ?? 5173),
      strictPort: true,
      host: "127.0.0.1",
      proxy: server ? { "/api": { target: server, changeOrigin: false } } : undefined,
    },
    test: {
      environment: "happy-dom",
      include: ["src/**/*.test.ts", "src/**/*.test.tsx"],
      reporters: ["default", here("./dev/reporter.ts")],
    },
  };
});
