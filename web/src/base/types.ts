/*
 * The nouns of the API as the web sees them (spec: interfaces; shapes of GET /app are pack data).
 * Values travel as JSON: money and numbers with decimals as strings, times as RFC 3339, null is blank.
 */
export interface Label {
  zh: string;
  en: string;
}

export type Value = string | number | boolean | null | string[];

export interface Row {
  id: string;
  version: number;
  [field: string]: Value;
}

export type FieldTypeName =
  | "text" | "long_text" | "integer" | "number" | "money" | "boolean" | "date" | "datetime"
  | "choice" | "person" | "team" | "reference" | "file" | "phone" | "mail" | "region"
  | "auto_number" | "formula";

export interface Choice {
  name: string;
  label: Label;
  color?: string;
}

export interface FieldDef {
  name: string;
  type: FieldTypeName;
  label: Label;
  help?: Label;
  title?: boolean;
  required?: boolean;
  unique?: boolean;
  readonly?: boolean;
  stored?: boolean;
  system?: boolean;
  result?: FieldTypeName;
  to?: string;
  choices?: Choice[];
  scale?: number;
  min?: string | number;
  max?: string | number;
  size_max?: number;
  default?: Value;
  formula?: string;
}

export interface Relation {
  name: string;
  object: string;
  field: string;
  label?: Label;
}

export interface ObjectDef {
  id?: string;
  name: string;
  label: Label;
  label_plural?: Label;
  icon?: string;
  title_field: string;
  pipeline: boolean;
  fields: FieldDef[];
  relations: Relation[];
}

export type StageKind = "open" | "won" | "lost";

export interface StageDef {
  name: string;
  label: Label;
  kind: StageKind;
  optional?: boolean;
  probability?: string | number;
  stall?: { yellow?: string; orange?: string; red?: string };
}

export interface PipelineDef {
  name: string;
  label: Label;
  object: string;
  default?: boolean;
  stages: StageDef[];
}

export interface ObjectPermission {
  create?: boolean;
  read?: boolean;
  update?: boolean;
  delete?: boolean;
  export?: boolean;
  import?: boolean;
  assign?: boolean;
}

export interface Me {
  user: {
    id: string;
    login: string;
    name: string;
    role: string;
    role_label?: Label;
    team?: string | null;
    team_name?: string | null;
    region?: string | null;
  };
  workspace: { company: string; zone: string; currency: string; demo?: boolean };
  now: string;
  csrf?: string;
  version?: string;
  permissions: {
    admin?: boolean;
    configure?: boolean;
    skip_stage?: boolean;
    intervene?: boolean;
    import?: boolean;
    export?: boolean;
    objects: Record<string, ObjectPermission>;
  };
}

export interface Counts {
  unread: number;
  tasks: number;
  alerts: { yellow: number; orange: number; red: number };
}

export type LevelName = "yellow" | "orange" | "red";

export interface Page<T> {
  items: T[];
  next: string | null;
  count?: number;
  count_capped?: boolean;
}

export interface Task {
  id: string;
  kind: string;
  title: string;
  object: string | null;
  record: string | null;
  record_title?: string;
  assignee: string;
  due_at: string | null;
  done_at: string | null;
  outcome: string | null;
  level?: LevelName | null;
  alert?: string | null;
  created_at?: string;
  source?: { object: string; id: string } | null;
  card?: Record<string, Value>;
}

export interface Alert {
  id: string;
  rule: string;
  object: string;
  record: string;
  record_title?: string;
  level: LevelName;
  owner: string;
  owner_name?: string;
  opened_at: string;
  level_at?: string;
  respond_by?: string | null;
  levels: Record<LevelName, string | null>;
  first_response_at: string | null;
  cleared_at: string | null;
  cleared_by: string | null;
  interventions: { id: string; kind: string; text: string; by: string; by_name?: string; at: string }[];
}

export interface Message {
  id: string;
  level: LevelName | null;
  rule: string | null;
  object: string | null;
  record: string | null;
  title: string;
  body: string;
  created_at: string;
  read_at: string | null;
}

