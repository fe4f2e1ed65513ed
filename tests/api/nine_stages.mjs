/*
 * A new object with a pipeline of nine stages, made over HTTP; a history of 13,700 events, in no order, with
 * returns, skips, wins and losses, taken in by `leadline import --kind stage_history`; and what a program of its
 * own, the one below, makes of the same events: every record's moves by kind, the hours of each stage, when each
 * was entered first, and where it stands must be what the server answers.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Failure, Server, command, folderMake, officeCopy, placeOf } from "./server.mjs";

const EVENT_COUNT = 13_700, RECORD_COUNT = 900, HOUR_MS = 3_600_000;
const STAGES = ["new", "triage", "assigned", "working", "waiting", "testing", "approval", "solved", "dropped"];
const kindOf = (stage) => (stage === "solved" ? "won" : stage === "dropped" ? "lost" : "open");
const MOVES = ["start", "forward", "skip", "back", "win", "lose"];
const START_MS = Date.parse("2024-01-01T00:00:00+08:00");

let seed = 20260302;
function below(count) {
  seed = (seed * 1103515245 + 12345) % 2147483648;
  return Math.floor((seed / 2147483648) * count);
}

/* Mostly a stage on, sometimes back, over some, or to an end. */
function nextStage(at) {
  const dice = below(100);
  if (at < 0) return below(10) === 0 ? below(4) : 0;
  if (dice < 50) return Math.min(at + 1, 8);
  if (dice < 65) return Math.max(at - 1 - below(3), 0);
  if (dice < 80) return Math.min(at + 2 + below(3), 8);
  if (dice < 88) return 7 + below(2);
  return dice < 94 ? at : below(9);
}

function eventsMake() {
  const events = [], at = Array(RECORD_COUNT).fill(-1), minute = Array.from({ length: RECORD_COUNT }, () => below(200_000));
  for (let i = 0; i < EVENT_COUNT; i++) {
    const record = i < RECORD_COUNT ? i : below(RECORD_COUNT);
    at[record] = nextStage(at[record]);
    events.push({ record, stage: at[record], minute: minute[record] });
    minute[record] += 1 + below(4000);
  }
  for (let i = events.length - 1; i > 0; i--) { // in no order
    const other = below(i + 1);
    [events[i], events[other]] = [events[other], events[i]];
  }
  return events;
}

function moveOf(from, to) {
  const [was, is] = [STAGES[from], STAGES[to]];
  if (from === undefined) return "start";
  if (kindOf(is) === "won") return "win";
  if (kindOf(is) === "lost") return "lose";
  if (kindOf(was) !== "open" || to < from) return "back";
  return to - from > 1 ? "skip" : "forward";
}

/* The independent reading: by record, in the order of time. */
function read(events, nowMs) {
  const records = Array.from({ length: RECORD_COUNT }, () => ({ moves: {}, hours: Array(9).fill(0), entered: Array(9).fill(null) }));
  for (const event of [...events].sort((a, b) => a.minute - b.minute)) {
    const record = records[event.record], ms = START_MS + event.minute * 60_000;
    if (record.at === event.stage) continue;
    if (record.at !== undefined) record.hours[record.at] += (ms - record.since) / HOUR_MS;
    const move = moveOf(record.at, event.stage);
    record.moves[move] = (record.moves[move] ?? 0) + 1;
    record.entered[event.stage] ??= ms;
    record.at = event.stage;
    record.since = ms;
  }
  for (const record of records) record.hours[record.at] += (nowMs - record.since) / HOUR_MS;
  return records;
}

const label = (name) => ({ zh: name, en: name });

function fieldsMake() {
  const formula = (name, result, text) => ({ name, type: "formula", result, formula: text, label: label(name) });
  return [
    { name: "number", type: "text", label: label("number"), title: true, required: true, unique: true },
  ].concat(MOVES.map((move) => formula(`n_${move}`, "integer", `TIMES_MOVED("${move}")`)),
    STAGES.map((stage) => formula(`h_${stage}`, "number", `ROUND(TIME_IN(stage, "${stage}"), 2)`)),
    STAGES.map((stage) => formula(`e_${stage}`, "datetime", `ENTERED_AT(stage, "${stage}")`)));
}

