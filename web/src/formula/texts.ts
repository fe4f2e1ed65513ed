import { texts } from "@/base/i18n.ts";

export const t = texts("formula", {
  formula: ["公式", "Formula"],
  hint: ["输入字段名、拼音首字母或函数", "Type a field, its label or a function"],
  ok: ["写法正确", "Well formed"],
  checking: ["检查中", "Checking"],
  at: ["第 {n} 个字：{message}", "Character {n}: {message}"],
  not_boolean: ["这里需要一个是/否的条件，现在的结果是{type}", "A condition is needed here; this gives {type}."],
  use_hint: ["改成 {hint}", "Change to {hint}"],
  gives: ["结果：{type}", "Gives {type}"],
  value_on: ["在这条记录上", "for"],
  pick_record: ["选一条记录试算", "Pick a record to try it on"],
  no_value: ["空", "blank"],
  yes: ["是", "yes"],
  no: ["否", "no"],
  suggestions: ["可填入的内容", "Suggestions"],
  example: ["例", "e.g."],
  of_choice: ["选项", "choice"],
  of_function: ["函数", "function"],
  of_relation: ["相关记录", "records"],
  of_word: ["连接词", "word"],
  type_text: ["文字", "text"],
  type_number: ["数字", "a number"],
  type_money: ["金额", "an amount"],
  type_boolean: ["是/否", "yes or no"],
  type_date: ["日期", "a date"],
  type_datetime: ["时间", "a moment"],
  type_choice: ["选项", "a choice"],
  type_stage: ["阶段", "a stage"],
  type_pipeline: ["流程", "a pipeline"],
  type_object: ["对象", "an object"],
  type_reference: ["一条记录", "a record"],
  type_duration: ["时长", "a span of time"],
  type_blank: ["空", "blank"],
});

const KNOWN = new Set(["text", "number", "money", "boolean", "date", "datetime", "choice", "stage", "pipeline", "object", "reference", "duration", "blank"]);
export const typeText = (type: string) => (KNOWN.has(type) ? t(`type_${type as "text"}`) : type);
