import { request } from "@/base/api.ts";

/* The doors of one's own account. */
export interface Otp { on: boolean; due: boolean; since: string | null; codes_left: number }
export interface SessionSeen { id: string; agent: string; address: string; began_at: string; last_at: string; expires_at: string; current: boolean }
export interface Export { at: string; object: string | null; detail: { format?: string; rows?: string; export?: string; where?: string } | null }

export const calls = {
  otp: () => request<Otp>("/me/otp"),
  otpBegin: (password: string) => request<{ secret: string; uri: string }>("/me/otp", { method: "POST", body: { password } }),
  otpConfirm: (code: string) => request<{ codes: string[] }>("/me/otp/confirm", { method: "POST", body: { code } }),
  otpRemove: (password: string) => request<void>("/me/otp/remove", { method: "POST", body: { password } }),
  sessions: () => request<{ items: SessionSeen[] }>("/sessions"),
  sessionEnd: (id: string) => request<void>(`/sessions/${encodeURIComponent(id)}`, { method: "DELETE" }),
  exports: () => request<{ items: Export[] }>("/exports?limit=10"),
};
