import { afterEach, describe, expect, it, vi } from "vitest";
import { api, ApiError, request, setCsrf, setSignedOutHandler } from "./api.ts";
import { usePrefs } from "./prefs.ts";
import { uuid } from "./uuid.ts";

function answer(status: number, body: unknown, headers: Record<string, string> = {}) {
  const fetch = vi.fn(async (_url: string, _init: RequestInit) => new Response(status === 204 ? null : typeof body === "string" ? body : JSON.stringify(body), { status, headers }));
  vi.stubGlobal("fetch", fetch);
  return fetch;
}
const failure = async (promise: Promise<unknown>): Promise<ApiError> => {
  try {
    await promise;
  } catch (error) {
    return error as ApiError;
  }
  throw new Error("did not fail");
};

afterEach(() => vi.unstubAllGlobals());

describe("the client", () => {
  it("sends language, CSRF, version and idempotency key where they belong", async () => {
    usePrefs.setState({ locale: "en" });
    setCsrf("token");
    const fetch = answer(200, { id: "1", version: 2 });
    await api.update("thing", "1", 7, { a: 1 });
    const headers = fetch.mock.calls[0]![1].headers as Headers;
    expect(headers.get("If-Match")).toBe('"7"');
    expect(headers.get("X-Leadline-CSRF")).toBe("token");
    expect(headers.get("Accept-Language")).toBe("en");
    expect(headers.get("Idempotency-Key")).toBeNull();
    await api.create("thing", { a: 1 });
    const [, made] = fetch.mock.calls[1]!;
    expect((made.headers as Headers).get("Idempotency-Key")).toMatch(/^[0-9a-f-]{36}$/);
    expect(JSON.parse(String(made.body)).id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    await api.me();
    expect((fetch.mock.calls[2]![1].headers as Headers).get("X-Leadline-CSRF")).toBeNull();
  });
  it("turns a problem into errors per field and one general sentence", async () => {
    answer(422, { title: "Invalid", detail: "Two fields", errors: [{ field: "name", code: "required", message: "Name is missing" }, { field: "hidden", code: "range", message: "Too large" }] });
    const error = await failure(api.create("thing", {}));
    expect(error.status).toBe(422);
    expect(error.byField().name).toBe("Name is missing");
    expect(error.general(["name"])).toBe("Too large");
    expect(error.general(["name", "hidden"])).toBeNull();
  });
  it("says so when there is no network or no readable answer", async () => {
    vi.stubGlobal("fetch", vi.fn(async () => { throw new TypeError("failed"); }));
    expect((await failure(api.me())).isOffline).toBe(true);
    answer(502, "<html>");
    expect((await failure(api.me())).status).toBe(502);
    answer(503, { title: "Service Unavailable", detail: "The database is away" });
    expect((await failure(api.me())).isOffline).toBe(true);
    answer(200, "<html>");
    expect((await failure(api.me())).title).toBe("unreadable");
  });
  it("tells the frame when the session is over, but not when a login fails", async () => {
    const over = vi.fn();
    setSignedOutHandler(over);
    answer(401, { title: "no" });
    await failure(api.signIn("a", "b"));
    expect(over).not.toHaveBeenCalled();
    await failure(api.counts());
    expect(over).toHaveBeenCalledOnce();
  });
  it("escapes what goes into paths and leaves blank parameters out", async () => {
    const fetch = answer(200, { items: [] });
    await api.records("a/b", { where: "x = \"&\"", q: "", fields: ["a", "b.c"], after: null });
    expect(fetch.mock.calls[0]![0]).toBe("/api/v1/records/a%2Fb?where=x+%3D+%22%26%22&fields=a%2Cb.c");
    await request("/x", { method: "DELETE" });
    expect(fetch.mock.calls[1]![1].body).toBeUndefined();
  });
  it("makes ids that sort by time", () => {
    expect(uuid(1000) < uuid(2000)).toBe(true);
    expect(uuid()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});
