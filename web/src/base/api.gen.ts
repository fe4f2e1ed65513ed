/*
 * Made by `make api-types` from the server's openapi.json (src/api/shapes.c, src/api/routes.c).
 * Not to be edited.
 */

export type Free = Record<string, unknown>;

export interface Label {
  zh: string;
  en: string;
}

export interface Fault {
  code: string;
  message: string;
  field?: string | null;
  gate?: string;
  needs?: Record<string, unknown>;
  position?: number;
  length?: number;
  hint?: string;
}

export interface Problem {
  type: string;
  title: string;
  status: number;
  detail?: string;
  errors?: Fault[];
}

export interface Login {
  login: string;
  password: string;
  otp?: string;
}

export interface SessionSeen {
  id: string;
  agent: string;
  address: string;
  began_at: string;
  last_at: string;
  expires_at: string;
  current: boolean;
}

export interface SessionList {
  items: SessionSeen[];
}

export interface Otp {
  on: boolean;
  due: boolean;
  since: string | null;
  codes_left: number;
}

export interface OtpPassword {
  password: string;
}

export interface OtpSecret {
  secret: string;
  uri: string;
}

export interface OtpCode {
  code: string;
}

export interface OtpCodes {
  codes: string[];
}

export interface Session {
  user: Record<string, unknown>;
  token: string;
}

export interface Invitation {
  token: string;
  password: string;
}

export interface InvitationToken {
  token: string;
}

export interface DemoLogin {
  login: string;
  password: string;
  role: string;
  role_label?: Label;
  name: string;
  hint?: Label;
}

export interface DemoLogins {
  logins: DemoLogin[];
}

export interface Person {
  id: string;
  login: string;
  name: string;
  role: string;
  role_label: Label;
  team: string | null;
  team_name: string | null;
  region: string | null;
}

export interface Workspace {
  company: string;
  zone: string;
  currency: string;
  demo: boolean;
  setup_done: boolean;
}

export interface Permission {
  create: boolean;
  read: boolean;
  update: boolean;
  delete: boolean;
  assign: boolean;
  export: boolean;
  import: boolean;
}

export interface Permissions {
  admin: boolean;
  configure: boolean;
  manage_people: boolean;
  skip_stage: boolean;
  intervene: boolean;
  import_history: boolean;
  audit: boolean;
  export: boolean;
  import: boolean;
  objects: Record<string, Permission>;
}

export interface Me {
  user: Person;
  workspace: Workspace;
  now: string;
  csrf: string;
  version: string;
  permissions: Permissions;
}

export interface MeChange {
  locale: "zh-CN" | "en";
}

export interface PasswordChange {
  old: string;
  new: string;
}

export interface LevelCounts {
  yellow: number;
  orange: number;
  red: number;
}

export interface Counts {
  unread: number;
  tasks: number;
  alerts: LevelCounts;
}

export interface Settings {
  company: string;
  zone: string;
  currency: string;
  otp_roles: string;
  bi_language: string;
  bi_personal: string;
  setup_done: "yes" | "no";
}

export interface BiColumn {
  name: string;
  type: "text" | "integer" | "decimal" | "boolean" | "date" | "datetime" | "id";
  field: string;
  label: Label;
  filling?: boolean;
}

export interface BiAbsence {
  field: string;
  label: Label;
  why: "personal" | "computed" | "related" | "inner";
  view?: string;
}

export interface BiView {
  name: string;
  object: string;
  label: Label;
  field?: string;
  field_label?: Label;
  columns: BiColumn[];
  left_out?: BiAbsence[];
}

export interface BiViews {
  items: BiView[];
  database: "sqlite" | "postgres";
  schema: string;
  barred: boolean;
}

export interface Key {
  id: string;
  name: string;
  hint: string;
  role: string;
  role_label: Label;
  scopes: string[];
  person: string;
  person_name: string | null;
  rate: number;
  until: string | null;
  created_at: string;
  created_by: string | null;
  created_by_name: string | null;
  last_at: string | null;
}

export interface KeyNew {
  name: string;
  role: string;
  scopes: string[];
  person?: string;
  until?: string | null;
  rate?: number;
}

export interface KeyMade {
  key: Key;
  secret: string;
}

export interface KeyList {
  items: Key[];
}

export interface AuditLine {
  seq: number;
  at: string;
  by: string | null;
  by_name: string | null;
  via: string | null;
  kind: string;
  object: string | null;
  record: string | null;
  field: string | null;
  detail: Record<string, unknown> | null;
  hash: string;
  who: string;
  text: string;
}

export interface Export {
  at: string;
  object: string | null;
  via: string | null;
  detail: Record<string, unknown> | null;
}

