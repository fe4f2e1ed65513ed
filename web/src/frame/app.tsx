import { QueryClientProvider, useQuery } from "@tanstack/react-query";
import { Component, lazy, type ReactNode, Suspense, useEffect } from "react";
import { useLocation } from "wouter";
import { ApiError, setSignedOutHandler } from "@/base/api.ts";
import { pendingEnd } from "@/base/pending.ts";
import { usePrefs } from "@/base/prefs.ts";
import { seenForget } from "@/base/seen.ts";
import { loadSession, queryClient, SessionProvider } from "@/base/session.ts";
import { Button, Empty, Failed } from "@/ui/basics.tsx";
import { Asking } from "@/ui/ask.tsx";
import { Toasts } from "@/ui/layer.tsx";
import { Frame } from "./frame.tsx";
import { Login } from "./login.tsx";
import { t } from "./texts.ts";

const OtpGate = lazy(() => import("@/account/gate.tsx"));
const Invite = lazy(() => import("@/admin/invite.tsx"));

/* Who is asking? Login page or the frame with everything in it. */
export function App() {
  /* A change of language draws everything anew; where one was is in the URL. */
  const locale = usePrefs((prefs) => prefs.locale);
  return (
    <QueryClientProvider client={queryClient}>
      <Guard key={locale}>
        <Gate />
        <Asking />
        <Toasts />
      </Guard>
    </QueryClientProvider>
  );
}

function Gate() {
  const [path, navigate] = useLocation();
  const session = useQuery({ queryKey: ["session"], queryFn: loadSession, staleTime: Infinity, retry: false });
  const isSignedOut = session.error instanceof ApiError && session.error.status === 401;

  useEffect(() => {
    setSignedOutHandler(() => {
      /* What waits to be sent stays, for when the same person comes back; what is being written joins it. */
      window.dispatchEvent(new Event("leadline:ending"));
      pendingEnd();
      void seenForget();
      if (queryClient.getQueryData(["session"])) void queryClient.resetQueries({ queryKey: ["session"] });
    });
  }, []);
  useEffect(() => {
    if (isSignedOut && path !== "/login" && !path.startsWith("/invite/")) {
      const here = path + window.location.search;
      navigate(`/login${here === "/" ? "" : `?next=${encodeURIComponent(here)}`}`, { replace: true });
    }
  }, [isSignedOut, path]);

  if (path.startsWith("/invite/")) return <Suspense fallback={null}><Invite token={decodeURIComponent(path.slice(8))} /></Suspense>;
  if (session.data && path !== "/login") {
    return <SessionProvider value={session.data}><Frame /></SessionProvider>;
  }
  if (isSignedOut || path === "/login") return <Login hasSession={Boolean(session.data)} />;
  if (session.error instanceof ApiError && session.error.errors.some(({ code }) => code === "otp_setup")) {
    return <Suspense fallback={null}><OtpGate /></Suspense>;
  }
  if (session.error) return <Failed error={session.error} onRetry={() => void session.refetch()} />;
  return <FrameShadow />;
}

/* The frame's outline while the session loads: what comes later does not shift it. */
function FrameShadow() {
  return (
    <div className="frame" aria-busy="true">
      <div className="rail" />
      <div className="topbar" />
    </div>
  );
}

export class Guard extends Component<{ children: ReactNode }, { error: Error | null }> {
  override state = { error: null as Error | null };
  static getDerivedStateFromError(error: Error) {
    return { error };
  }
  override render() {
    if (!this.state.error) return this.props.children;
    return (
      <Empty icon="alert" title={t("crashed")} hint={`${t("crashed_hint")} (${this.state.error.message})`}
        action={<Button onClick={() => window.location.reload()}>{t("reload")}</Button>} />
    );
  }
}
