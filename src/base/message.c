/*
 * Every sentence the engine says to a person. One row per key: what happened
 * and what to do, in words without jargon. {name} is replaced from the
 * arguments of the error, {field} by the field it blames.
 *
 * Rows stand in groups by the part before the dot; their order means nothing.
 * They are found through a hash index built at the first question.
 */
#include "base/message.h"

#include <assert.h>
#include <pthread.h>

#include "base/buf.h"

enum { INDEX_SIZE = 4096, TEXT_SIZE_MAX = 16 * 1024 };

/* clang-format off */
static const struct message messages[] = {
    /* What came in could not be read at all. */
    { "json.malformed",
      "提交的内容不是有效的 JSON（第 {line} 行第 {column} 列：{reason}），请检查后重新提交。",
      "The content is not valid JSON (line {line}, column {column}: {reason}). "
      "Fix it and send it again." },
    { "json.not_map",
      "提交的内容应该是一个 JSON 对象，请检查格式后重新提交。",
      "The content must be a JSON object. Check its form and send it again." },
    { "request.malformed",
      "请求的格式有误，无法读取。请检查后重试。",
      "The request could not be read. Check it and try again." },
    { "request.not_utf8",
      "内容的编码不是 UTF-8。请另存为 UTF-8 编码后再试。",
      "The text is not UTF-8. Save it as UTF-8 and try again." },
    { "request.too_large",
      "提交的内容太大，最多 {max}。请减少内容或分几次提交。",
      "The content is too large; the limit is {max}. Send less, or in several parts." },
    { "request.unsupported",
      "不支持这种内容类型，请使用 {expected}。",
      "This content type is not supported. Use {expected}." },
    { "http.query_malformed",
      "网址中的参数“{field}”编码有误，请按 UTF-8 百分号编码后重试。",
      "The parameter “{field}” in the address is badly encoded. Percent-encode it as UTF-8." },
    { "multipart.malformed",
      "上传的表单内容不完整或格式有误，请重新上传。",
      "The uploaded form is incomplete or badly formed. Upload it again." },
    { "multipart.too_many_parts",
      "一次最多上传 {max} 项，请分几次上传。",
      "At most {max} parts can be uploaded at once. Upload them in several goes." },
    { "route.not_found",
      "没有这个地址。请检查链接是否完整。",
      "There is nothing at this address. Check the link." },
    { "route.method",
      "这个地址不支持 {method} 操作，可用的是 {allowed}。",
      "This address does not take {method}; it takes {allowed}." },

    /* One field of a form. */
    { "field.required",
      "“{field}”还没有填写，请补上。",
      "“{field}” is missing. Fill it in." },
    { "field.unknown",
      "没有名为“{field}”的字段。请检查拼写，或联系管理员添加。",
      "There is no field “{field}”. Check the spelling, or ask an administrator to add it." },
    { "field.not_text",
      "“{field}”应该是文字。",
      "“{field}” must be text." },
    { "field.not_number",
      "“{field}”应该是数字，例如 12.5。",
      "“{field}” must be a number, such as 12.5." },
    { "field.not_integer",
      "“{field}”应该是整数，例如 12。",
      "“{field}” must be a whole number, such as 12." },
    { "field.not_money",
      "“{field}”应该是金额，最多两位小数，例如 1280.50。",
      "“{field}” must be an amount with at most two decimals, such as 1280.50." },
    { "field.not_date",
      "“{field}”应该是日期，例如 2026-03-02。",
      "“{field}” must be a date, such as 2026-03-02." },
    { "field.not_time",
      "“{field}”应该是日期和时间，例如 2026-03-02 09:30。",
      "“{field}” must be a date and time, such as 2026-03-02 09:30." },
    { "field.not_boolean",
      "“{field}”只能是“是”或“否”。",
      "“{field}” must be yes or no." },
    { "field.not_choice",
      "“{field}”没有“{value}”这个选项，请从列表中选择。",
      "“{field}” has no choice “{value}”. Pick one from the list." },
    { "field.not_reference",
      "“{field}”指向的记录不存在，或您无权查看。请重新选择。",
      "The record named in “{field}” does not exist or is not visible to you. Pick another one." },
    { "field.not_phone",
      "“{field}”不是有效的电话号码，请填写手机号或带区号的座机号。",
      "“{field}” is not a phone number. Enter a mobile number, or a landline with its area code." },
    { "field.not_mail",
      "“{field}”不是有效的邮箱地址，例如 name@example.com。",
      "“{field}” is not a mail address, such as name@example.com." },
    { "field.not_list",
      "“{field}”应该是一个列表。",
      "“{field}” must be a list." },
    { "field.too_long",
      "“{field}”太长，最多 {max} 个字，请精简。",
      "“{field}” is too long; at most {max} characters. Shorten it." },
    { "field.too_short",
      "“{field}”太短，至少 {min} 个字，请补充。",
      "“{field}” is too short; at least {min} characters. Add to it." },
    { "field.too_small",
      "“{field}”不能小于 {min}。",
      "“{field}” must be at least {min}." },
    { "field.too_large",
      "“{field}”不能大于 {max}。",
      "“{field}” must be at most {max}." },
    { "field.too_many",
      "“{field}”最多 {max} 项，请减少。",
      "“{field}” takes at most {max} items. Remove some." },
    { "field.read_only",
      "“{field}”不能修改。",
      "“{field}” cannot be changed." },
    { "field.computed",
      "“{field}”由系统自动计算，不能直接填写。",
      "“{field}” is computed and cannot be filled in." },
    { "field.not_unique",
      "已有记录的“{field}”与此相同。请查找已有记录，或换一个值。",
      "Another record already has this “{field}”. Look for that record, or use another value." },
    { "field.control",
      "“{field}”含有看不见的控制字符，请删除后重新填写。",
      "“{field}” holds invisible control characters. Remove them and enter it again." },
    { "field.not_decimal",
      "“{field}”应该是数字，最多 {scale} 位小数，例如 12.5。",
      "“{field}” must be a number with at most {scale} decimals, such as 12.5." },
    { "field.not_percent",
      "“{field}”应该是百分比，例如 25% 或 0.25。",
      "“{field}” must be a percentage, such as 25% or 0.25." },
    { "field.not_id",
      "“{field}”应该是一条记录的标识（UUID）。",
      "“{field}” must be the id of a record (a UUID)." },
    { "field.not_json",
      "“{field}”不是有效的 JSON。",
      "“{field}” is not valid JSON." },
    { "field.not_region",
      "“{field}”没有行政区划代码“{value}”，请填写地区名称或六位代码。",
      "“{field}”: there is no region code “{value}”. Enter a name or a six-digit code." },
    { "field.denied",
      "您无权填写“{field}”。如有需要请联系管理员。",
      "You may not change “{field}”. Ask an administrator if you need to." },

    /* Records and access. */
    { "record.not_found",
      "没有找到这条记录：它可能已被删除，或您无权查看。",
      "There is no such record: it may have been deleted, or is not visible to you." },
    { "record.stale",
      "这条记录刚被别人修改过。请刷新，看过最新内容后再保存。",
      "Somebody changed this record first. Reload it, look at what changed and save again." },
    { "record.duplicate",
      "这条记录与已有记录重复，请使用已有的记录。",
      "This record already exists. Use the existing one." },
    { "access.denied",
      "您没有权限执行此操作。如有需要请联系主管或管理员。",
      "You may not do this. Ask your supervisor or an administrator." },
    { "access.login",
      "请先登录。",
      "Log in first." },
    { "access.csrf",
      "页面已过期，请刷新后重试。",
      "This page is out of date. Reload it and try again." },
    { "session.bad_login",
      "账号或密码不正确，请重新输入。",
      "The account or the password is wrong. Try again." },
    { "session.rate",
      "尝试次数过多，请在 {seconds} 秒后再试。",
      "Too many attempts. Try again in {seconds} seconds." },
    { "session.expired",
      "登录已过期，请重新登录。",
      "Your session has ended. Log in again." },
    { "request.rate",
      "操作太频繁，请稍后再试。",
      "Too many requests. Try again in a moment." },

    /* Files with tables. */
    { "ingest.file_unreadable",
      "无法读取这个文件。请检查文件是否存在、是否完整，然后重新上传。",
      "The file could not be read. Check that it exists and is complete, then try again." },
    { "ingest.file_empty",
      "文件是空的。请选择有内容的文件。",
      "The file is empty. Choose one with content." },
    { "ingest.file_large",
      "文件超过 {limit} MB。请拆成几个文件分别导入。",
      "The file is larger than {limit} MB. Split it and import the parts." },
    { "ingest.xls_old",
      "这是旧版 .xls 文件或加了密码的文件。请在表格软件中去掉密码，另存为 .xlsx 后再试。",
      "This is an old .xls file or one with a password. Save it as .xlsx without a password." },
    { "ingest.encoding",
      "第 {row} 行附近的文字编码无法识别。请另存为 UTF-8 编码的 CSV 或 .xlsx 后再试。",
      "The text near row {row} is in an unknown encoding. Save as CSV UTF-8 or .xlsx." },
    { "ingest.nul",
      "第 {row} 行 {column} 列含有非文本数据，这不是有效的 CSV 文件。请重新导出，或改用 .xlsx。",
      "Row {row}, column {column} holds binary data: not a CSV file. Export it again or use "
      ".xlsx." },
    { "ingest.quote_open",
      "第 {row} 行 {column} 列的引号没有结束。请补上右引号后再试。",
      "A quotation mark in row {row}, column {column} is never closed. Close it and try again." },
    { "ingest.cell_long",
      "第 {row} 行 {column} 列的文字超过 {limit} 字节。请缩短文字，或检查是否有引号没有结束。",
      "Row {row}, column {column} is longer than {limit} bytes. Shorten it, or close an open "
      "quote." },
    { "ingest.columns_many",
      "第 {row} 行超过 {limit} 列。请删除不需要的列后再试。",
      "Row {row} has more than {limit} columns. Remove those that are not needed." },
    { "ingest.rows_many",
      "文件超过 {limit} 行。请拆成几个文件分别导入。",
      "The file has more than {limit} rows. Split it and import the parts." },
    { "ingest.header_missing",
      "没有找到标题行。请让第一行写各列的名称，下面各行写数据。",
      "No header row was found. Put the names of the columns into the first row." },
    { "ingest.sheet_missing",
      "文件中没有这个工作表。请重新选择。",
      "The file has no such sheet. Choose another one." },
    { "ingest.strings_large",
      "文件中的文字合计超过 {limit} MB。请拆成几个文件分别导入。",
      "The texts in the file are larger than {limit} MB in all. Split it and import the parts." },
    { "ingest.xlsx_malformed",
      "这个 .xlsx 文件已损坏（{part}）。请在表格软件中打开并另存后再试。",
      "This .xlsx file is damaged ({part}). Open it in a spreadsheet program and save it again." },
    { "ingest.xlsx_cell",
      "第 {row} 行 {column} 列的数据已损坏。请在表格软件中打开并另存后再试。",
      "The data in row {row}, column {column} is damaged. Open the file and save it again." },
    { "ingest.xlsx_encrypted",
      "这个文件加了密码。请去掉密码后再试。",
      "The file has a password. Remove the password and try again." },
    { "ingest.xlsx_bomb",
      "文件解压后大得不正常，已拒绝读取。请在表格软件中另存为新文件后再试。",
      "The file unpacks to an abnormal size and was refused. Save it as a new file and try "
      "again." },
    { "ingest.xlsx_entries",
      "文件内部的部件超过 {limit} 个，已拒绝读取。请在表格软件中另存为新文件后再试。",
      "The file has more than {limit} inner parts and was refused. Save it as a new file." },
    { "ingest.xlsx_dtd",
      "文件含有不允许的内容（{part} 中的文档类型声明），已拒绝读取。",
      "The file holds forbidden content (a document type in {part}) and was refused." },
    { "table.rows_many",
      "要导出的数据超过 {limit} 行。请先用筛选减少数据，再导出。",
      "There are more than {limit} rows to export. Narrow them down with a filter first." },

    /* Objects, fields and pipelines as somebody defines them; {field} is the property's place. */
    { "schema.name",
      "{field}：名称只能用小写英文字母、数字和下划线，以字母开头，最多 50 个字符。",
      "{field}: a name has lower-case letters, digits and underscores, begins with a letter and "
      "has at most 50 characters." },
    { "schema.name_reserved",
      "{field}：这个名称由系统保留，请换一个。",
      "{field}: this name is reserved. Choose another one." },
    { "schema.duplicate",
      "{field}：这个名称已经用过，请换一个。",
      "{field}: this name is taken. Choose another one." },
    { "schema.type_unknown",
      "{field}：没有这种字段类型，请从列表中选择。",
      "{field}: there is no such field type. Pick one from the list." },
    { "schema.type_change",
      "{field}：已有数据的字段不能改成这种类型。请新建一个字段，再移除旧字段。",
      "{field}: an existing field cannot become of this kind. Add a new field and remove this "
      "one." },
    { "schema.to_missing",
      "{field}：请指定引用哪个对象。",
      "{field}: say which object is referred to." },
    { "schema.no_such_object",
      "{field}：没有名为“{name}”的对象。请检查拼写，或先创建它。",
      "{field}: there is no object “{name}”. Check the spelling, or create it first." },
    { "schema.no_such_field",
      "{field}：没有名为“{name}”的字段。请检查拼写，或先添加它。",
      "{field}: there is no field “{name}”. Check the spelling, or add it first." },
    { "schema.not_text",
      "{field}：应该是文字。",
      "{field} must be text." },
    { "schema.not_boolean",
      "{field}：应该是 true 或 false。",
      "{field} must be true or false." },
    { "schema.not_list",
      "{field}：应该是一个列表。",
      "{field} must be a list." },
    { "schema.not_map",
      "{field}：应该是一个 JSON 对象。",
      "{field} must be a JSON object." },
    { "schema.not_label",
      "{field}：应该是文字，或者 {\"zh\": …, \"en\": …}。",
      "{field} must be text, or {\"zh\": …, \"en\": …}." },
    { "schema.too_long",
      "{field}：太长，请缩短。",
      "{field} is too long. Shorten it." },
    { "schema.too_many",
      "{field}：数量超过上限，请减少。",
      "{field}: there are too many. Remove some." },
    { "schema.scale",
      "{field}：小数位数应该在 0 到 6 之间。",
      "{field}: the number of decimals is between 0 and 6." },
    { "schema.size_max",
      "{field}：最大长度应该在 1 到 {max} 之间。",
      "{field}: the greatest length is between 1 and {max}." },
    { "schema.bound",
      "{field}：应该是一个符合小数位数的数字。",
      "{field} must be a number with the field's decimals." },
    { "schema.bounds",
      "{field}：最小值不能大于最大值。",
      "{field}: the least value must not be above the greatest." },
    { "schema.choices",
      "{field}：请列出选项。",
      "{field}: list the choices." },
    { "schema.choice_name",
      "{field}：选项需要一个名称，最多 200 个字。",
      "{field}: a choice needs a name of at most 200 characters." },
    { "schema.formula_missing",
      "{field}：请填写公式。",
      "{field}: enter a formula." },
    { "schema.formula_not_allowed",
      "{field}：这种字段不能设置这一项。",
      "{field}: this kind of field cannot have it." },
    { "schema.result_missing",
      "{field}：保存计算结果的公式字段要指明结果的类型，例如 \"number\"。",
      "{field}: a formula whose value is kept must name its result's type, such as \"number\"." },
    { "schema.needs_stored",
      "{field}：只有保存在表中的字段才能这样设置；公式字段请先设为保存。",
      "{field}: only a field that is kept in the table can have this; store the formula first." },
    { "schema.pattern",
      "{field}：编号格式应含有一段 {000000}，可含 {yyyy}、{mm}、{dd}，例如 SJ-{yyyy}-{000000}。",
      "{field}: a number pattern has one {000000} and may have {yyyy}, {mm}, {dd}, such as "
      "SJ-{yyyy}-{000000}." },
    { "schema.two_titles",
      "{field}：只能有一个标题字段。",
      "{field}: there can be only one title field." },
    { "schema.search",
      "{field}：字段“{name}”不是保存的文字，不能用于搜索。",
      "{field}: “{name}” is not a stored text and cannot be searched." },
    { "schema.inherit",
      "{field}：字段“{name}”不是引用，不能沿它继承可见范围。",
      "{field}: “{name}” is not a reference; sight cannot be inherited along it." },
    { "schema.not_unique",
      "{field}：已有记录的值重复，不能设为唯一。请先清理重复的记录。",
      "{field}: records have equal values already. Clean them up before making it unique." },
    { "schema.builtin",
      "这是系统对象，不能改名、移除或这样修改。",
      "This belongs to the system: it cannot be renamed, removed or changed like this." },
    { "schema.in_use",
      "“{name}”还在使用它，不能移除。请先修改“{name}”。",
      "“{name}” still uses it. Change “{name}” first." },
    { "schema.not_found",
      "没有这项配置，可能已被移除。",
      "There is no such configuration; it may have been removed." },
    { "schema.pipeline_in_use",
      "已有记录在流程中，不能关闭流程。",
      "Records run through the pipeline; it cannot be switched off." },
    { "schema.no_pipeline",
      "{field}：这个对象没有启用流程，请先在对象上启用。",
      "{field}: this object has no pipelines. Switch them on for the object first." },
    { "schema.pipeline_object",
      "{field}：流程不能换到另一个对象。请为那个对象新建流程。",
      "{field}: a pipeline cannot move to another object. Make a new one there." },
    { "schema.stage_kind",
      "{field}：阶段类型应该是 open、won 或 lost。",
      "{field} must be open, won or lost." },
    { "schema.stage_kinds",
      "{field}：至少要有一个进行中的阶段、一个赢单阶段和一个输单阶段。",
      "{field}: there must be at least one open, one won and one lost stage." },
    { "schema.stage_order",
      "{field}：进行中的阶段要排在赢单和输单之前。",
      "{field}: open stages come before the won and lost ones." },
    { "schema.stage_in_use",
      "{field}：还有记录停在这里，不能移除。请先把记录移到别的阶段。",
      "{field}: records stand here. Move them to another stage first." },
    { "schema.probability",
      "{field}：概率应该在 0 到 1 之间，例如 0.3。",
      "{field} must be between 0 and 1, such as 0.3." },
    { "schema.duration",
      "{field}：时长应该写成 48h、5d 这样的形式。",
      "{field}: write durations like 48h or 5d." },
    { "schema.stall_order",
      "{field}：时长要按黄、橙、红依次变长。",
      "{field}: the durations must grow from yellow to orange to red." },
    { "schema.gate_empty",
      "{field}：关卡需要一个公式，或者指明需要的字段或对象。",
      "{field}: a gate needs a formula, or the field or object it asks for." },
    { "gate.needs_field",
      "请先填写“{name}”。",
      "Fill in “{name}” first." },
    { "gate.needs",
      "请先完成“{name}”。",
      "Complete “{name}” first." },
    { "value.yes", "是", "Yes" },
    { "value.no", "否", "No" },

    /* Formulas. kind_* are the names of kinds inside the others; a hint follows its sentence. */
    { "formula.arity",
      "函数 {word} 的参数个数不对。",
      "{word} has the wrong number of arguments." },
    { "formula.chained",
      "比较不能连着写，请用 AND 连接，例如 a < b AND b < c。",
      "Comparisons cannot be chained. Join them with AND: a < b AND b < c." },
    { "formula.character",
      "这里不能用字符“{word}”。",
      "The character “{word}” has no meaning here." },
    { "formula.close_bracket",
      "这里多了一个右括号。",
      "There is a closing bracket too many here." },
    { "formula.constant",
      "“{word}”这里要直接写一个数字，不能由字段算出；并且只能是允许的值。",
      "“{word}” must be written as a plain number here, and be one of those allowed." },
    { "formula.cycle",
      "公式互相引用，成了循环：{word}。请去掉其中一个引用。",
      "The formulas refer to each other in a circle: {word}. Remove one of the references." },
    { "formula.empty",
      "公式是空的，请填写。",
      "The formula is empty. Write one." },
    { "formula.ended",
      "公式还没有写完。",
      "The formula ends too early." },
    { "formula.hint",
      "可以试试：{hint}",
      "Try: {hint}" },
    { "formula.kind_blank",
      "空值",
      "nothing" },
    { "formula.kind_boolean",
      "是/否（条件）",
      "yes or no (a condition)" },
    { "formula.kind_choice",
      "选项",
      "a choice" },
    { "formula.kind_date",
      "日期",
      "a date" },
    { "formula.kind_datetime",
      "日期时间",
      "a date and time" },
    { "formula.kind_duration",
      "时长",
      "a duration" },
    { "formula.kind_id",
      "指向记录的引用",
      "a reference to a record" },
    { "formula.kind_number",
      "数字",
      "a number" },
    { "formula.kind_object",
      "对象",
      "an object" },
    { "formula.kind_pipeline",
      "流程",
      "a pipeline" },
    { "formula.kind_stage",
      "阶段",
      "a stage" },
    { "formula.kind_text",
      "文字",
      "text" },
    { "formula.no_change",
      "{word} 只能用在规则、准入条件和校验里。",
      "{word} can only be used in rules, gates and validations." },
    { "formula.no_choice",
      "没有“{word}”这个选项。",
      "There is no choice “{word}”." },
    { "formula.no_clock",
      "{word} 会随时间变化，不能用在保存下来的公式里。",
      "{word} changes with time and cannot be used in a stored formula." },
    { "formula.no_date",
      "“{word}”不是日期，请写成 \"2026-03-02\"。",
      "“{word}” is not a date. Write it like \"2026-03-02\"." },
    { "formula.no_field",
      "没有名为“{word}”的字段。",
      "There is no field “{word}”." },
    { "formula.no_function",
      "没有名为“{word}”的函数。",
      "There is no function “{word}”." },
    { "formula.no_id",
      "“{word}”不是记录编号。引用要与记录编号比较，或比较它的字段，例如 owner.name。",
      "“{word}” is not a record id. Compare a reference with an id, or compare one of "
      "its fields, such as owner.name." },
    { "formula.no_order",
      "“{word}”没有大小之分，只能用 =、<> 或 IN 比较。",
      "“{word}” has no order. Compare it with =, <> or IN." },
    { "formula.no_path",
      "“{word}”不是引用，后面不能再跟字段。",
      "“{word}” is not a reference; no field can follow it." },
    { "formula.no_person",
      "{word} 因人而异，不能用在保存下来的公式里。",
      "{word} depends on who asks and cannot be used in a stored formula." },
    { "formula.no_result",
      "公式的结果放不进字段“{word}”，请为字段指定结果类型。",
      "The formula's result does not fit the field “{word}”. Give the field a result type." },
    { "formula.no_stage",
      "这个对象没有流程，不能用 {word}。",
      "This object has no pipeline, so {word} cannot be used." },
    { "formula.no_text",
      "引用“{word}”不能当文字用，请取它的字段。",
      "The reference “{word}” cannot be used as text. Take one of its fields." },
    { "formula.no_time",
      "“{word}”不是时间，请写成 \"2026-03-02 09:00\"。",
      "“{word}” is not a time. Write it like \"2026-03-02 09:00\"." },
    { "formula.not_aggregated",
      "“{word}”每条记录各有一个值，这里要用 SUM、COUNT、MIN、MAX 或 AVERAGE 汇总。",
      "“{word}” has a value for every record. Combine them with SUM, COUNT, MIN, MAX or "
      "AVERAGE." },
    { "formula.not_here",
      "{word} 不能用在这里。",
      "{word} cannot be used here." },
    { "formula.not_usable",
      "字段“{word}”不能用在公式里。",
      "The field “{word}” cannot be used in formulas." },
    { "formula.not_utf8",
      "公式的编码不是 UTF-8。",
      "The formula is not UTF-8." },
    { "formula.number_decimals",
      "数字“{word}”的小数太多，最多六位。",
      "The number “{word}” has too many decimals; six at most." },
    { "formula.number_size",
      "数字“{word}”太大。",
      "The number “{word}” is too large." },
    { "formula.open_brace",
      "左花括号没有对应的右花括号。",
      "A brace is opened and never closed." },
    { "formula.open_bracket",
      "左括号没有对应的右括号。",
      "A bracket is opened and never closed." },
    { "formula.open_quote",
      "引号没有成对，文字要用双引号括起来。",
      "A quotation mark is opened and never closed." },
    { "formula.own_field",
      "“{word}”要写成本记录自己的一个字段。",
      "“{word}” must be one of the record's own fields." },
    { "formula.path_depth",
      "“{word}”离得太远，最多沿四层引用。",
      "“{word}” is too far away; a path has at most four names." },
    { "formula.relation_alone",
      "“{word}”是多条相关记录，要放在 COUNT、SUM、LAST 等函数里。",
      "“{word}” are several records. Put them into COUNT, SUM, LAST or the like." },
    { "formula.relation_field",
      "“{word}”后面要写明取哪个字段。",
      "Say which field of “{word}” is meant." },
    { "formula.relation_wanted",
      "这里要写一种相关记录，“{word}”不是。",
      "Related records are wanted here, and “{word}” is not." },
    { "formula.sign",
      "这里不用“{word}”这种写法。",
      "“{word}” is not written this way here." },
    { "formula.stored",
      "公式“{word}”随时间或人变化，不能保存在记录里。",
      "The formula “{word}” depends on the time or on who asks, so it cannot be stored." },
    { "formula.stored_path",
      "保存的公式“{word}”只能用到本记录和与它直接相关的记录。",
      "The stored formula “{word}” may only use its own record and those directly "
      "related to it." },
    { "formula.too_deep",
      "公式嵌套太深，最多 {limit} 层。",
      "The formula is nested too deep; {limit} levels at most." },
    { "formula.too_long",
      "公式太长，最多 {limit} 个字节。",
      "The formula is too long; {limit} bytes at most." },
    { "formula.too_many",
      "公式太复杂，最多 {limit} 个部分（引用的公式也算在内）。",
      "The formula is too large; {limit} parts at most, those of formulas it uses included." },
    { "formula.type",
      "“{word}”应该是{expected}，但它是{found}。",
      "“{word}” should be {expected}, but it is {found}." },
    { "formula.unexpected",
      "这里不应出现“{word}”。",
      "“{word}” was not expected here." },

    /* Not the person's fault. */
    { "db.unique",
      "已有相同的记录，不能重复。请换一个值，或打开已有的记录。",
      "There is already one like this. Use another value, or open the existing record." },
    { "db.reference",
      "所引用的记录不存在，或者它仍被其他记录引用。请检查后重试。",
      "The record referred to does not exist, or other records still refer to it. Check and try "
      "again." },
    { "db.too_new",
      "数据库是更新版本的程序写的（版本 {version}，本程序只认识到 {known}）。请升级程序后再启动。",
      "The database was written by a newer program (version {version}, this one knows {known}). "
      "Upgrade the program." },
    { "db.too_large",
      "内容太大，无法保存或处理。请减少内容。",
      "This is too large to store or work on. Make it smaller." },
    { "db.too_many_rows",
      "结果太多，无法一次读取。请缩小范围。",
      "There is too much to read at once. Narrow it down." },
    { "db.backup_exists",
      "备份文件已经存在。请换一个文件名，或先移走旧文件。",
      "The backup file already exists. Choose another name or move the old file away." },
    { "query.too_slow",
      "这个查询用时过长，已停止。请缩小范围或简化条件。",
      "This query took too long and was stopped. Narrow it down or simplify its conditions." },
    { "query.overflow",
      "计算结果超出了可表示的范围。请缩小范围或检查数值。",
      "The result is too large a number. Narrow it down or check the values." },
    { "storage.failed",
      "数据暂时无法读取或保存，您的修改没有生效。请稍后重试；若仍不行，请联系管理员。",
      "The data cannot be read or saved at the moment; nothing was changed. Try again later, "
      "and tell an administrator if it goes on." },
    { "server.busy",
      "系统繁忙，请稍后重试。",
      "The system is busy. Try again in a moment." },
};
/* clang-format on */