export interface ExportList {
  items: Export[];
}

export interface AuditList {
  items: AuditLine[];
  next: string | null;
}

export interface Choice {
  name: string;
  label: Label;
  color?: string;
  aliases?: string[];
  hidden?: boolean;
  id?: number;
}

export interface Validation {
  formula: string;
  message: Label;
}

export interface FieldDef {
  name: string;
  type: string;
  label: Label;
  help?: Label;
  title?: boolean;
  required?: boolean;
  required_if?: string;
  unique?: boolean;
  readonly?: boolean;
  stored?: boolean;
  filling?: boolean;
  system?: boolean;
  readonly_if?: string;
  visible_if?: string;
  personal?: unknown;
  width?: number;
  accept?: "any" | "image" | "audio";
  result?: string;
  to?: string;
  choices?: Choice[];
  scale?: number;
  min?: unknown;
  max?: unknown;
  size_max?: number;
  default?: unknown;
  formula?: string;
  validate?: Validation;
  mode?: "readonly" | "masked";
  reveal?: "yes" | "reason";
  [member: string]: unknown;
}

export interface Relation {
  name: string;
  object: string;
  field: string;
  label?: Label;
  many?: boolean;
  back?: string;
}

export interface ObjectDef {
  id?: unknown;
  name: string;
  plural?: string;
  label: Label;
  label_plural?: Label;
  icon?: string;
  title_field: string;
  pipeline: boolean;
  owner?: boolean;
  menu?: boolean;
  inherit?: string[];
  time_field?: string;
  search?: string[];
  indexes?: unknown[];
  unique?: unknown[];
  list?: string[];
  order?: string;
  fields: FieldDef[];
  relations: Relation[];
}

export interface ObjectDefList {
  items: ObjectDef[];
}

export interface Need {
  field?: string;
  object?: string;
}

export interface Gate {
  id?: number;
  name: string;
  label?: Label;
  formula?: string;
  needs?: Need;
  message?: Label;
}

export interface Stall {
  yellow?: string;
  orange?: string;
  red?: string;
}

export interface StageDef {
  id?: number;
  name: string;
  label: Label;
  kind: "open" | "won" | "lost";
  optional?: boolean;
  probability?: unknown;
  stall?: Stall;
  enter?: Gate[];
  leave?: Gate[];
  aliases?: string[];
}

export interface PipelineDef {
  id?: number;
  name: string;
  label: Label;
  object: string;
  default?: boolean;
  stages: StageDef[];
}

export interface PipelineDefList {
  items: PipelineDef[];
}

export interface RuleLevel {
  level: "yellow" | "orange" | "red";
  after: string;
  tell?: string[];
  task?: string[];
}

export interface RuleStep {
  on?: string;
  at: string;
}

export interface RuleAction {
  do: "create" | "set" | "task" | "finish_tasks" | "notify";
  object?: string;
  along?: string;
  over?: string;
  where?: string;
  set?: Record<string, unknown>;
  kind?: string;
  title?: Label;
  body?: Label;
  assignee?: string;
  due?: string;
  on_done?: Record<string, unknown>;
  outcome?: string;
  to?: string[];
  level?: "yellow" | "orange" | "red";
}

export interface RuleCard {
  name: string;
  label: Label;
  formula: unknown;
}

export interface PackStep {
  kind: "take" | "keep" | "conflict" | "stay";
  action: "add" | "change" | "remove";
  path: string;
  part: string;
  place: string;
  text: string;
  theirs_taken: boolean;
  base: unknown;
  mine: unknown;
  theirs: unknown;
}

export interface Pack {
  name: string;
  title: Label;
  help: Label;
  version: string | null;
  shipped: string | null;
  applied_at: string | null;
  applied_by: string | null;
  can_undo: boolean;
  version_undo: string | null;
  changed_count: number;
  changed: PackStep[];
}

export interface PackList {
  items: Pack[];
}

export interface PackChoice {
  pack: string;
}

export interface PackPlan {
  id: string;
  name: string;
  title: Label;
  help: Label;
  version: string;
  version_before: string | null;
  conflicts: number;
  parts: number;
  steps: PackStep[];
  breaks: PlanBreak[];
}

export interface PackApply {
  plan: string;
  choices?: Record<string, unknown>;
}

export interface PackDone {
  name: string;
  conflicts: number;
  parts: number;
  steps: PackStep[];
}

