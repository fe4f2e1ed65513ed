/*
 * Reads and runs one scenario; of a page of the manual, its blocks marked "scenario". Line by line; # begins a comment line; indented lines go on with the line above.
 *
 *   as rob [cookie]                 who asks from now on (bearer, or cookie with CSRF header); as nobody
 *   GET /records/deal               a request; paths begin behind /api/v1, but for /healthz, /readyz, /metrics
 *     where: amount > 5             a parameter of a GET, percent-encoded for you
 *   PATCH /records/x/$id {"a": 1}   a JSON body (see pattern.mjs); text TEXT sends TEXT as it stands;
 *                                   file [KEY=VALUE …] NAME TEXT sends a multipart upload, \n is a new line
 *                                   book NAME {"Sheet": [["Head"], ["cell"]]} uploads a workbook with these sheets
 *     > If-Match: "1"               a header to send
 *   200 {"a": 1}                    the expected status and, when given, a part of the answer
 *     < ETag: "2"                   an expected header; the answer's text when it is not JSON: ~ expression
 *   poll GET /imports/$id {"a": 1}  asks until the answer matches: for what goes on behind an answer, never for time
 *   clock +48h                      moves the clock and runs what falls due (or a moment, or $variable)
 *   restart                         SIGTERM and start again
 *   kill                            kill -9 and start again
 *   listen rob                      opens a stream of events
 *   event rob alert {"level": 1}    such an event comes (within two seconds), looking from the last one found on
 *   silent rob change {"id": $x}    no such event since listen
 *   receiver shop                   a server that takes signed webhooks, at the address $shop; with "knows $secret" it knows
 *                                   one more secret, with "answers 500 410" its next answers (200 when none is left)
 *   received shop {"id": 1}         takes such a request within some seconds, looking from the last one found on; {"id", "status", "body"}
 *   unheard shop                    took no other request since, and refused none
 *   let name = VALUE                a variable
 *   digits name $secret [1]         the six digits an authenticator app shows now (or one step later)
 *   cli user list                   runs a command on the workspace; env NAME=VALUE before the words sets a variable
 *   exit 0 ~ expression             how it ended, and what it printed
 */
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { createHmac } from "node:crypto";
import { fill, make, match, read, timeShift } from "./pattern.mjs";
import { Receiver } from "./receiver.mjs";
import { workbook } from "./workbook.mjs";
import { Failure, Server, START, command, officeCopy, placeOf } from "./server.mjs";

const METHODS = /^(GET|POST|PATCH|DELETE|PUT|HEAD|OPTIONS) (\S+)\s*([\s\S]*)$/;
const BARE = /^\/(healthz|readyz|metrics|$|assets)/;
const EVENT_MS_MAX = 2000, POLL_MS_MAX = 10_000, RECEIVE_MS_MAX = 8000;

/* [{number, text, more: [indented lines]}] */
function steps(path) {
  const out = [];
  const isManual = path.endsWith(".md");
  let isInside = !isManual;
  readFileSync(path, "utf8").split("\n").forEach((line, i) => {
    if (isManual && line.startsWith("```")) {
      isInside = line === "```scenario";
      return;
    }
    if (!isInside) return;
    if (/^\s*(#.*)?$/.test(line)) return;
    if (/^\s/.test(line) && out.length > 0) {
      out.at(-1).more.push(line.trim());
    } else {
      out.push({ number: i + 1, text: line.trimEnd(), more: [] });
    }
  });
  return out;
}

/* RFC 6238, as an app on a phone does it. */
export function digits(secret, later = 0) {
  let bits = "";
  for (const letter of secret) bits += "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const moment = Buffer.alloc(8);
  moment.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000) + later));
  const hash = createHmac("sha1", key).update(moment).digest();
  const number = hash.readUInt32BE(hash[19] & 15) & 0x7fffffff;
  return String(number % 1000000).padStart(6, "0");
}

