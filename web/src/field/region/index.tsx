import { type FieldType, TEXT_OPS } from "../field.ts";
import { TextInput, TextView } from "../text/index.tsx";

export const region: FieldType = { View: TextView, Input: TextInput, ops: ["is", "is_not", ...TEXT_OPS.filter((op) => op !== "is" && op !== "is_not")], width: 150 };