export interface Rule {
  name: string;
  label: Label;
  kind: "change" | "ladder" | "remind";
  object: string;
  when?: string;
  since?: string;
  enabled: boolean;
  on?: string[];
  actions?: RuleAction[];
  levels?: RuleLevel[];
  respond_within?: string;
  steps?: RuleStep[];
  tell?: string[];
  level?: "yellow" | "orange" | "red";
  title?: Label;
  body?: Label;
  task_title?: Label;
  card?: RuleCard[];
}

export interface RuleList {
  items: Rule[];
}

export interface Role {
  name: string;
  label: Label;
  grants?: Record<string, Record<string, unknown>>;
  fields?: Record<string, string>;
  can?: string[];
}

export interface RoleList {
  items: Role[];
}

export interface FieldMode {
  name: string;
  mode: "visible" | "readonly" | "masked" | "hidden";
}

export interface ObjectPreview {
  name: string;
  actions: Record<string, string>;
  count?: number;
  total?: number;
  fields: FieldMode[];
}

export interface RolePreview {
  items: ObjectPreview[];
}

export interface Reveal {
  field: string;
  reason?: string;
}

export interface Revealed {
  value: unknown;
}

export interface ConfigChange {
  kind?: string;
  name?: string;
  body?: Record<string, unknown> | null;
  changes?: (Record<string, unknown>)[];
}

export interface PlanDay {
  on: string;
  was: "plain" | "off" | "holiday" | "workday";
  is: "plain" | "off" | "holiday" | "workday";
  was_worked: boolean;
  is_worked: boolean;
  label?: string;
}

export interface PlanStep {
  kind: string;
  text: string;
  rows?: number;
  lost?: number;
  samples?: string[];
  capped?: boolean;
  days?: PlanDay[];
}

export interface PlanBreak {
  kind: string;
  name: string;
  field?: string;
  message: string;
}

export interface ConfigPlan {
  steps: PlanStep[];
  breaks: PlanBreak[];
}

export interface Job {
  id: number;
  kind: string;
  state: "waiting" | "running" | "done" | "failed" | "cancelled";
  done: number;
  total: number;
  error?: string;
  object?: string;
  field?: string;
  fields?: string[];
  type?: string;
  attempts?: number;
  retry_at?: string | null;
  created_at: string;
  by: string | null;
  finished_at: string | null;
}

export interface JobList {
  items: Job[];
}

export interface ConfigEntry {
  id: number;
  kind: string;
  name: string;
  name_after?: string;
  version: number;
  at: string;
  by: string | null;
  by_name?: string | null;
  action: "create" | "change" | "delete";
  summary: string;
  follows: boolean;
  can_undo: boolean;
  before?: Record<string, unknown> | null;
  after?: Record<string, unknown> | null;
}

export interface ConfigHistory {
  items: ConfigEntry[];
  next: string | null;
}

export interface Row {
  id: string;
  version: number;
  [member: string]: unknown;
}

export interface RowList {
  items: Row[];
  next: string | null;
  count?: number;
  count_capped?: boolean;
  as_of?: string;
}

export interface RowBatch {
  records: Row[];
}

export interface Share {
  id: string;
  person?: string;
  team?: string;
  name: string | null;
  level: "read" | "update";
  until: string | null;
  by: string | null;
  by_name: string | null;
  at: string;
  can_remove: boolean;
}

export interface ShareList {
  items: Share[];
  can_share: boolean;
}

export interface ShareNew {
  person?: string;
  team?: string;
  level: "read" | "update";
  until?: string | null;
}

export interface WhyItem {
  action: "read" | "update" | "delete" | "export";
  allowed: boolean;
  because: string[];
}

export interface Why {
  person: string;
  name: string;
  role: string;
  role_label: Label;
  items: WhyItem[];
}

export interface LineValue {
  field: string;
  old: unknown;
  new: unknown;
  old_label?: string;
  new_label?: string;
}

export interface LineChange {
  line: string;
  number: number;
  kind: "added" | "changed" | "removed";
  title?: string;
  changes: LineValue[];
}

export interface LineOrder {
  old: string[];
  new: string[];
}

export interface HistoryChange {
  field: string;
  old: unknown;
  new: unknown;
  old_label?: string;
  new_label?: string;
  lines?: LineChange[];
  order?: LineOrder;
}

export interface HistoryItem {
  version: number;
  at: string;
  by: string | null;
  by_name: string | null;
  kind: "create" | "update" | "move" | "delete" | "restore" | "share" | "unshare";
  share?: Record<string, unknown>;
  changes: HistoryChange[];
}

export interface History {
  items: HistoryItem[];
  next: string | null;
}

export interface FeedChange {
  field: string;
  old: unknown;
  new: unknown;
}