enum { MESSAGE_COUNT = sizeof(messages) / sizeof(messages[0]) };

static struct {
    pthread_once_t once;
    short slots[INDEX_SIZE]; /* row + 1, 0: empty; open addressing */
} table = { PTHREAD_ONCE_INIT, { 0 } };

/* The slot of a key: the one it is in, or the empty one it would go to. */
static size_t slot_of(struct str key)
{
    size_t slot = str_hash(key) % INDEX_SIZE;
    while (table.slots[slot] != 0 && !str_is(key, messages[table.slots[slot] - 1].key)) {
        slot = (slot + 1) % INDEX_SIZE;
    }
    return slot;
}

static void table_build(void)
{
    static_assert(MESSAGE_COUNT < INDEX_SIZE / 2, "the index is too full");
    for (int i = 0; i < MESSAGE_COUNT; i++) {
        size_t slot = slot_of(str_of(messages[i].key));
        if (table.slots[slot] == 0) table.slots[slot] = (short)(i + 1);
    }
}

static const struct message *message_find(const char *key)
{
    pthread_once(&table.once, table_build);
    short row = table.slots[slot_of(str_of(key))];
    return row == 0 ? NULL : &messages[row - 1];
}

const struct message *message_at(int index)
{
    assert(index >= 0);
    return index < MESSAGE_COUNT ? &messages[index] : NULL;
}

