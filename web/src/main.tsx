import "./ui/tokens.css";
import "./ui/ui.css";
import "./frame/frame.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { applyPrefs } from "./base/prefs.ts";
import { startWorker } from "./base/worker.ts";
import { App } from "./frame/app.tsx";
import { t } from "./frame/texts.ts";
import { toast } from "./ui/layer.tsx";

applyPrefs();
startWorker(() => toast(t("new_version"), { ms: 3_600_000, action: { label: t("new_version_now"), run: () => window.location.reload() } }));
createRoot(document.getElementById("root")!).render(<StrictMode><App /></StrictMode>);