export interface FeedItem {
  position: number;
  kind: "create" | "update" | "move" | "delete" | "restore";
  object: string;
  record: string;
  version: number;
  at: string;
  by: string | null;
  via: string;
  changes: FeedChange[];
}

export interface Feed {
  items: FeedItem[];
  records?: Record<string, RowList>;
  next: string;
  more: boolean;
}

export interface Move {
  stage?: string;
  pipeline?: string;
  reason?: string;
  fields?: Record<string, unknown>;
}

export interface MoveOption {
  stage: string;
  move: "forward" | "skip" | "back" | "win" | "lose";
  allowed: boolean;
  reason_required?: boolean;
  errors?: Fault[];
}

export interface Moves {
  items: MoveOption[];
}

export interface Assign {
  owner: string;
}

export interface Query {
  values: string[];
  where?: string;
  group?: unknown[];
  order?: string;
  limit?: number;
}

export interface QueryRows {
  rows: (Record<string, unknown>)[];
}

export interface FormulaCheck {
  object: string;
  formula: string;
  aggregate?: boolean;
  record?: string;
}

export interface FormulaInfo {
  type: string;
  canonical: string;
  uses: string[];
  value?: unknown;
  label?: string;
}

export interface FormCheck {
  object: string;
  record?: string;
  values?: Record<string, unknown>;
  conditions?: string[];
}

export interface FormState {
  fields: Record<string, FieldState>;
  conditions?: boolean[];
}

export interface FieldState {
  visible: boolean;
  required: boolean;
  readonly: boolean;
}

export interface FunctionDef {
  name: string;
  alias: string;
  signature: string;
  help: Label;
  example: string;
}

export interface FunctionDefList {
  items: FunctionDef[];
}

export interface CalendarDay {
  on: string;
  kind: "plain" | "off" | "holiday" | "workday";
  label?: unknown;
  line?: number;
}

export interface CalendarDays {
  days: CalendarDay[];
  years?: number[];
}

export interface CalendarSource {
  text: string;
  year?: number;
}

export interface CalendarPassage {
  line: number;
  text: string;
  message?: string;
}

export interface CalendarText {
  year: number | null;
  whole: boolean;
  days: CalendarDay[];
  refused: CalendarPassage[];
  passed: CalendarPassage[];
}

export interface Calendar {
  name: string;
  label: Label;
  help?: Label;
  default: boolean;
  days: string[];
  hours: string[];
  holidays: unknown[];
  workdays: unknown[];
}

export interface CalendarList {
  items: Calendar[];
  current: string | null;
}

export interface LayoutSection {
  name: string;
  label: Label;
  columns?: number;
  fields: string[];
  visible_if?: string;
  folded?: boolean;
  [member: string]: unknown;
}

export interface LayoutPhone {
  order?: string[];
  folded?: string[];
}

export interface Layout {
  name: string;
  object: string;
  for_roles?: string[];
  sections: LayoutSection[];
  summary?: string[];
  create?: string[];
  related?: string[];
  phone?: LayoutPhone;
  fields_if?: Record<string, string>;
  [member: string]: unknown;
}

export interface LayoutList {
  items: Layout[];
}

export interface ViewColor {
  where: string;
  color: "blue" | "green" | "yellow" | "orange" | "red" | "grey";
}

export interface ViewCalendar {
  date: string;
  [member: string]: unknown;
}

export interface ViewGallery {
  image?: string;
  fields?: string[];
  [member: string]: unknown;
}

export interface View {
  id: string;
  object: string;
  name: string;
  layout: "grid" | "board" | "calendar" | "gallery";
  where: string;
  order: string;
  columns: string[];
  widths?: Record<string, number> | null;
  pipeline?: string | null;
  group?: string | null;
  pinned?: number | null;
  density?: "comfortable" | "compact" | null;
  colors?: ViewColor[] | null;
  calendar?: ViewCalendar | null;
  gallery?: ViewGallery | null;
  default_for?: string[] | null;
  shared: "me" | "team" | "all";
  owner: string | null;
  owner_name?: string | null;
  can_edit?: boolean;
  position?: number;
  adopted_from?: string;
  version?: number;
}

export interface ViewList {
  items: View[];
}

export interface ViewAdopt {
  name?: string;
  label?: Label;
  position?: number;
}

export interface ViewState {
  object: string;
  name: string;
  shared: "me" | "team" | "all";
  owner: string;
  body: Record<string, unknown>;
}

export interface ViewChange {
  id: number;
  at: string;
  by: string | null;
  by_name?: string | null;
  action: "create" | "change" | "delete";
  changed: string[];
  before: ViewState | null;
  after: ViewState | null;
}

export interface ViewHistory {
  items: ViewChange[];
}