export class Scenario {
  constructor(path, office) {
    this.path = path;
    this.office = office;
    this.variables = { ...office.variables, now: new Date(START).toISOString() };
    this.actor = "nobody";
    this.streams = {};
    this.receivers = {};
    this.asked = []; // [method, path] of every request, for the coverage of routes
  }

  async run() {
    this.server = new Server(officeCopy(this.office));
    this.variables.data = this.server.data;
    let step = { number: 0 };
    try {
      await this.server.start();
      for (step of steps(this.path)) await this.step(step);
      this.demandAnswered();
      for (const stream of Object.values(this.streams)) stream.close();
      await this.server.stop();
      this.server.clock = this.variables.now;
      this.server.check();
    } catch (error) {
      this.server.child?.kill("SIGKILL");
      error.message = `${this.path}:${step.number}: ${error.message}`;
      throw error;
    } finally {
      for (const receiver of Object.values(this.receivers)) receiver.stop();
    }
  }

  demandAnswered() {
    if (this.answer && !this.answer.isSeen) throw new Failure("the request above has no expectation");
  }

  async step(step) {
    const [word, ...rest] = step.text.split(" ");
    const text = rest.join(" ");
    if (/^\d{3}$/.test(word)) return this.expect(step, Number(word), text);
    if (word === "exit") return this.expectExit(text);
    this.demandAnswered();
    const asked = METHODS.exec(step.text);
    if (asked) return this.request(step, asked[1], asked[2], asked[3]);
    const run = this[`do_${word}`];
    if (!run) throw new Failure(`what is “${step.text}”?`);
    await run.call(this, text);
  }

  /* ---- requests ---- */

  headers() {
    if (this.actor === "nobody") return {};
    const token = this.office.tokens[this.actor] ?? this.variables[`${this.actor}_token`];
    if (!token) throw new Failure(`nobody is called ${this.actor}`);
    if (!this.isCookie) return { authorization: `Bearer ${token}` };
    return { cookie: `leadline_session=${token}`, "x-leadline-csrf": this.csrf };
  }

  body(text, headers) {
    const kind = /^(text|file|book)( |$)/.exec(text)?.[1];
    if (kind === "text") {
      headers["content-type"] ??= "application/json";
      return fill(text.slice(5), this.variables);
    }
    if (kind === "file") {
      const [, members, name, content] = /^file ((?:\w+=\S+ )*)(\S+) ?([\s\S]*)$/.exec(text);
      const part = (about, value) => `--edge\r\nContent-Disposition: form-data; ${about}\r\n\r\n${value}\r\n`;
      headers["content-type"] ??= "multipart/form-data; boundary=edge";
      return members.split(" ").filter(Boolean).map((member) => member.split("="))
        .map(([key, value]) => part(`name="${key}"`, value)).join("") +
        part(`name="file"; filename="${name}"`, content.replaceAll("\\n", "\n")) + "--edge--\r\n";
    }
    if (kind === "book") {
      const [, name, sheets] = /^book (\S+) ([\s\S]*)$/.exec(text);
      headers["content-type"] ??= "multipart/form-data; boundary=edge";
      return Buffer.concat([
        Buffer.from(`--edge\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\n\r\n`),
        workbook(make(read(sheets), this.variables)), Buffer.from("\r\n--edge--\r\n"),
      ]);
    }
    headers["content-type"] ??= "application/json";
    return JSON.stringify(make(read(text), this.variables));
  }

  async request(step, method, path, tail) {
    const headers = { ...this.headers(), "accept-language": "en" };
    const params = [];
    const more = [tail];
    for (const line of step.more) {
      const header = /^> ([\w-]+): ?(.*)$/.exec(line);
      const param = /^(\w+): (.*)$/.exec(line);
      if (header) {
        headers[header[1].toLowerCase()] = fill(header[2], this.variables);
      } else if (param && (method === "GET" || method === "HEAD")) {
        params.push(`${param[1]}=${encodeURIComponent(fill(param[2], this.variables))}`);
      } else {
        more.push(line);
      }
    }
    for (const name of Object.keys(headers)) if (headers[name] === "-") delete headers[name];
    const text = more.join("\n").trim();
    const body = text === "" ? undefined : this.body(text, headers);
    let url = fill(path, this.variables);
    if (params.length > 0) url += (url.includes("?") ? "&" : "?") + params.join("&");
    if (!BARE.test(url)) url = `/api/v1${url}`;
    this.asked.push([method, url.replace(/\?.*/, "")]);
    this.answer = await this.server.ask(method, url, { body, headers });
    this.answer.what = `${method} ${path}`;
  }

