import type { FieldType } from "../field.ts";
import { ReferenceInput, ReferenceView } from "../reference/index.tsx";

export const team: FieldType = { View: ReferenceView, Input: ReferenceInput, ops: ["in", "not_in", "blank", "not_blank"], width: 140 };