export interface TaskSource {
  object: string;
  id: string;
}

export interface Task {
  id: string;
  version?: number;
  kind: string;
  title: string;
  object: string | null;
  record: string | null;
  record_title?: string;
  assignee: string | null;
  assignee_name?: string | null;
  due_at: string | null;
  done_at: string | null;
  done_by?: string | null;
  outcome: string | null;
  card: Record<string, unknown> | null;
  alert?: string | null;
  level?: "yellow" | "orange" | "red" | null;
  created_at?: string;
  source?: TaskSource | null;
  [member: string]: unknown;
}

export interface TaskList {
  items: Task[];
  next: string | null;
  count?: number;
  done_today?: number;
}

export interface TaskOutcome {
  outcome: string;
}

export interface TaskDue {
  due_at: string;
}

export interface AlertLevels {
  yellow: string | null;
  orange: string | null;
  red: string | null;
}

export interface InterventionDone {
  id: string;
  kind: string;
  text: string;
  by: string | null;
  by_name?: string | null;
  at: string;
}

export interface Alert {
  id: string;
  version?: number;
  rule: string;
  rule_label?: Label;
  object: string;
  record: string;
  record_title?: string;
  level: "yellow" | "orange" | "red";
  level_at?: string | null;
  owner: string | null;
  owner_name?: string | null;
  opened_at: string;
  levels: AlertLevels;
  respond_by?: string | null;
  first_response_at: string | null;
  cleared_at: string | null;
  cleared_by: string | null;
  cleared_why?: string | null;
  interventions: InterventionDone[];
}

export interface AlertList {
  items: Alert[];
  next: string | null;
}

export interface Intervention {
  kind: string;
  text?: string;
}

export interface Message {
  id: string;
  recipient: string;
  channel: string;
  level: "yellow" | "orange" | "red" | null;
  rule: string | null;
  object: string | null;
  record: string | null;
  title: string;
  body: string;
  created_at: string;
  sent_at: string | null;
  read_at: string | null;
}

export interface MessageList {
  items: Message[];
  next: string | null;
  unread: number;
}

export interface MessageRead {
  ids?: string[];
  all?: boolean;
}

export interface Unread {
  unread: number;
}

export interface MeasurePart {
  measure: string;
  value: number | null;
  weight: number;
  numerator?: number | null;
  denominator?: number | null;
}

export interface MeasurePoint {
  from: string;
  to: string;
  value: number | null;
  numerator: number | null;
  denominator: number | null;
}

export interface MeasureRecord {
  object: string;
  id: string;
  measure?: string;
  met?: boolean;
}

export interface Measure {
  measure: string;
  scope: string;
  from: string;
  to: string;
  value: number | null;
  numerator: number | null;
  denominator: number | null;
  parts?: MeasurePart[];
  series?: MeasurePoint[];
  records?: MeasureRecord[];
  items?: Measure[];
}

export interface MeasureDefPart {
  measure: string;
  weight: number;
}

export interface MeasureDef {
  name: string;
  label: Label;
  help?: Label;
  unit: "fraction" | "score" | "number" | "hours" | "days" | "money";
  at?: string;
  baseline?: number;
  better?: "up" | "down";
  parts?: MeasureDefPart[];
  [member: string]: unknown;
}

export interface MeasureList {
  items: MeasureDef[];
}

export interface MeasureScope {
  scope: string;
  label: string;
  level: number;
}

export interface ScopeList {
  items: MeasureScope[];
}

export interface User {
  login: string;
  name: string;
  password?: string;
  role: string;
  team?: string | null;
  supervisor?: string | null;
  region?: string | null;
  disabled?: boolean;
  [member: string]: unknown;
}

export interface Team {
  name: string;
  parent?: string | null;
  [member: string]: unknown;
}

export interface FileInfo {
  id: string;
  name: string;
  size: number;
  type: string;
}

export interface FileInfoList {
  items: FileInfo[];
}

export interface Webhook {
  id?: string;
  version?: number;
  name: string;
  url: string;
  objects: string[];
  kinds: ("create" | "update" | "move" | "delete" | "restore")[];
  where: string;
  records: boolean;
  active: boolean;
  person?: string;
  person_name?: string | null;
  state?: "ok" | "failing" | "paused" | "off";
  why?: string | null;
  failed_count?: number;
  failing_since?: string | null;
  next_at?: string | null;
  position?: string;
  created_at?: string;
  secret?: string;
}

export interface WebhookChange {
  name: string;
  url: string;
  objects?: string[];
  kinds?: ("create" | "update" | "move" | "delete" | "restore")[];
  where?: string;
  records?: boolean;
  active?: boolean;
  position?: string;
  rotate_secret?: boolean;
}

