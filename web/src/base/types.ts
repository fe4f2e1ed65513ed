/*
 * The nouns of the API as the web sees them: the server's own shapes (api.gen.ts, made from its
 * openapi.json), narrowed where the web knows more, and what GET /app says, which is pack data.
 * Values travel as JSON: money and numbers with decimals as strings, times as RFC 3339, null is blank.
 */
import type * as gen from "./api.gen.ts";

export type {
  Counts, DemoLogin, FileInfo, Label, MeasureDef, MeasureScope, Message, PipelineDef, Relation, Settings, Task,
} from "./api.gen.ts";
type Label = gen.Label;

export type Value = string | number | boolean | null | string[];

export interface Row extends gen.Row {
  [field: string]: Value;
}

export type FieldTypeName =
  | "text" | "long_text" | "integer" | "number" | "money" | "boolean" | "date" | "datetime"
  | "choice" | "person" | "team" | "reference" | "file" | "phone" | "mail" | "region"
  | "auto_number" | "formula" | "lookup" | "rollup" | "many_to_many" | "sub_table"
  | "multi_choice" | "duration" | "url" | "rich_text" | "geo" | "barcode"
  | "signature" | "percent";

export type Choice = gen.Choice;

type Known<T> = { [Key in keyof T as string extends Key ? never : Key]: T[Key] };

export type FieldDef = Omit<Known<gen.FieldDef>, "type" | "result" | "min" | "max" | "default"> & {
  type: FieldTypeName;
  result?: FieldTypeName;
  min?: string | number;
  max?: string | number;
  default?: Value;
};

export type FieldState = gen.FieldState;
export type FormState = gen.FormState;

export type ObjectDef = Omit<Known<gen.ObjectDef>, "id" | "fields"> & { id?: string; fields: FieldDef[] };

export type StageDef = Known<gen.StageDef>;
export type StageKind = StageDef["kind"];
export type ObjectPermission = Partial<gen.Permission>;

export type Me = gen.Me;

export type LevelName = "yellow" | "orange" | "red";

export interface Page<T> {
  items: T[];
  next: string | null;
  count?: number;
  count_capped?: boolean;
}

export type Alert = gen.Alert;
export type View = Known<gen.View>;
export type ViewHistory = gen.ViewHistory;
export type Layout = gen.View["layout"];
export type ViewColor = Known<gen.ViewColor>;
export type FieldError = Omit<gen.Fault, "needs"> & {
  needs?: { field?: string; object?: string; relation?: string; preset?: Record<string, Value> };
};
export type Move = Omit<gen.MoveOption, "errors"> & { errors?: FieldError[] };
export type HistoryItem = Omit<gen.HistoryItem, "changes"> & {
  changes: (Omit<gen.HistoryChange, "old" | "new"> & { old: Value; new: Value })[];
};
export type Measure = gen.Measure;

/* ---- GET /app: what the pack says about the screens ---- */

export interface NavItem {
  screen: string;
  object?: string;
  icon?: string;
  label?: Label;
  layout?: Layout;
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
  files?: string;
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

export interface ObjectConfig {
  columns?: string[];
  phone?: { sub?: string; right?: string };
  order?: string;
  level?: string;
  level_since?: string;
  board?: { title?: string; sub?: string; amount?: string; due?: string; promise?: string };
  timeline?: TimelineConfig;
  card?: CardConfig;
  /* The view a phone opens with; elsewhere it is the role's, or all. */
  phone_view?: string;
}

/* How a record is laid out: configuration of its own, changed by clicking. */
export type LayoutSection = Known<gen.LayoutSection>;
export type LayoutDef = Omit<Known<gen.Layout>, "sections"> & { sections: LayoutSection[] };

export interface AppConfig {
  title?: Label;
  home: string;
  /* A few records to try things with. */
  sample?: { object: string; id: string; values: Record<string, Value | Label> }[];
  nav: NavItem[];
  tabs?: (NavItem | { log: true })[];
  search?: string[];
  log?: LogConfig;
  objects?: Record<string, ObjectConfig>;
  /* By object, as the person's role has them. */
  layouts?: Record<string, LayoutDef>;
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