export async function nineStagesRun(office) {
  const data = officeCopy(office), folder = folderMake(), server = await new Server(data).start();
  const ask = async (method, path, body, status) => {
    const answer = await server.ask(method, `/api/v1${path}`, { body: body && JSON.stringify(body),
      headers: { authorization: `Bearer ${office.tokens.admin}`, "content-type": "application/json" } });
    if (answer.status !== status) throw new Failure(`${method} ${path}: ${answer.status} ${answer.text}`);
    return answer.json;
  };
  const take = (name, lines, ...more) => {
    const path = join(folder, name);
    writeFileSync(path, lines.join("\n"));
    const done = command(["import", path, ...placeOf(data), "--object", "ticket", "--as", "admin", ...more]);
    if (done.code !== 0) throw new Failure(`import ${name}: ${done.code}\n${done.out}${done.err}`);
  };
  await ask("POST", "/objects", { name: "ticket", plural: "tickets", label: label("Ticket"), label_plural: label("Tickets"), pipeline: true,
    fields: [fieldsMake()[0]] }, 201);
  await ask("POST", "/pipelines", { name: "nine", object: "ticket", default: true, label: label("Nine"),
    stages: STAGES.map((name) => ({ name, label: label(name), kind: kindOf(name) })) }, 201);
  for (const field of fieldsMake().slice(1)) await ask("POST", "/objects/ticket/fields", field, 201);
  const events = eventsMake(), stamp = (minute) => new Date(START_MS + minute * 60_000 + 8 * HOUR_MS).toISOString().slice(0, 16).replace("T", " ");
  take("tickets.csv", ["number", ...Array.from({ length: RECORD_COUNT }, (_, i) => `T${i}`)], "--map", "number=number");
  take("events.csv", ["CaseID,Activity,Time", ...events.map(({ record, stage, minute }) => `T${record},${STAGES[stage]},${stamp(minute)}`)],
    "--kind", "stage_history", "--map", "key=CaseID,stage=Activity,at=Time");
  const wanted = read(events, Date.parse(server.clock));
  await compare(ask, wanted);
  await server.stop();
  server.check();
}

async function compare(ask, wanted) {
  const total = Object.fromEntries(MOVES.map((move) => [move, 0]));
  let count = 0;
  for (let after = ""; ; ) {
    const page = await ask("GET", `/records/ticket?limit=200${after && `&after=${encodeURIComponent(after)}`}`, undefined, 200);
    for (const item of page.items) {
      const record = wanted[Number(item.number.slice(1))];
      const differs = (what, got, should) => { throw new Failure(`${item.number} ${what}: ${got}, wanted ${should}`); };
      for (const move of MOVES) {
        if (item[`n_${move}`] !== (record.moves[move] ?? 0)) differs(move, item[`n_${move}`], record.moves[move] ?? 0);
        total[move] += item[`n_${move}`];
      }
      STAGES.forEach((stage, i) => {
        if (Math.abs(Number(item[`h_${stage}`]) - record.hours[i]) > 0.0051) differs(`hours in ${stage}`, item[`h_${stage}`], record.hours[i]);
        const entered = item[`e_${stage}`] === null ? null : Date.parse(item[`e_${stage}`]);
        if (entered !== record.entered[i]) differs(`entered ${stage}`, entered, record.entered[i]);
      });
      if (item.stage !== STAGES[record.at]) differs("stage", item.stage, STAGES[record.at]);
      if (Date.parse(item.stage_entered_at) !== record.since) differs("since", item.stage_entered_at, record.since);
      count += 1;
    }
    if (!page.next) break;
    after = page.next;
  }
  if (count !== RECORD_COUNT) throw new Failure(`${count} tickets`);
  for (const move of MOVES) if (total[move] < 100) throw new Failure(`only ${total[move]} of ${move}: the history says too little`);
}