export interface WebhookList {
  items: Webhook[];
}

export interface WebhookAnswer {
  ok: boolean;
  status: number;
  error: string | null;
  took_ms: number;
}

export interface Delivery {
  id: string;
  message: string;
  events: number;
  attempt: number;
  status: number;
  error: string | null;
  at: string;
  took_ms: number;
  after: string;
}

export interface DeliveryList {
  items: Delivery[];
}

export interface ImportValue {
  value: string;
  count: number;
  to: unknown;
}

export interface ImportValues {
  distinct: ImportValue[];
  more?: boolean;
}

export interface ImportColumn {
  name: string;
  samples: (string | null)[];
  field: string | null;
  type?: string;
  values?: ImportValues;
}

export interface ImportFailure {
  row: number;
  column: string | null;
  value: string | null;
  code: string;
  message: string;
}

export interface ImportProgress {
  done: number;
  total: number;
}

export interface Import {
  id: string;
  state: "preview" | "waiting" | "running" | "done" | "failed" | "undoing" | "undone" | "cancelled";
  object: string;
  kind?: string;
  file: string;
  rows: number;
  columns?: ImportColumn[];
  warnings?: unknown[];
  created?: number;
  updated?: number;
  skipped?: number;
  failed?: ImportFailure[];
  failed_count?: number;
  progress?: ImportProgress;
  created_at?: string;
  by_name?: string | null;
  can_undo?: boolean;
  error?: string;
  [member: string]: unknown;
}

export interface ImportList {
  items: Import[];
}

export interface ImportOptions {
  map?: Record<string, string>;
  set?: Record<string, unknown>;
  key?: string;
  values?: Record<string, Record<string, unknown>>;
  refs?: "match" | "create";
  on_duplicate?: "skip" | "update" | "create";
  missing?: "refuse" | "accept";
}

export interface SheetColumn {
  name: string;
  field: string;
  samples: string[];
  filled: number;
  blank: number;
  misfits: string[];
}

export interface Sheet {
  sheet: string;
  rows?: number;
  object: Record<string, unknown>;
  map: Record<string, string>;
  columns?: SheetColumn[];
}

export interface Workbook {
  id: string;
  file: string;
  sheets: Sheet[];
}

export interface WorkbookPlan {
  sheets: Sheet[];
}

export interface WorkbookMade {
  objects: string[];
  imports: string[];
}

export interface Clock {
  now: string;
}

