import "./ui/tokens.css";
import "./ui/ui.css";
import "./frame/frame.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { applyPrefs } from "./base/prefs.ts";
import { App } from "./frame/app.tsx";

applyPrefs();
createRoot(document.getElementById("root")!).render(<StrictMode><App /></StrictMode>);