  expect(step, status, text) {
    const answer = this.answer;
    if (!answer) throw new Failure("no request was made before");
    answer.isSeen = true;
    if (answer.status !== status) {
      throw new Failure(`${answer.what}: ${answer.status}, wanted ${status}: ${answer.text.slice(0, 800)}`);
    }
    const more = [];
    for (const line of [text, ...step.more]) {
      const header = /^< ([\w-]+): ?(.*)$/.exec(line);
      if (!header) {
        more.push(line);
      } else if (!new RegExp(header[2]).test(answer.headers[header[1].toLowerCase()] ?? "")) {
        throw new Failure(`${answer.what}: ${header[1]} is ${answer.headers[header[1].toLowerCase()]}`);
      }
    }
    const wanted = more.join("\n").trim();
    if (wanted === "") return;
    if (wanted.startsWith("~ ")) {
      if (new RegExp(fill(wanted.slice(2), this.variables), "s").test(answer.text)) return;
      throw new Failure(`${answer.what}: ${answer.text.slice(0, 800)}`);
    }
    if (answer.json === undefined) throw new Failure(`${answer.what}: no JSON: ${answer.text.slice(0, 400)}`);
    match(read(wanted), answer.json, "", this.variables);
  }

  /* ---- the other words ---- */

  async do_as(text) {
    const [login, how] = text.split(" ");
    this.actor = login;
    this.isCookie = how === "cookie";
    if (!this.isCookie) return;
    this.csrf = "";
    const me = await this.server.ask("GET", "/api/v1/me", { headers: this.headers() });
    if (me.status !== 200) throw new Failure(`GET /me as ${login}: ${me.status}`);
    this.csrf = me.json.csrf;
  }

  async do_poll(text) {
    const [, method, path, wanted] = METHODS.exec(text);
    for (const end = Date.now() + POLL_MS_MAX; ; await sleep(30)) {
      await this.request({ more: [] }, method, path, "");
      this.answer.isSeen = true;
      try {
        return match(read(wanted), this.answer.json, "", this.variables);
      } catch (error) {
        if (Date.now() > end) throw error;
      }
    }
  }

  async do_clock(text) {
    const now = /^[+-]/.test(text) ? timeShift(this.variables.now, text)
                                   : new Date(fill(text, this.variables)).toISOString();
    this.asked.push(["POST", "/api/v1/test/clock"]);
    const answer = await this.server.ask("POST", "/api/v1/test/clock", {
      body: JSON.stringify({ now }), headers: { "content-type": "application/json" },
    });
    if (answer.status !== 200) throw new Failure(`clock ${text}: ${answer.status} ${answer.text}`);
    this.variables.now = now;
  }

  async again() {
    this.server.clock = this.variables.now;
    for (const stream of Object.values(this.streams)) stream.close();
    this.streams = {};
    await this.server.start();
  }

  async do_restart() {
    await this.server.stop();
    await this.again();
  }

  async do_kill() {
    await this.server.kill();
    await this.again();
  }

  do_let(text) {
    const [, name, value] = /^(\w+) = ([\s\S]*)$/.exec(text) ?? [];
    if (!name) throw new Failure("let name = VALUE");
    this.variables[name] = make(read(value), this.variables);
  }

  do_digits(text) {
    const [name, secret, later] = text.split(/\s+/);
    this.variables[name] = digits(this.variables[secret.slice(1)], Number(later ?? 0));
  }

  do_forget(text) {
    delete this.variables[text];
  }