/* ";q=0.5" in thousandths; 1000 when it is absent, 0 when it cannot be read. */
static int quality_parse(struct str options)
{
    size_t at = str_find(options, STR("q="));
    if (at == SIZE_MAX) return 1000;
    struct str number = str_trim(str_slice(options, at + 2, options.size));
    if (number.size == 0 || number.data[0] < '0' || number.data[0] > '1') return 0;
    int quality = (number.data[0] - '0') * 1000, weight = 100;
    for (size_t i = 2; i < number.size && weight > 0; i++, weight /= 10) {
        if (number.data[i] < '0' || number.data[i] > '9') return 0;
        quality += (number.data[i] - '0') * weight;
    }
    return quality;
}

enum language language_from_header(struct str accept_language)
{
    static const char *const names[LANGUAGE_COUNT] = { "zh", "en" };
    enum language best = LANGUAGE_ZH;
    int best_quality = 0;
    struct str part;
    while (str_split(&accept_language, ',', &part)) {
        struct str options = part, range, name;
        if (!str_split(&options, ';', &range)) continue;
        range = str_trim(range);
        if (!str_split(&range, '-', &name)) continue;
        for (int i = 0; i < LANGUAGE_COUNT; i++) {
            int quality = quality_parse(options);
            if (quality <= best_quality || !str_equal_nocase(name, str_of(names[i]))) continue;
            best = (enum language)i;
            best_quality = quality;
        }
    }
    return best;
}