export interface Endpoints {
  "POST /session": { takes: Login; gives: Session };
  "DELETE /session": { takes: undefined; gives: undefined };
  "GET /sessions": { takes: undefined; gives: SessionList };
  "DELETE /sessions": { takes: undefined; gives: undefined };
  "DELETE /sessions/{id}": { takes: undefined; gives: undefined };
  "POST /invitation": { takes: Invitation; gives: Session };
  "GET /demo": { takes: undefined; gives: DemoLogins };
  "GET /me": { takes: undefined; gives: Me };
  "PATCH /me": { takes: Partial<MeChange>; gives: MeChange };
  "GET /me/counts": { takes: undefined; gives: Counts };
  "POST /me/password": { takes: PasswordChange; gives: undefined };
  "GET /me/otp": { takes: undefined; gives: Otp };
  "POST /me/otp": { takes: OtpPassword; gives: OtpSecret };
  "POST /me/otp/confirm": { takes: OtpCode; gives: OtpCodes };
  "POST /me/otp/remove": { takes: OtpPassword; gives: undefined };
  "GET /objects": { takes: undefined; gives: ObjectDefList };
  "POST /objects": { takes: Partial<ObjectDef>; gives: ObjectDef };
  "GET /objects/{object}": { takes: undefined; gives: ObjectDef };
  "PATCH /objects/{object}": { takes: Partial<ObjectDef>; gives: ObjectDef };
  "DELETE /objects/{object}": { takes: undefined; gives: undefined };
  "POST /objects/{object}/fields": { takes: FieldDef; gives: ObjectDef };
  "PATCH /objects/{object}/fields/{field}": { takes: FieldDef; gives: ObjectDef };
  "DELETE /objects/{object}/fields/{field}": { takes: undefined; gives: undefined };
  "GET /pipelines": { takes: undefined; gives: PipelineDefList };
  "POST /pipelines": { takes: Partial<PipelineDef>; gives: PipelineDef };
  "GET /pipelines/{pipeline}": { takes: undefined; gives: PipelineDef };
  "PATCH /pipelines/{pipeline}": { takes: Partial<PipelineDef>; gives: PipelineDef };
  "DELETE /pipelines/{pipeline}": { takes: undefined; gives: undefined };
  "POST /config/plan": { takes: ConfigChange; gives: ConfigPlan };
  "GET /jobs": { takes: undefined; gives: JobList };
  "GET /jobs/{job}": { takes: undefined; gives: Job };
  "POST /jobs/{job}/cancel": { takes: undefined; gives: undefined };
  "POST /jobs/{job}/retry": { takes: undefined; gives: undefined };
  "GET /config/history": { takes: undefined; gives: ConfigHistory };
  "GET /config/history/{entry}": { takes: undefined; gives: ConfigEntry };
  "POST /config/history/{entry}/undo": { takes: undefined; gives: undefined };
  "GET /rules": { takes: undefined; gives: RuleList };
  "POST /rules": { takes: Partial<Rule>; gives: Rule };
  "GET /rules/{rule}": { takes: undefined; gives: Rule };
  "PATCH /rules/{rule}": { takes: Partial<Rule>; gives: Rule };
  "DELETE /rules/{rule}": { takes: undefined; gives: undefined };
  "GET /roles": { takes: undefined; gives: RoleList };
  "POST /roles": { takes: Partial<Role>; gives: Role };
  "PATCH /roles/{role}": { takes: Partial<Role>; gives: Role };
  "DELETE /roles/{role}": { takes: undefined; gives: undefined };
  "GET /roles/{role}/preview": { takes: undefined; gives: RolePreview };
  "GET /settings": { takes: undefined; gives: Settings };
  "PATCH /settings": { takes: Partial<Settings>; gives: Settings };
  "GET /bi": { takes: undefined; gives: BiViews };
  "GET /keys": { takes: undefined; gives: KeyList };
  "POST /keys": { takes: KeyNew; gives: KeyMade };
  "DELETE /keys/{id}": { takes: undefined; gives: undefined };
  "GET /audit": { takes: undefined; gives: AuditList };
  "GET /app": { takes: undefined; gives: Free };
  "GET /records/{object}": { takes: undefined; gives: RowList };
  "POST /records/{object}": { takes: Partial<Row>; gives: Row };
  "PATCH /records/{object}": { takes: Partial<RowBatch>; gives: RowBatch };
  "GET /records/{object}/{id}": { takes: undefined; gives: Row };
  "PATCH /records/{object}/{id}": { takes: Partial<Row>; gives: Row };
  "DELETE /records/{object}/{id}": { takes: undefined; gives: undefined };
  "POST /records/{object}/{id}/restore": { takes: undefined; gives: Row };
  "GET /records/{object}/{id}/history": { takes: undefined; gives: History };
  "POST /records/{object}/{id}/move": { takes: Move; gives: Row };
  "GET /records/{object}/{id}/moves": { takes: undefined; gives: Moves };
  "POST /records/{object}/{id}/assign": { takes: Assign; gives: Row };
  "POST /records/{object}/{id}/claim": { takes: undefined; gives: Row };
  "POST /records/{object}/{id}/release": { takes: undefined; gives: Row };
  "GET /changes": { takes: undefined; gives: Feed };
  "GET /records/{object}/{id}/shares": { takes: undefined; gives: ShareList };
  "POST /records/{object}/{id}/shares": { takes: ShareNew; gives: Share };
  "DELETE /records/{object}/{id}/shares/{share}": { takes: undefined; gives: undefined };
  "GET /records/{object}/{id}/why": { takes: undefined; gives: Why };
  "POST /records/{object}/{id}/reveal": { takes: Reveal; gives: Revealed };
  "POST /query/{object}": { takes: Query; gives: QueryRows };
  "POST /formulas/check": { takes: FormulaCheck; gives: FormulaInfo };
  "POST /formulas/form": { takes: FormCheck; gives: FormState };
  "GET /formulas/functions": { takes: undefined; gives: FunctionDefList };
  "GET /layouts": { takes: undefined; gives: LayoutList };
  "POST /layouts": { takes: Partial<Layout>; gives: Layout };
  "PATCH /layouts/{layout}": { takes: Partial<Layout>; gives: Layout };
  "DELETE /layouts/{layout}": { takes: undefined; gives: undefined };
  "POST /layouts/{layout}/reset": { takes: undefined; gives: Layout };
  "GET /calendars": { takes: undefined; gives: CalendarList };
  "POST /calendars": { takes: Partial<Calendar>; gives: Calendar };
  "POST /calendars/read": { takes: CalendarSource; gives: CalendarText };
  "PATCH /calendars/{calendar}": { takes: Partial<Calendar>; gives: Calendar };
  "DELETE /calendars/{calendar}": { takes: undefined; gives: undefined };
  "POST /calendars/{calendar}/days": { takes: CalendarDays; gives: Calendar };
  "GET /views": { takes: undefined; gives: ViewList };
  "POST /views": { takes: Partial<View>; gives: View };
  "PATCH /views/{id}": { takes: Partial<View>; gives: View };
  "DELETE /views/{id}": { takes: undefined; gives: undefined };
  "POST /views/{id}/adopt": { takes: ViewAdopt; gives: View };
  "POST /views/{id}/release": { takes: undefined; gives: View };
  "GET /views/{id}/history": { takes: undefined; gives: ViewHistory };
  "POST /views/{id}/history/{entry}/undo": { takes: undefined; gives: undefined };
  "GET /tasks": { takes: undefined; gives: TaskList };
  "GET /tasks/{id}": { takes: undefined; gives: Task };
  "POST /tasks/{id}/done": { takes: TaskOutcome; gives: Task };
  "POST /tasks/{id}/reschedule": { takes: TaskDue; gives: Task };
  "GET /alerts": { takes: undefined; gives: AlertList };
  "GET /alerts/{id}": { takes: undefined; gives: Alert };
  "POST /alerts/{id}/interventions": { takes: Intervention; gives: Alert };
  "GET /messages": { takes: undefined; gives: MessageList };
  "POST /messages/read": { takes: MessageRead; gives: Unread };
  "GET /events": { takes: undefined; gives: unknown };
  "GET /measures": { takes: undefined; gives: MeasureList };
  "GET /measures/scopes": { takes: undefined; gives: ScopeList };
  "GET /measures/{measure}": { takes: undefined; gives: Measure };
  "GET /users": { takes: undefined; gives: RowList };
  "POST /users": { takes: Partial<User>; gives: User };
  "PATCH /users/{id}": { takes: Partial<User>; gives: User };
  "POST /users/{id}/invite": { takes: undefined; gives: InvitationToken };
  "GET /users/{id}/otp": { takes: undefined; gives: Otp };
  "DELETE /users/{id}/otp": { takes: undefined; gives: undefined };
  "GET /teams": { takes: undefined; gives: RowList };
  "POST /teams": { takes: Partial<Team>; gives: Team };
  "PATCH /teams/{id}": { takes: Partial<Team>; gives: Team };
  "GET /imports": { takes: undefined; gives: ImportList };
  "POST /imports": { takes: unknown; gives: Import };
  "GET /imports/{id}": { takes: undefined; gives: Import };
  "DELETE /imports/{id}": { takes: undefined; gives: Import };
  "POST /imports/{id}/check": { takes: ImportOptions; gives: Import };
  "POST /imports/{id}/run": { takes: ImportOptions; gives: Import };
  "GET /imports/{id}/errors": { takes: undefined; gives: unknown };
  "POST /imports/{id}/cancel": { takes: undefined; gives: Import };
  "POST /workbooks": { takes: unknown; gives: Workbook };
  "POST /workbooks/{id}/run": { takes: WorkbookPlan; gives: WorkbookMade };
  "GET /export/{object}.csv": { takes: undefined; gives: unknown };
  "GET /export/{object}.xlsx": { takes: undefined; gives: unknown };
  "GET /export/{object}.jsonl": { takes: undefined; gives: unknown };
  "GET /exports": { takes: undefined; gives: ExportList };
  "POST /files": { takes: unknown; gives: FileInfo };
  "GET /files": { takes: undefined; gives: FileInfoList };
  "GET /files/{id}": { takes: undefined; gives: unknown };
  "GET /packs": { takes: undefined; gives: PackList };
  "GET /packs/export": { takes: undefined; gives: unknown };
  "POST /packs/plan": { takes: PackChoice; gives: PackPlan };
  "POST /packs/apply": { takes: PackApply; gives: PackDone };
  "POST /packs/{pack}/undo": { takes: undefined; gives: PackDone };
  "GET /webhooks": { takes: undefined; gives: WebhookList };
  "POST /webhooks": { takes: WebhookChange; gives: Webhook };
  "PATCH /webhooks/{id}": { takes: WebhookChange; gives: Webhook };
  "DELETE /webhooks/{id}": { takes: undefined; gives: undefined };
  "GET /webhooks/{id}/deliveries": { takes: undefined; gives: DeliveryList };
  "POST /webhooks/{id}/test": { takes: Free; gives: WebhookAnswer };
  "GET /openapi.json": { takes: undefined; gives: Free };
  "POST /test/clock": { takes: Partial<Clock>; gives: Clock };
}