export interface View {
  id: string;
  object: string;
  name: string;
  layout: "grid" | "board";
  where: string;
  order: string;
  columns: string[];
  widths?: Record<string, number>;
  pipeline?: string;
  shared: "me" | "team" | "all";
  owner: string;
  owner_name?: string;
  can_edit?: boolean;
}

export interface HistoryItem {
  version: number;
  at: string;
  by: string | null;
  by_name: string | null;
  kind: "create" | "update" | "move" | "delete" | "restore";
  changes: { field: string; old: Value; new: Value; old_label?: string; new_label?: string }[];
}

export interface Move {
  stage: string;
  move: "forward" | "skip" | "back" | "win" | "lose";
  allowed: boolean;
  reason_required?: boolean;
  errors?: FieldError[];
}

export interface FieldError {
  field?: string | null;
  code: string;
  message: string;
  gate?: string;
  needs?: { field?: string; object?: string; relation?: string; preset?: Record<string, Value> };
  position?: number;
  length?: number;
  hint?: string;
}

export interface Measure {
  measure: string;
  scope: string;
  from: string;
  to: string;
  value: number | null;
  numerator: number | null;
  denominator: number | null;
  parts?: { measure: string; value: number | null; weight: number }[];
  series?: { from: string; to: string; value: number | null; numerator: number | null; denominator: number | null }[];
  records?: { object: string; id: string }[];
}

export interface MeasureDef {
  name: string;
  label: Label;
  help?: Label;
  unit: "fraction" | "score" | "number" | "hours" | "days" | "money";
  baseline?: number;
  better?: "up" | "down";
}

/* ---- GET /app: what the pack says about the screens ---- */

export interface NavItem {
  screen: string;
  object?: string;
  icon?: string;
  label?: Label;
  layout?: "grid" | "board";
}

export interface LogConfig {
  object: string;
  label: Label;
  targets: { field: string; object: string; derive?: Record<string, string> }[];
  recent_order?: string;
  fields: Partial<Record<
    "at" | "method" | "conclusion" | "kind" | "next_action" | "due" | "obstacle" | "substantive" | "files",
    string
  >>;
  icons?: Record<string, string>;
  chips?: {
    conclusion?: { text: Label; kind?: string }[];
    next_action?: Label[];
    due?: { label: Label; days?: number; weekday?: number; time: string }[];
  };
  substance?: { min: number; filler: string[]; hint: Label };
}

export interface TimelineConfig {
  relation: string;
  at?: string;
  by?: string;
  method?: string;
  text?: string;
  next?: string;
  next_due?: string;
  obstacle?: string;
  substantive?: string;
}

export interface CardConfig {
  sub?: string;
  amount?: string;
  quote?: string;
  quote_at?: string;
  promise?: string;
  promise_due?: string;
  phone?: string;
}

export interface BuiltinView {
  name: string;
  label: Label;
  where?: string;
  order?: string;
  columns?: string[];
}

export interface ObjectConfig {
  columns?: string[];
  phone?: { sub?: string; right?: string };
  order?: string;
  level?: string;
  level_since?: string;
  summary?: string[];
  sections?: { label: Label; fields: string[] }[];
  create?: string[];
  board?: { title?: string; sub?: string; amount?: string; due?: string; promise?: string };
  timeline?: TimelineConfig;
  related?: string[];
  card?: CardConfig;
  views?: BuiltinView[];
}

export interface AppConfig {
  title?: Label;
  home: string;
  nav: NavItem[];
  tabs?: (NavItem | { log: true })[];
  search?: string[];
  log?: LogConfig;
  objects?: Record<string, ObjectConfig>;
  today?: {
    measures?: string[];
    appointments?: { object: string; due: string; done: string; title: string; record?: string };
    closed?: { object: string; at: string; title: string; amount?: string };
  };
  alerts?: {
    interventions?: { kind: string; label: Label; icon?: string; text?: Label }[];
    respond_hours?: number;
  };
}

export interface DemoLogin {
  login: string;
  password: string;
  role: string;
  role_label?: Label;
  name: string;
  hint?: Label;
}