static bool arg_find(struct str name, const struct error_arg *args, int arg_count, struct str *out)
{
    for (int i = 0; i < arg_count; i++) {
        if (!str_is(name, args[i].name)) continue;
        *out = args[i].value;
        return true;
    }
    return false;
}

/* A {name} nobody knows stays as it is: seen, it will be mended. */
static struct str fill(struct scope *scope, struct str text, const struct error_arg *args,
                       int arg_count)
{
    struct buf out;
    buf_begin(&out, scope, TEXT_SIZE_MAX);
    while (text.size > 0) {
        size_t brace = str_find(text, STR("{"));
        buf_put(&out, str_slice(text, 0, brace));
        text = str_slice(text, brace, text.size);
        if (text.size == 0) break;
        size_t end = str_find(text, STR("}"));
        struct str value, name = str_slice(text, 1, end);
        if (end != SIZE_MAX && arg_find(name, args, arg_count, &value)) {
            buf_put(&out, value);
            text = str_slice(text, end + 1, text.size);
        } else {
            buf_put_char(&out, '{');
            text = str_slice(text, 1, text.size);
        }
    }
    return buf_str(&out);
}

struct str message_text(struct scope *scope, enum language language, const char *key,
                        const struct error_arg *args, int arg_count)
{
    const struct message *message = message_find(key);
    if (!message) return scope_copy(scope, str_of(key));
    const char *text = language == LANGUAGE_EN ? message->en : message->zh;
    return fill(scope, str_of(text), args, arg_count);
}

struct str message_of_error(struct scope *scope, enum language language,
                            const struct error_item *item)
{
    struct error_arg args[ERROR_ARG_COUNT_MAX + 1];
    for (int i = 0; i < item->arg_count; i++) args[i] = item->args[i];
    args[item->arg_count] = (struct error_arg){ "field", item->field };

    struct str own = language == LANGUAGE_EN ? item->text_en : item->text_zh;
    if (own.size == 0) own = item->text_zh.size > 0 ? item->text_zh : item->text_en;
    if (own.size > 0) return fill(scope, own, args, item->arg_count + 1);
    return message_text(scope, language, item->key, args, item->arg_count + 1);
}

struct str message_code(const char *key)
{
    const char *dot = strrchr(key, '.');
    return str_of(dot ? dot + 1 : key);
}