  async do_listen(text) {
    this.asked.push(["GET", "/api/v1/events"]);
    this.streams[text] = this.server.listen(this.office.tokens[text] ?? this.variables[`${text}_token`]);
    await this.streams[text].ready;
  }

  eventFind(text, from) {
    const [, login, name, pattern] = /^(\w+) (\w+) ?([\s\S]*)$/.exec(text);
    const stream = this.streams[login];
    if (!stream) throw new Failure(`nobody listens as ${login}`);
    const wanted = read(pattern || "*");
    for (let i = from ?? stream.seen; i < stream.events.length; i++) {
      if (stream.events[i].event !== name) continue;
      const trial = { ...this.variables };
      try {
        match(wanted, stream.events[i].data, "", trial);
      } catch {
        continue;
      }
      stream.seen = i + 1;
      Object.assign(this.variables, trial);
      return true;
    }
    return false;
  }

  async do_event(text) {
    for (const end = Date.now() + EVENT_MS_MAX; Date.now() < end; await sleep(10)) {
      if (this.eventFind(text)) return;
    }
    const stream = this.streams[text.split(" ")[0]];
    throw new Failure(`no such event; there were ${JSON.stringify(stream.events.slice(-10))}`);
  }

  /* Whoever writes hears of it: when the writer's own event is there, all others' are on their way too. */
  async do_silent(text) {
    await sleep(100);
    if (this.eventFind(text, 0)) throw new Failure("there was such an event");
  }

  async do_receiver(text) {
    const [name, how, ...rest] = fill(text, this.variables).split(" ");
    if (!this.receivers[name]) {
      this.receivers[name] = await new Receiver().start();
      this.variables[name] = `http://127.0.0.1:${this.receivers[name].port}/in`;
    }
    if (how === "knows") this.receivers[name].secrets.push(...rest);
    if (how === "answers") this.receivers[name].answers = rest.map(Number);
  }

  async do_received(text) {
    const [, name, pattern] = /^(\w+) ([\s\S]*)$/.exec(text);
    const receiver = this.receivers[name];
    for (const end = Date.now() + RECEIVE_MS_MAX; Date.now() < end; await sleep(20)) {
      for (let i = receiver.seen; i < receiver.taken.length; i++) {
        const trial = { ...this.variables };
        try {
          match(read(pattern), receiver.taken[i], "", trial);
        } catch {
          continue;
        }
        receiver.seen = i + 1;
        Object.assign(this.variables, trial);
        return;
      }
    }
    throw new Failure(`nothing such came; there were ${JSON.stringify(receiver.taken)}; refused ${receiver.refused}`);
  }

  /* Hooks are looked at once a second. */
  async do_unheard(text) {
    await sleep(1300);
    const receiver = this.receivers[text];
    if (receiver.refused.length > 0) throw new Failure(`it refused ${receiver.refused}`);
    if (receiver.taken.length > receiver.seen) throw new Failure(`it heard ${JSON.stringify(receiver.taken.slice(receiver.seen))}`);
  }

  do_cli(text) {
    const words = (fill(text, this.variables).match(/"[^"]*"|\S+/g) ?? []).map((word) => word.replaceAll('"', ""));
    const environment = {};
    while (words[0] === "env") {
      const [, name, value] = /^(\w+)=(.*)$/.exec(words[1]);
      environment[name] = value;
      words.splice(0, 2);
    }
    const own = words.includes("--data") || words.includes("--db") ? [] : placeOf(this.server.data);
    this.done = command([...words, ...own, "--test-mode", "--clock", this.variables.now], environment);
  }

  expectExit(text) {
    const [, code, pattern] = /^(\d)(?: ~ (.*))?$/.exec(text) ?? [];
    const { code: got, out, err } = this.done;
    if (got !== Number(code)) throw new Failure(`exit ${got}, wanted ${code}\n${out}${err}`);
    if (pattern && !new RegExp(fill(pattern, this.variables), "s").test(out + err)) {
      throw new Failure(`it said\n${out}${err}`);
    }
  }
}
